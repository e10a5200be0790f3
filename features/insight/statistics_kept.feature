@stats @local @level3
Feature: Nothing that was counted is lost or counted twice
  As an operator
  I want the numbers to be right whoever counts at the same time and whatever is killed
  So that I can rely on them without watching

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs |
      | io.ggen.rust.axum | 0.1.0   |       |

  @concurrency @http
  Scenario: Three workers of a server and many commands count at once, while others add up
    Given I run the server "ggen" with "--workers 3 --rate 0"
    When at once clients send requests and processes search, while statistics are asked for
      | clients | searches | batches | processes | times |
      | 4       | 30       | 10      | 4         | 5     |
    Then exactly 140 searches and 40 downloads are counted

  @crash @http
  Scenario: A server that is killed has counted all that it has answered
    Given I run the server "ggen" with "--rate 0"
    When 40 searches, 5 batches and 3 archives are answered
    And the server is killed with the last answer
    Then exactly 40 searches and 8 downloads are counted
    When I run the server "ggen"
    Then exactly 40 searches and 8 downloads are counted

  @crash @http
  Scenario: A server that is killed in the middle of many requests has counted what it has answered, and nothing that nobody asked
    Given I run the server "ggen" with "--workers 2 --rate 0"
    When 4 clients search without a pause, and the server is killed after 200 answers
    Then the searches counted are at least those answered, and at most those sent

  @http
  Scenario: A server that is stopped in order has told its index of every download
    Given I run the server "ggen"
    When 2 searches, 3 batches and 0 archives are answered
    And the server is stopped with the last answer
    Then exactly 2 searches and 3 downloads are counted
    And searching finds "io.ggen.rust.axum" with 3 downloads

  @crash
  Scenario: Adding up is killed at each of its operations, and counts everything once
    Given system calls can be traced here
    And I run "ggen market search axum"
    And I run "ggen market add io.ggen.rust.axum"
    And I run "ggen market search axum"
    And I run "ggen market search nothing-is-called-so"
    When "ggen market stats" is killed at each of its operations
    Then more than 8 tries were killed, and each left the old or the new state

  @faults @crash
  Scenario: Adding up meets an I/O error at every fifth of its operations, and counts everything once
    Given system calls can be traced here
    And I run "ggen market search axum"
    And I run "ggen market add io.ggen.rust.axum"
    And I run "ggen market search axum"
    And I run "ggen market search nothing-is-called-so"
    When "ggen market stats" meets an EIO at every fifth of its operations
    Then more than 2 tries were made, and each left the old or the new state

  @level2 @crash
  Scenario Outline: Whoever adds up is cut off <where>, and the next one counts everything once
    Given 5 installs that nobody has added up
    When adding up is cut off <where>
    And the statistics are added up again
    Then exactly 0 searches and 5 downloads are counted
    And searching finds "io.ggen.rust.axum" with 5 downloads

    Examples:
      | where                                    |
      | before the numbers are written           |
      | before the index is told                 |
      | after the index was told                 |

  @level2
  Scenario: A record that was cut counts for nothing, and the next one counts
    Given a journal with the ends of records missing, and whole records between them
    Then just the whole records are counted

  @level2
  Scenario: What was sent of releases that are not there any more counts for nobody
    Given the journal tells of 3 trees that no release has, and of 2 that the release io.ggen.rust.axum has
    Then exactly 0 searches and 2 downloads are counted

  @level2
  Scenario: While every file of the journal is being removed nothing is written, and nothing is said to be
    Given a journal whose every file somebody is about to remove, the next one too
    Then writing into it fails, and goes on as soon as one of them is let go

  @level2
  Scenario: A long journal goes on in a new file, and what is added up is removed
    When 140,000 searches are counted by 2 writers in turn, and added up now and then
    Then exactly 140,000 searches are counted
    And of the journal at most 2 files are left

  @faults @requires_root @http
  Scenario: On a full disk everything is answered, what cannot be counted waits, and the log says so
    Given the home lies on a disk of 12000 kilobytes from now on
    And I run the server "ggen" with "--rate 0"
    And the disk is filled up to 0 kilobytes
    When 600 searches, 20 batches and 0 archives are answered
    Then the server's log says that not all is counted, once for each trouble
    And "/metrics" tells that records wait
    When the disk has room again
    Then soon exactly 600 searches and 20 downloads are counted
    And "/metrics" tells that no record waits

  @http @faults @level2
  Scenario: What the disk refuses is tried again until it is written, although nobody asks for it
    Given a server counts on a disk that refuses it
    When 3 searches are answered there
    Then 3 records wait there, and still do when the timer has gone off 4 times
    When the disk takes them again, and the timer goes off once
    Then no record waits there, 3 searches are counted, and the timer is not set any more

  @faults @requires_root @level4
  Scenario: In a read-only home everything goes on uncounted, and the doctor tells
    Given I run "ggen market search axum"
    And the home lies on a disk of 4000 kilobytes from now on
    And the home is read-only
    When I try "ggen market search axum"
    Then the exit code is 0
    When I run "ggen market stats --json"
    Then the JSON field "totals.searches" is "1"
    When I try "ggen market doctor --json"
    Then the exit code is 6
    And the doctor warns of "statistics" too: "uncounted"
