@local @crash @level3
Feature: A command that is cut short leaves the old or the new state
  Every file-system operation of a command, SQLite's own included, is disturbed once. Afterwards the release is wholly
  visible or not at all, index and content store are sound, the next try succeeds or says that it was done, and what
  was left behind can be collected.

  Background:
    Given system calls can be traced here
    And I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum --title 'Axum web service'"

  Scenario: The first publish into a fresh home is killed at each of its operations
    When "ggen market publish axum" is killed at each of its operations
    Then more than 60 tries were killed, and each left the old or the new state

  Scenario: What is published is on the disk before it has its name, and its name is before the index tells of it
    When the system calls of "ggen market publish axum" are looked at
    Then each of at least 4 blobs was synced before it got its name
    And the folder of each name was synced before the index was, the last time

  Scenario Outline: <what> is killed at each of its operations
    Given I run "ggen market publish axum"
    And I run "ggen market search axum"
    And I run "ggen market add io.ggen.rust.axum --no-install"
    And I run "ggen market index backup backup.sqlite"
    When "<command>" is killed at each of its operations
    Then more than <least> tries were killed, and each left the old or the new state

    Examples:
      | what          | command                                            | least |
      | Yanking       | ggen market yank io.ggen.rust.axum@0.1.0 --reason x | 15    |
      | Installing    | ggen market install                                | 40    |

  Scenario Outline: <what> is killed at every third of its operations
    Given I run "ggen market publish axum"
    And I run "ggen market search axum"
    And I run "ggen market index backup backup.sqlite"
    When "<command>" is killed at every third of its operations
    Then more than <least> tries were killed, and each left the old or the new state

    Examples:
      | what      | command                                 | least |
      | Restoring | ggen market index restore backup.sqlite | 10    |
      | Repairing | ggen market index repair                | 10    |

  @faults
  Scenario Outline: While the first publish runs, <trouble>
    When "ggen market publish axum" meets <fault> at every <step> of its operations
    Then more than 20 tries were made, and each left the old or the new state
    And at least 15 tries ended with exit code 6 and a hint

    Examples:
      | trouble                          | fault       | step  |
      | one operation gives an I/O error | an EIO      | fifth |
      | the disk fills up                | a full disk | fifth |

  @faults
  Scenario Outline: While an install runs, <trouble>
    Given I run "ggen market publish axum"
    And I run "ggen market add io.ggen.rust.axum --no-install"
    When "ggen market install" meets <fault> at every <step> of its operations
    Then more than 10 tries were made, and each left the old or the new state
    And at least 5 tries ended with exit code 6 and a hint

    Examples:
      | trouble                          | fault       | step  |
      | one operation gives an I/O error | an EIO      | fifth |
      | the disk fills up                | a full disk | fifth |
