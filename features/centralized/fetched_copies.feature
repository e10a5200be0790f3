@http @cache @storage @level4
Feature: What was fetched is a cache: it may be damaged or lost, and never makes an install wrong
  As a template user
  I want each fetched file written once and linked into my projects
  So that installing is quick, and yet no edit in one project and no power cut reaches another unseen

  Background:
    Given the publisher publishes io.acme.kit 1.0.0 with "README.md 900, b.bin 50000"
    And the registry "mirror" has it as files alone, without archives
    And I run "ggen market config registry mirror"
    And I run "ggen market add io.acme.kit"
    And "mirror" was asked for enough

  Scenario: A file edited in one project is fetched again for the next one, and the user is told
    Given an installed file of "io.acme.kit" is modified
    When I run "ggen market add io.acme.kit -C {root}"
    Then the error output contains "is damaged, perhaps by an edit in a project, and not used any more"
    And "mirror" received, in any order
      | method | path                                              | status |
      | GET    | /blobs/sha256/(README.md of io.acme.kit@1.0.0)    | 200    |
    When I run "ggen market verify -C {root}"
    Then the output contains "Verified"
    When I try "ggen market verify"
    Then the exit code is 3

  Scenario: Offline it is not installed: what is lacking and what fetches it are named
    Given an installed file of "io.acme.kit" is modified
    When I try "ggen market add io.acme.kit --offline --json -C {root}"
    Then the exit code is 6
    And the error code is "offline-miss"
    And the error output contains "`ggen market install` without --offline"
    And "mirror" received nothing more
    When I run "ggen market add io.acme.kit -C {root}"
    And I run "ggen market verify -C {root}"
    Then the output contains "Verified"

  Scenario: A file of which one project changed the mode is not fetched again for another
    Given an installed file of "io.acme.kit" is made mode
    When I run "ggen market add io.acme.kit --offline -C {root}"
    And I run "ggen market verify -C {root}"
    Then the output contains "Verified"
    When I run "ggen market verify --fix --offline"
    And I run "ggen market verify"
    Then the output contains "Verified"
    And "mirror" received nothing more

  Scenario: A project is mended from the registry when its edit has damaged the fetched copy
    Given an installed file of "io.acme.kit" is modified
    When I run "ggen market verify --fix"
    And I run "ggen market verify"
    Then the output contains "Verified"

  @crash
  Scenario Outline: A power cut that leaves every fetched copy <damage> costs a fetch and nothing else
    Given the installed packages are removed by hand
    And every fetched copy is <damage>
    When I run "ggen market install --json"
    Then "mirror" received, in any order
      | method | path                                               | status |
      | GET    | /yanked.json                                       | 200    |
      | GET    | /archives/sha256/(io.acme.kit@1.0.0).gpack         | 404    |
      | GET    | /blobs/sha256/(io.acme.kit@1.0.0)                  | 200    |
      | GET    | /blobs/sha256/(README.md of io.acme.kit@1.0.0)     | 200    |
      | GET    | /blobs/sha256/(b.bin of io.acme.kit@1.0.0)         | 200    |
      | GET    | /blobs/sha256/(package.toml of io.acme.kit@1.0.0)  | 200    |
    When I run "ggen market verify"
    Then the output contains "Verified"

    Examples:
      | damage      |
      | empty       |
      | cut short   |
      | of zeros    |

  @concurrency
  Scenario: Four installs at once that find damaged copies all end well
    Given the installed packages are removed by hand
    And every fetched copy is empty
    When "ggen market install" runs in 4 processes at once
    Then all of them succeeded
    When I run "ggen market verify"
    Then the output contains "Verified"

  Scenario: A fetched file is written once: the project has the cache's own copy
    Then an installed file of "io.acme.kit" is the fetched copy itself
