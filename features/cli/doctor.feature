@cli @level4
Feature: The doctor finds what is wrong with a home and says what to do
  As a template user or publisher
  I want one command that looks at everything this program stands on
  So that I need not guess when something goes wrong

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs |
      | io.ggen.rust.axum | 1.0.0   |       |
    And I run "ggen market search axum"

  @smoke
  Scenario: A sound home is called sound, and every check is named
    When I run "ggen market doctor"
    Then the output contains "All is well."
    When I run "ggen market doctor --json"
    Then the JSON field "ok" is "True"
    And the doctor has checked "versions settings home disk links keys index store search statistics clock locks"

  Scenario: A home that is not there yet is no trouble
    When I run "ggen market doctor --home {root}/fresh --json"
    Then the doctor finds "home" to be "warn", and says "the first command that writes makes it"
    And the file "{root}/fresh" is still not there

  @faults
  Scenario Outline: Trouble with <what> is found, with the next step
    Given the home has this trouble: <trouble>
    When I try "ggen market doctor --json"
    Then the exit code is <exit>
    And the doctor finds "<check>" to be "<status>", and says "<hint>"

    Examples:
      | what               | trouble                                | exit | check    | status | hint               |
      | the home's rights  | the home can be written by others      | 3    | home     | fail   | chmod 700          |
      | a key's rights     | a key file can be read by others       | 3    | keys     | fail   | chmod 600          |
      | the pins           | the pins are damaged                   | 3    | keys     | fail   | backup             |
      | the log            | a log entry is changed                 | 3    | index    | fail   | index restore      |
      | a blob             | a blob is changed                      | 3    | store    | fail   | cache verify       |
      | the search index   | the search index is overwritten        | 0    | search   | warn   | makes it anew      |
      | a setting          | a setting is wrong                     | 2    | settings | fail   | the default is 20  |
      | a release's time   | a release comes from the future        | 0    | clock    | warn   | set this machine   |
      | a lock             | somebody holds a lock                  | 0    | locks    | warn   | wait for it        |

  @level2
  Scenario Outline: A disk with <free> bytes free is <status>
    Then the doctor calls a disk with <free> bytes free "<status>"

    Examples:
      | free        | status |
      | 20000000    | fail   |
      | 400000000   | warn   |
      | 40000000000 | ok     |
