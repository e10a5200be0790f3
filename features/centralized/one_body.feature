@http @level4
Feature: A registry is a registry, wherever it is
  As a template user
  I want the same commands to do the same whether the registry is in my home, behind a server, or a mirror of plain files
  So that I learn them once

  The whole of `features/cli` and `features/local` that is about registries runs on each: `make registries`.

  Background:
    Given I run "ggen market key new"

  @smoke
  Scenario Outline: What is published is found, installed, yanked and taken back: <registry>
    Given the registry is <registry>
    And these packages are published
      | id                | version | needs                  |
      | io.ggen.rust.core | 1.0.0   |                        |
      | io.ggen.rust.axum | 1.0.0   | io.ggen.rust.core ^1.0 |
    When I run "ggen market search axum --json"
    Then the JSON field "results.0.id" is "io.ggen.rust.axum"
    And the JSON field "total" is "1"
    When I run "ggen market info io.ggen.rust.axum --json"
    Then the JSON field "manifest.title" is "axum"
    When I run "ggen market categories --json"
    Then the JSON field "categories.0.packages" is "2"
    When I run "ggen market add io.ggen.rust.axum"
    Then the project has the file ".ggen/packages/io.ggen.rust.core/README.md"
    Given these packages are published
      | id                | version | needs |
      | io.ggen.rust.core | 1.1.0   |       |
    When I run "ggen market outdated --json"
    Then the JSON field "packages.0.latest" is "1.1.0"
    When I run "ggen market update --json"
    Then the JSON field "updated.0.version" is "1.1.0"
    When I run "ggen market yank io.ggen.rust.core@1.1.0 --reason 'wrong port'"
    And I run "ggen market versions io.ggen.rust.core --json"
    Then the JSON field "versions.0.yanked" is "wrong port"
    When I run "ggen market unyank io.ggen.rust.core@1.1.0"
    And I run "ggen market versions io.ggen.rust.core --json"
    Then the JSON field "versions.0.yanked" is "None"
    When I run "ggen market verify --json"
    Then the JSON field "ok" is "True"
    When I run "ggen market remove io.ggen.rust.axum"
    Then the project has no file ".ggen/packages/io.ggen.rust.core"

    Examples:
      | registry |
      | local    |
      | http     |
      | mirror   |

    @p2p
    Examples: among peers
      | registry |
      | p2p      |

  Scenario Outline: Mistakes are answered with the same codes: <registry>
    Given the registry is <registry>
    And these packages are published
      | id                | version | needs                  |
      | io.ggen.rust.core | 1.0.0   |                        |
      | io.ggen.rust.lost | 1.0.0   | io.ggen.rust.gone ^1   |
    When I try "ggen market publish {root}/packages/io.ggen.rust.core/1.0.0 --json"
    Then the exit code is 5
    And the error code is "version-exists"
    When I try "ggen market info io.ggen.rust.none --json"
    Then the exit code is 4
    And the error code is "package-not-found"
    When I try "ggen market info io.ggen.rust.core@9.0.0 --json"
    Then the exit code is 4
    And the error code is "version-not-found"
    When I try "ggen market unyank io.ggen.rust.core@1.0.0 --json"
    Then the exit code is 5
    And the error code is "not-yanked"
    When I try "ggen market yank io.ggen.rust.core@1.0.0 --reason a --json"
    Then the exit code is 0
    When I try "ggen market yank io.ggen.rust.core@1.0.0 --reason a --json"
    Then the exit code is 5
    And the error code is "already-yanked"
    When I try "ggen market add io.ggen.rust.core --json"
    Then the exit code is 5
    And the error code is "versions-yanked"
    When I try "ggen market add io.ggen.rust.lost --json"
    Then the exit code is 4
    And the error code is "dependency-missing"

    Examples:
      | registry |
      | local    |
      | http     |
      | mirror   |

    @p2p
    Examples: among peers
      | registry |
      | p2p      |

  Scenario: The lock does not depend on the kind of registry, but for its name
    Given these packages are published
      | id                | version | needs                  |
      | io.ggen.rust.core | 1.0.0   |                        |
      | io.ggen.rust.axum | 1.0.0   | io.ggen.rust.core ^1.0 |
    And I run "ggen market add io.ggen.rust.axum --no-install"
    And the lock file is remembered
    When the registry is mirror
    And I run "ggen market update --json"
    Then the lock file is the same but for "source"
