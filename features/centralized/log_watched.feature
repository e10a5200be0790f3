@http @security @level4
Feature: A registry cannot change its story: what was locked once is in its log, and the log only grows
  As a template user
  I want my machine to remember what a registry has said
  So that neither its operator nor a thief of its key can show me another history than everybody else

  Background:
    Given a publisher has published
      | id           | version | needs |
      | io.acme.base | 1.0.0   |       |
    And the registry "corp" has it as files alone
    And I run "ggen market config registry corp"

  Scenario: The log's key is pinned on first use, said so, and the log may grow
    When I run "ggen market add io.acme.base"
    Then the error output contains "the log of corp is now pinned"
    Given a publisher has published
      | id          | version | needs           |
      | io.acme.web | 1.0.0   | io.acme.base ^1 |
    And the registry "corp" is brought up to date
    When I run "ggen market add io.acme.web"
    Then the project has the file ".ggen/packages/io.acme.web/README.md"
    And nothing is written on stderr

  Scenario Outline: A registry whose story is another one is refused, with a proof: <story>
    Given I run "ggen market add io.acme.base"
    And the registry "corp" <story>
    And the kept answers are 6 min old
    When I try "ggen market add <wanted> --json"
    Then the exit code is 3
    And the error code is "<code>"
    And the project has no file ".ggen/packages/io.acme.web"

    Examples:
      | story                                     | wanted       | code             |
      | tells a history without what it told      | io.acme.web  | checkpoint-forked       |
      | shows no log any more                     | io.acme.web  | log-missing      |
      | signs its log with another key            | io.acme.web  | log-key-changed  |
      | lists a release that is not in its log    | io.acme.web  | log-lacks-release |

  Scenario: A log that went back is refused, and both signed notes are kept as a proof
    Given the registry "corp" is remembered as it is
    And a publisher has published
      | id          | version | needs |
      | io.acme.web | 1.0.0   |       |
    And the registry "corp" is brought up to date
    And I run "ggen market add io.acme.web"
    And the registry "corp" is again as it was remembered
    And the kept answers are 6 min old
    When I try "ggen market add io.acme.base --json -C {root}"
    Then the exit code is 3
    And the error code is "checkpoint-rolled-back"
    And the proof has two checkpoints that one key has signed

  Scenario: A log that says nothing new for too long is frozen
    Given I run "ggen market add io.acme.base"
    Then 13 days later its log is taken, and 15 days later it is refused as "log-frozen"
