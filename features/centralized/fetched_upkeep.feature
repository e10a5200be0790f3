@http @cache @storage @level4
Feature: What was fetched can be looked at, checked, shrunk and removed
  As somebody whose disk is full
  I want to see what is kept of registries and to remove what is not needed
  So that nothing of mine is lost by it, and what I need again is fetched again

  Background:
    Given the publisher publishes io.acme.kit 1.0.0 with "README.md 900, b.bin 50000"
    And the registry "mirror" has it as files alone, without archives
    And I run "ggen market config registry mirror"
    And I run "ggen market add io.acme.kit"
    And "mirror" was asked for enough

  Scenario: The copies are counted beside the packages of one's own
    When I run "ggen market cache stats"
    Then the output contains "fetched   4 blobs, 51."
    And the output contains "answers"
    When I run "ggen market cache stats --json"
    Then the JSON field "blobs" is "0"
    And the JSON field "fetched.blobs" is "4"

  Scenario: What is cleared leaves the project whole, and is fetched again for the next one
    When I run "ggen market cache clear"
    And I run "ggen market cache stats --json"
    Then the JSON field "fetched.blobs" is "0"
    And the JSON field "fetched.answers_bytes" is "0"
    When I run "ggen market verify"
    Then the output contains "Verified"
    And "mirror" received nothing more
    When I try "ggen market add io.acme.kit --offline -C {root}"
    Then the exit code is 6
    When I run "ggen market add io.acme.kit -C {root}"
    And I run "ggen market verify -C {root}"
    Then the output contains "Verified"

  Scenario: What nobody has used for three months goes, and nothing else
    Given every fetched copy and answer is 91 days old
    When I run "ggen market cache gc --dry-run --json"
    Given I remember the JSON field "fetched.answers_bytes"
    When I run "ggen market cache gc --json"
    Then the JSON field "fetched.blobs" is "0"
    And the JSON field "fetched.answers_bytes" is what I remember, and not "0"
    Given the installed packages are removed by hand
    When I run "ggen market cache gc --dry-run --json"
    Then the JSON field "fetched.blobs" is "4"
    When I run "ggen market cache gc --json"
    Then the JSON field "fetched.blobs" is "4"
    When I run "ggen market cache stats --json"
    Then the JSON field "fetched.blobs" is "0"

  Scenario: What was fetched of late is kept, though no project has it
    Given the installed packages are removed by hand
    When I run "ggen market cache gc --json"
    Then the JSON field "fetched.blobs" is "0"
    And the JSON field "fetched.answers_bytes" is "0"
    When I try "ggen market install --offline"
    Then the exit code is 0
    When I run "ggen market verify"
    Then the output contains "Verified"

  Scenario Outline: Copies that are <damage> are removed by a check, and told of
    Given the installed packages are removed by hand
    And every fetched copy is <damage>
    When I run "ggen market cache verify"
    Then the error output contains "4 fetched files damaged: removed, and fetched again when needed"
    And the output contains "Sound"
    When I run "ggen market cache stats --json"
    Then the JSON field "fetched.blobs" is "0"
    When I run "ggen market install"
    And I run "ggen market cache verify"
    Then nothing is written on stderr

    Examples:
      | damage    |
      | empty     |
      | of zeros  |
