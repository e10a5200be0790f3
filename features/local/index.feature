@local @index @level4
Feature: The local index loses nothing, and says what it has lost
  The log is the truth and everything else is rebuilt from it; what cannot be rebuilt comes from a backup.

  Background:
    Given I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum --title 'Axum web service'"
    And I run "ggen market init core --id io.ggen.rust.core"
    And I run "ggen market publish axum"
    And I run "ggen market publish core"

  Scenario Outline: Views are rebuilt from the log after this: <damage>
    Given the index suffers: <damage>
    When I try "ggen market index verify --json"
    Then the exit code is 3
    And the error code is "index-corrupt"
    When I run "ggen market index repair"
    And I run "ggen market index verify"
    Then the output contains "Sound: 2 log entries"
    When I run "ggen market search axum --json"
    Then the JSON field "results.0.title" is "Axum web service"

    Examples:
      | damage                              |
      | the list of releases is emptied     |
      | a release is shown as yanked        |
      | a package is missing in the list    |
      | another title is told to the search |
      | the table of releases is dropped    |
      | the table of packages is dropped    |
      | the record of the root is missing   |
      | the number of changes is missing    |
      | the guards of the log are dropped   |
      | one list is out of step             |

  Scenario Outline: A reader of what is damaged says so instead of answering from it: <damage>
    Given the index suffers: <damage>
    When I try "<command>"
    Then it fails with exit code 3 and the code "index-corrupt", and suggests "index repair"
    When I run "ggen market index repair"
    And I run "ggen market index verify"
    And I run "<command>"
    Then the output contains "Axum web service"

    Examples:
      | damage                                     | command                            |
      | the file has a torn page of the releases   | ggen market info io.ggen.rust.axum |
      | the file has a torn page of the packages   | ggen market search axum            |
      | the file has a torn page of the scores     | ggen market info io.ggen.rust.axum |
      | what the search is told is cut short       | ggen market search axum            |

  Scenario Outline: A log that lost something is never called repaired: <damage>
    Given I run "ggen market index backup backup.sqlite"
    And the index suffers: <damage>
    When I try "ggen market index verify"
    Then it fails with exit code 3 and the code "index-corrupt", and suggests "index restore"
    When I try "ggen market index repair"
    Then it fails with exit code 3 and the code "index-corrupt", and suggests "index restore"
    When I run "ggen market index restore backup.sqlite"
    And I run "ggen market index verify"
    Then the output contains "Sound: 2 log entries"

    Examples:
      | damage                         |
      | a log entry is altered         |
      | a log entry is replaced        |
      | the first log entry is removed |
      | the last log entry is removed  |
      | a manifest is altered          |

  Scenario Outline: A file that is no index any more is told, kept, and replaced by a backup: <damage>
    Given I run "ggen market index backup backup.sqlite"
    And the index suffers: <damage>
    When I try "<command>"
    Then it fails with exit code 3 and the code "index-corrupt", and suggests "index restore"
    When I run "ggen market index restore backup.sqlite"
    And I run "ggen market index verify"
    Then the output contains "Sound: 2 log entries"
    And <kept> damaged index is kept aside
    When I run "ggen market search axum --json"
    Then the JSON field "total" is "1"

    Examples:
      | damage                  | kept | command                   |
      | the file is garbage     | 1    | ggen market search axum   |
      | the file is cut in half | 1    | ggen market index verify  |
      | the file is empty       | 0    | ggen market cache gc      |
      | the file is gone        | 0    | ggen market cache gc      |

  Scenario Outline: The log refuses to be changed by other programs: <statement>
    Then the index refuses "<statement>", since "the log is append-only"

    Examples:
      | statement                                 |
      | UPDATE log SET kind = 'yank'              |
      | DELETE FROM log WHERE seq = 2             |
      | UPDATE log SET record = '' WHERE seq = 1  |

  Scenario: An older backup does not replace a sound index unasked
    Given I run "ggen market index backup backup.sqlite"
    And I run "ggen market yank io.ggen.rust.core@0.1.0 --reason wrong"
    When I try "ggen market index restore backup.sqlite --json"
    Then the exit code is 5
    And the error code is "backup-older"
    When I run "ggen market index verify"
    Then the output contains "Sound: 3 log entries"
    When I run "ggen market index restore backup.sqlite --force"
    And I run "ggen market index verify"
    Then the output contains "Sound: 2 log entries"
    When I run "ggen market search core --json"
    Then the JSON field "total" is "1"

  Scenario: A damaged backup replaces nothing
    Given I run "ggen market index backup backup.sqlite"
    And the backup "backup.sqlite" is cut in half
    When I try "ggen market index restore backup.sqlite"
    Then it fails with exit code 3 and the code "backup-invalid", and suggests "another backup"
    When I run "ggen market index verify"
    Then the output contains "Sound: 2 log entries"

  Scenario: A backup into a folder that is not there is refused with a next step
    When I try "ggen market index backup nowhere/backup.sqlite"
    Then it fails with exit code 4 and the code "folder-missing", and suggests "make the folder"

  Scenario: A backup under a name that the disk does not take is refused, and nothing is left of it
    When the index is backed up under a name of 300 letters
    Then it fails with exit code 6 and the code "store-unwritable", and suggests "shorter name"
    And the project has only the folders "axum" and "core"

  Scenario: A backup that is made while ten processes publish is sound, and each entry it has is right
    When 10 packages are published at the same moment, while the index is backed up 5 times
    And every backup is restored with --force and verified
    Then all publishers succeeded and the backups had from 2 to 12 entries, never fewer than before

  Scenario: An index of a newer version of the tool is left alone
    Given I run "ggen market index backup backup.sqlite"
    And the index suffers: it is of a newer format
    When I try "ggen market publish axum"
    Then it fails with exit code 3 and the code "index-newer", and suggests "update this program"
    When I try "ggen market index restore axum/package.toml --json"
    Then the exit code is 3
    When I try "ggen market index restore backup.sqlite"
    Then it fails with exit code 3 and the code "index-newer", and suggests "update this program"

  Scenario Outline: A publisher whose clock stands at <year> is taken at their word, and the order is the log's
    Given the clock stands at <year>
    And the version of "axum" is raised to "0.2.0"
    When I run "ggen market publish axum"
    And I run "ggen market info io.ggen.rust.axum --json"
    Then the JSON field "version" is "0.2.0"
    When I run "ggen market index verify"
    Then the output contains "Sound: 3 log entries"

    Examples:
      | year |
      | 1971 |
      | 2199 |
