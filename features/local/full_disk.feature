@local @faults @requires_root @level4
Feature: A full or read-only disk is told, and costs nothing but time
  The home lies on a small disk of its own.

  Background:
    Given the home lies on a disk of 2000 kilobytes
    And I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum --title 'Axum web service'"

  Scenario Outline: With <left> kilobytes left a publish says so, and succeeds when there is room
    Given the disk is filled up to <left> kilobytes
    When I try "ggen market publish axum"
    Then it fails with exit code 6 and the code "disk-full", and suggests "free some space"
    And nothing temporary is left in the home
    When the disk has room again
    And I run "ggen market publish axum"
    And I run "ggen market search axum --json"
    Then the JSON field "total" is "1"
    When I run "ggen market index verify"
    Then the output contains "Sound: 1 log entries"

    Examples:
      | left |
      | 0    |
      | 24   |
      | 60   |

  Scenario: With a full disk what was published is found and installed from what is there
    Given I run "ggen market publish axum"
    And the disk is filled up to 0 kilobytes
    When I try "ggen market search axum --json"
    Then the exit code is 0
    And the JSON field "total" is "1"

  Scenario Outline: On a full disk <what> is refused, and what was there stays
    Given I run "ggen market publish axum"
    And I run "ggen market config search_limit 7"
    And I run "ggen market index backup {home}/backup.sqlite"
    And the disk is filled up to 0 kilobytes
    When I try "<command>"
    Then it fails with exit code 6 and the code "disk-full", and suggests "free some space"
    When the disk has room again
    And I run "ggen market config search_limit"
    Then the output contains "7"
    When I run "ggen market index restore {home}/backup.sqlite"
    And I run "ggen market index verify"
    Then the output contains "Sound: 1 log entries"

    Examples:
      | what      | command                                        |
      | a setting | ggen market config search_limit 9              |
      | a backup  | ggen market index backup {home}/backup.sqlite |

  Scenario: An import into a home without room is refused as a whole, and succeeds when there is room
    Given a catalog of the older shape with the sound entry "good"
    And the catalog is written
    And the disk is filled up to 0 kilobytes
    When I try "ggen market import {root}/catalog"
    Then it fails with exit code 6 and the code "disk-full", and suggests "free some space"
    And nothing temporary is left in the home
    When the disk has room again
    And I run "ggen market import {root}/catalog"
    Then the output contains "Imported 1 of 1 packages"
    When I run "ggen market index verify"
    Then the output contains "Sound: 1 log entries"

  Scenario: A read-only home answers, and refuses to publish
    Given I run "ggen market publish axum"
    And the home is read-only
    When I try "ggen market search axum --json"
    Then the exit code is 0
    And the JSON field "total" is "1"
    When I try "ggen market yank io.ggen.rust.axum@0.1.0 --reason x"
    Then it fails with exit code 6 and the code "store-unwritable", and suggests "permissions"
    When the home is writable again
    And I run "ggen market yank io.ggen.rust.axum@0.1.0 --reason x"
    And I run "ggen market index verify"
    Then the output contains "Sound: 2 log entries"
