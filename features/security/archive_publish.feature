@security @archive @cli @level4
Feature: Publishing a hostile archive from the command line
  Scenario Outline: ggen market publish refuses an archive with <case>
    Given an archive with <case>
    And I run "ggen market key new --name work"
    When I try "ggen market publish {root}/evil.gpack --json"
    Then the exit code is <exit>
    And the error code is "<code>"
    And the error's entry is "<entry>" and no scratch folder is left in the home

    Examples:
      | case                           | exit | code                  | entry        |
      | a path to the parent           | 3    | path-traversal        | ../evil.txt  |
      | a symbolic link                | 3    | entry-link            | passwd       |
      | a time                         | 3    | archive-not-canonical | run.sh       |
      | a ratio above 20 to 1          | 3    | archive-ratio         | -            |
      | one byte after the archive     | 3    | archive-trailing-data | -            |
      | no manifest                    | 2    | manifest-missing      | package.toml |

  Scenario: A pipe that nobody writes to is refused at once
    Given I run "ggen market key new --name work"
    And in place of an archive there is a pipe
    When I try "ggen market publish {root}/odd.gpack --json"
    Then the exit code is 3
    And the error code is "archive-format"

  @level1
  Scenario: An archive that is gone when it is to be read is told with its name
    Then opening an archive that is gone is refused as "file-unreadable"

  Scenario: A packed package is published from its archive
    Given the sample package, written in the order and with the times and modes of seed 6
    And I run "ggen market key new --name work"
    When I run "ggen market pack {root}/package -o {root}/same.gpack"
    And I run "ggen market publish {root}/same.gpack --json"
    Then the JSON field "files" is "7"
    And the JSON field "content_id" is that of the folder
