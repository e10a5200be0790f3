@local @needs_shared
Feature: The real catalog and the real dependency graph pass through the whole product
  Packages that nobody made for a test: 77 manifests of the older shape, 20,000 names of public packages and what 11,833
  of them depend on.

  @resolver @level2
  Scenario: Every real name has an id of its own, from which the name is found again
    Given the names of the real public packages and of the real dependency graph
    Then each has a valid package id, and no two share one
    And each name that was not cut is found again from its id

  @resolver @level2
  Scenario: Two hundred roots of the real graph resolve to exactly what they lead to
    Given a registry of the real dependency graph
    When a project requires 200 of its packages, drawn with a fixed seed
    Then it gets exactly the packages that these lead to, each listed once

  @import @cli @project @level4
  Scenario: An imported package is installed with what it needs, and one that cannot be had is told with the reason
    Given I run "ggen market key new"
    And the real catalog is imported from the command line
    Then the golden queries find in the local registry what people mean, with an MRR of at least 0.98 and a recall of at least 0.98
    When I run "ggen market search 'agent reasoning' --json"
    Then the JSON field "results.0.id" is "io.ggen.agent-reasoning-mcp"
    When I run "ggen market add io.ggen.agent-reasoning-mcp --json"
    And I run "ggen market verify"
    Then the output contains "io.ggen.agent-context-crafter"
    And the output contains "io.ggen.agent-memory-forge"
    And the output contains "Verified"
    When I run "ggen market remove io.ggen.agent-reasoning-mcp"
    Then the project has no file ".ggen/packages"
    When I try "ggen market add io.ggen.academic-peer-review-workflow --json"
    Then the exit code is 4
    And the error code is "dependency-missing"
    When I try "ggen market add io.ggen.data-pipeline-cli"
    Then the exit code is 5
    And the error output contains "io.ggen.data-pipeline-cli@1.0.0 needs 3.4.0; available: 5.3.2"
