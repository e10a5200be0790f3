@p2p @level1
Feature: Publisher logs are the same on every node, whatever came first
  As a user of a network without a server
  I want every node to come to the same index
  So that what I find does not depend on whom I asked

  Scenario: The order in which entries come, and how often, makes no difference
    Then the entries of honest and of forked logs give the same logs in every order

  Scenario: Nodes that saw different parts come to the same by syncing in pairs
    Then four nodes with parts of the logs come to the same logs, in whatever order they sync

  Scenario: One session is enough for two nodes
    Then who only pulls comes to know all that the server knows, and a whole session leaves both alike

  Scenario: A chain is taken in from its beginning
    Then an entry that follows another entry than ours waits for that one

  Scenario: Sync sends what is lacking and nothing else
    Then two nodes that know the same 50 entries send each other none
    And a node that knows 40 of 50 entries gets 10

  Scenario: Who has the proof against an author asks for nothing that follows it, and gives the proof away
    Given the log of eve with 50 releases
    When a node that knows another entry with the number 3 syncs with one that knows the log
    Then 2 entries travel, and both nodes have the proof

  Scenario Outline: Who has the proof of a lie still learns of an earlier one
    Given the log of eve with 4 releases
    When a node that knows another entry with the number 4 syncs <often> with one that has another log of <length> from 2 on
    Then both nodes have the proof with the number 2

    Examples: what the log's head tells, and what only giving the proof away brings to light
      | length | often |
      | 2      | once  |
      | 3      | once  |
      | 5      | twice |

  Scenario: Nothing is offered to who says that he has more, even when he did not send it
    Given the log of eve with 5 releases
    Then a node that knows 3 of the entries offers nothing to one that says it has all 5
    And it offers nothing to one that says it has the proof of a fork, but 2 entries to one that has 1

  Scenario: Entries travel in batches of at most 512, which end when they have a MiB
    Then 1100 entries travel in batches of 512, 512 and 76
    And of entries of 60 kB no batch has more than a MiB, and none could hold the next entry too
    And no entries travel in one empty batch

  Scenario: A summary of more publishers than one frame holds comes in parts
    Then a summary of 9000 publishers comes in parts of 4096, 4096 and 808 that fit into frames
    And a summary of no publisher comes in one empty part

  Scenario Outline: A summary with <what> is refused
    Then the summary <json> is refused

    Examples:
      | what                          | json                               |
      | nothing in it                 | null                               |
      | a list of authors             | ["ann"]                            |
      | a number for a log            | {"ann": 3}                         |
      | no fields                     | {"ann": []}                        |
      | a length and no hash          | {"ann": [1]}                       |
      | a text for a length           | {"ann": ["1", HASH]}               |
      | a yes for a length            | {"ann": [true, HASH]}              |
      | a broken number for a length  | {"ann": [1.0, HASH]}               |
      | a length below nothing        | {"ann": [-1, HASH]}                |
      | a length that nobody reaches  | {"ann": [1000000001, HASH]}        |
      | a hash that is too short      | {"ann": [1, "00"]}                 |
      | a number for a hash           | {"ann": [1, 7]}                    |
      | one entry for a fork          | {"ann": [1, HASH, HASH]}           |
      | three entries for a fork      | {"ann": [1, HASH, HASH, HASH, HASH]} |
      | a short hash in a fork        | {"ann": [1, HASH, HASH, "00"]}     |

  Scenario: The longest length and a log without entries are taken
    Then the summary {"ann": [1000000000, HASH, HASH, HASH], "ben": [0, HASH]} is read as it is

  Scenario: An author that signs two entries with one number is believed in neither, nor in what follows
    Given the log of eve with 4 releases
    When eve signs another entry with the number 3
    Then of eve's log 2 entries are left, and the proof has two entries with the number 3
    When eve signs another entry with the number 2
    Then of eve's log 1 entry is left, and the proof has two entries with the number 2

  Scenario Outline: An entry that is <what> is refused
    Given the log of ann with 2 releases
    Then an entry of ann's that is <what> is refused as "<code>"

    Examples:
      | what                                     | code                 |
      | signed by another key                    | signature-wrong      |
      | not signed                               | signature-missing    |
      | of a record signed by another key        | log-entry-malformed  |
      | of a release whose version was changed   | signature-wrong      |
      | numbered 0                               | log-entry-malformed  |
      | with an unknown field                    | log-entry-malformed  |
      | with a text for its number               | log-entry-malformed  |
      | spelled with a space                     | record-not-canonical |
      | longer than a record may be              | log-entry-malformed  |

  Rule: What is shown is a function of the entries and of this home's trust alone

    Scenario: A namespace that one key claims is shown, without any pin
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      Then of io.acme "io.acme.web 1.0.0, io.acme.web 1.1.0" is shown

    Scenario: A namespace that two keys claim is shown to those alone who have pinned one
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      And eve publishes io.acme.web 9.0.0 and 9.1.0 in her log
      Then of io.acme nothing is shown, and it is contested by ann and eve
      When io.acme is pinned to ann's key
      Then of io.acme "io.acme.web 1.0.0, io.acme.web 1.1.0" is shown
      When eve's key is revoked, and nothing is pinned
      Then of io.acme "io.acme.web 1.0.0, io.acme.web 1.1.0" is shown

    Scenario: Two different releases of one version by one author hide each other, with the proof kept
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      When ann publishes io.acme.web 1.0.0 again with other content
      Then of io.acme "io.acme.web 1.1.0" is shown
      And io.acme.web 1.0.0 is quarantined with two signed releases as the proof

    Scenario: Build metadata makes no other version
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      When ann publishes io.acme.web 1.1.0+more again with other content
      Then of io.acme "io.acme.web 1.0.0" is shown

    Scenario: A yank counts when it is the publisher's or a pinned key's
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      When eve yanks io.acme.web 1.0.0 in her log
      Then io.acme.web 1.0.0 is not yanked
      When ann yanks io.acme.web 1.0.0 in her log
      Then io.acme.web 1.0.0 is yanked
