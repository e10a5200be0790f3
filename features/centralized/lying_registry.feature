@http @security @level4
Feature: A registry that lies is refused before anything of it is in a project, and the user is told who lied
  As a template user
  I want whoever runs the registry, or has broken into it, to be able to keep packages from me and nothing else
  So that I need not trust them

  "corp" is lying, "honest" has what the publisher has really published. What a log alone can lie about is in
  log_client.feature, wrong bytes on the way are in fetch.feature.

  Background:
    Given a publisher has published
      | id           | version | needs           |
      | io.acme.base | 1.0.0   |                 |
      | io.acme.web  | 1.0.0   | io.acme.base ^1 |
    And the registry "corp" has it as files alone
    And the registry "honest" has it as files alone
    And I run "ggen market config registry 'corp | honest'"

  Scenario Outline: A new user is not deceived, and nobody else is asked instead: for io.acme.base "corp" <lie>
    Given for io.acme.base "corp" <lie>
    When I try "ggen market add io.acme.web --json"
    Then the exit code is 3
    And the error code is "<code>"
    And the error names the registry "corp"
    And the project is as empty as it was
    And "honest" received nothing more

    Examples:
      | lie                                         | code              |
      | shows another content under the signature   | signature-wrong   |
      | shows a release that somebody else has signed | log-lacks-release |
      | shows a version that was never published    | log-lacks-release |

  Scenario: A key that only a liar has shown is not remembered
    Given for io.acme.base "corp" shows a release that somebody else has signed
    When I try "ggen market add io.acme.base --json"
    Then the exit code is 3
    When I run "ggen market add io.acme.base --registry honest"
    Then the error output contains "io.acme is now pinned to its publisher's key"
    When I run "ggen market verify"
    Then the output contains "Verified"

  Scenario: What a liar has shown does not make those look like liars who show the truth
    Given for io.acme.base "corp" shows a version that was never published
    When I run "ggen market versions io.acme.base"
    Then the output contains "1.9.0"
    Given the registry "corp" is brought up to date
    And the kept answers are 6 min old
    When I run "ggen market add io.acme.base --json"
    Then the JSON field "installed.0.version" is "1.0.0"

  Scenario Outline: Who has seen a version is not told that it never was: for io.acme.base "corp" <lie>
    Given a publisher has published
      | id           | version | needs |
      | io.acme.base | 1.1.0   |       |
    And the registry "corp" is brought up to date
    And I run "ggen market add io.acme.base"
    And the lock file is remembered
    And the kept answers are 6 min old
    And for io.acme.base "corp" <lie>
    When I try "ggen market update --json"
    Then the exit code is 3
    And the error code is "release-withdrawn"
    And the error names the registry "corp"
    And the lock file is the same to the byte
    When I try "ggen market add io.acme.web --json"
    Then the exit code is 3
    And the error code is "release-withdrawn"
    And the project has no file ".ggen/packages/io.acme.web"
    When I run "ggen market install --locked"
    And I run "ggen market verify"
    Then the output contains "Verified"

    Examples:
      | lie                                           |
      | hides the newest version                      |
      | shows a release that somebody else has signed |

  Scenario Outline: A yank that was shown once is not taken back by anybody but the publisher: "corp" <lie>
    Given a publisher has published
      | id           | version | needs |
      | io.acme.base | 1.1.0   |       |
    And the publisher yanks io.acme.base@1.1.0
    And the registry "corp" is brought up to date
    And I run "ggen market add io.acme.base"
    And the kept answers are 6 min old
    And for io.acme.base "corp" <lie>
    When I try "ggen market update --json"
    Then the exit code is 3
    And the error code is "yank-withdrawn"
    And the error names the registry "corp"
    Given the registry "corp" is brought up to date
    And the publisher takes the yank of io.acme.base@1.1.0 back
    And the registry "corp" is brought up to date
    When I run "ggen market update --json"
    Then the JSON field "updated.0.version" is "1.1.0"

    Examples:
      | lie                                            |
      | takes its yank back                            |
      | shows an unyank of the day before              |
      | shows an unyank that somebody else has signed  |

  Scenario: What a colleague has locked is what I get, though "corp" shows me another history in which somebody else published it
    Given I run "ggen market add io.acme.base"
    And the lock file is remembered
    And the project is on a new machine
    And "corp" shows a history in which Mallory has published io.acme.base 1.0.0 and io.acme.web 1.0.0
    When I try "ggen market add io.acme.web --json"
    Then the exit code is 3
    And the error code is "release-changed"
    And the error names the registry "corp"
    And the lock file is the same to the byte
    And the project has no file ".ggen/packages/io.acme.web"
    When I run "ggen market install --locked --registry honest"
    And I run "ggen market verify"
    Then the output contains "Verified"

  Scenario: Two users who are shown two histories find out when one of them is shown the other's
    Given I run "ggen market add io.acme.base"
    And "corp" shows a history in which Mallory has published io.acme.base 1.0.0 and io.acme.web 1.0.0
    When somebody else with a new home runs "ggen market add io.acme.base" in a project of their own
    Then they have installed what Mallory has published
    Given the kept answers are 6 min old
    When I try "ggen market outdated --json"
    Then the exit code is 3
    And the error code is "checkpoint-forked"
    And the error names the registry "corp"
    When I try "ggen market add io.acme.web --json"
    Then the exit code is 3
    And the project has no file ".ggen/packages/io.acme.web"
