@http @cache @level2
Feature: An answer is asked for once, used while it is fresh, and said to be old when it is
  As a template user
  I want what I looked up a minute ago at once, and what I looked up yesterday when the registry is down
  So that I can work, and know what I am working with

  The clock is the scenario's. Each question is asked as by a new command: what it shares with the last one is on disk.

  Background:
    Given a registry behind a fault proxy

  Rule: Freshness

    Scenario: Until 5 minutes are over a document is used without asking
      Given the document was asked for
      When it changes in the registry to "second"
      And 4 min 59 s pass
      And the document is asked for
      Then "first" is answered
      And the registry received 1 requests

    Scenario: From then on the registry is asked whether it has changed
      Given the document was asked for
      When 5 min pass
      And the document is asked for
      Then "first" is answered
      And the registry received exactly these requests
        | method | path                       | status | if-none-match        |
        | GET    | /packages/io.acme.web.json | 200    |                      |
        | GET    | /packages/io.acme.web.json | 304    | "c2bb5f28babf4bc9"   |
      When 4 min 59 s pass
      And the document is asked for
      Then the registry received 2 requests

    Scenario: What has changed is fetched
      Given the document was asked for
      When it changes in the registry to "second"
      And 5 min pass
      And the document is asked for
      Then "second" is answered

    Scenario: That something is not there is believed for 15 seconds
      Given the registry does not have the document
      When the document is asked for
      Then "not-found" is answered
      When it changes in the registry to "second"
      And 14 s pass
      And the document is asked for
      Then "not-found" is answered
      And the registry received 1 requests
      When 1 s pass
      And the document is asked for
      Then "second" is answered

    Scenario: A change of one's own makes everything old at once
      Given the document was asked for
      When it changes in the registry to "second"
      And this machine publishes something
      And the document is asked for
      Then "second" is answered

    Scenario: An answer from the future is not fresh
      Given the document was asked for
      When the clock goes back by 1 h
      And it changes in the registry to "second"
      And the document is asked for
      Then "second" is answered

  Rule: Old answers in place of none

    Scenario Outline: When the registry does not answer, what it said <age> ago stands in: <fault>
      Given the document was asked for
      When <age> pass
      And every request meets "<fault>"
      And the document is asked for
      Then "first" is answered
      And the user was told "what it said <told> ago is used"
      And the answer is called old

      Examples:
        | age          | fault                       | told     |
        | 6 min        | 500                         | 6 minutes |
        | 6 min        | portal                      | 6 minutes |
        | 6 min        | garbage                     | 6 minutes |
        | 47 h 59 min  | hangup                      | 1 day    |

    Scenario Outline: It does not stand in for <what>: <fault> after <age>
      Given the document was asked for
      When <age> pass
      And every request meets "<fault>"
      And the document is asked for
      Then "<answer>" is answered

      Examples:
        | what                      | age   | fault        | answer               |
        | an answer after two days  | 48 h  | 500          | registry-unavailable |
        | a refusal                 | 6 min | 403          | denied               |
        | an absence                | 6 min | 404          | not-found            |
        | what cannot be read       | 6 min | garbage-body | document-malformed   |

    Scenario: A refresh that failed makes nothing fresh
      Given the document was asked for
      When 6 min pass
      And every request meets "501"
      And the document is asked for
      And the registry answers again
      And it changes in the registry to "second"
      And the document is asked for
      Then "second" is answered

    Scenario: A bad answer is not kept, and what was kept is not lost by it
      Given the document was asked for
      When 6 min pass
      And every request meets "garbage-body"
      And the document is asked for
      Then "document-malformed" is answered
      When every request meets "501"
      And the document is asked for
      Then "first" is answered

  Rule: Three honest modes

    Scenario: Prefer-offline asks for nothing that is here, and for what is not
      Given the document was asked for
      When it changes in the registry to "second"
      And 2 h pass
      And the document is asked for in the mode prefer-offline
      Then "first" is answered
      And the user was told "what corp said 2 hours ago is used"
      And the registry received 1 requests
      When the cache is removed
      And the document is asked for in the mode prefer-offline
      Then "second" is answered

    Scenario: Offline asks for nothing, and names what is missing and the command that fetches it
      When the document is asked for in the mode offline
      Then "offline-miss" is answered
      And the error says "the document of io.acme.web of corp is not on this machine"
      And the error's hint is "`ggen market versions io.acme.web` without --offline (setting offline) fetches it"
      And the registry received 0 requests
      When the document is asked for
      And 50 h pass
      And the document is asked for in the mode offline
      Then "first" is answered
      And the user was told "what corp said 2 days ago is used"
      And the registry received 1 requests

  @concurrency
  Rule: Many askers, one request

    Scenario: Sixteen threads that want the same document cause one request
      Given the registry holds its answers back
      When 16 threads ask for the document at the same moment
      Then all of them got "first"
      And the registry received 1 requests

    @level3
    Scenario: Eight processes that want the same document cause one request
      Given the registry holds its answers back
      When 8 processes ask for the document at the same moment
      Then all of them got "first"
      And the registry received 1 requests

    @crash @level3
    Scenario: When the one who asks is killed, those who wait ask themselves
      Given the registry holds its answers back
      When 4 processes ask for the document, and the one who asks is killed
      Then the 3 others got "first"
      And the registry received 2 requests

  @security
  Rule: Nothing is believed that somebody else could have written

    Scenario Outline: A kept answer that <damage> is a miss
      Given the document was asked for
      When the kept answer <damage>
      And it changes in the registry to "second"
      And the document is asked for
      Then "second" is answered

      Examples:
        | damage                        |
        | is cut short                  |
        | is empty                      |
        | has one wrong bit             |
        | is of a newer format          |
        | is another document's         |
        | is a folder                   |
        | is a link to another file     |
        | has a head without an end     |
        | can be written by others      |

    Scenario: The user is told of a kept answer that others can write
      Given the document was asked for
      When the kept answer can be written by others
      And the document is asked for
      Then the user was told "can be written by others, so it was not used"

    Scenario: A folder of the cache that others can write is refused
      Given the document was asked for
      When the folder of kept answers can be written by others
      And the document is asked for
      Then "cache-unsafe" is answered

    @faults
    Scenario: A cache that cannot be written costs nothing but the copy
      Given the cache's folder is a file
      When the document is asked for
      Then "first" is answered

  Rule: A registry that fails again and again is left alone for a while

    Scenario: The breaker opens after three failures, lets one try after 30 seconds, and closes on an answer
      Given every request meets "501"
      When the document is asked for
      And the document is asked for
      And the document is asked for
      And the document is asked for
      Then "registry-unavailable" is answered
      And the error's reason is "breaker"
      And the error says "it failed 3 times in a row and is asked again in 30 s"
      And the registry received 3 requests
      When 30 s pass
      And the document is asked for
      Then the error's reason is "501"
      And the registry received 4 requests
      When 29 s pass
      And the document is asked for
      Then the error's reason is "breaker"
      And the registry received 4 requests
      When 1 s pass
      And the registry answers again
      And the document is asked for
      Then "first" is answered

    Scenario: An open breaker never hides what the cache holds
      Given the document was asked for
      When 6 min pass
      And every request meets "501"
      And the document is asked for
      And the document is asked for
      And the document is asked for
      And the document is asked for
      Then "first" is answered
      And the registry received 4 requests

    Scenario: Refusals and absences open no breaker
      Given every request meets "403"
      When the document is asked for
      And the document is asked for
      And the document is asked for
      And the document is asked for
      Then "denied" is answered
      And the registry received 4 requests
