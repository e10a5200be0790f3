@cli @project @resolver @level4
Feature: A project gets what it needs, and nobody changes it unnoticed
  A template user adds packages, installs them with all they need, and finds out about every change.

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs                    |
      | io.ggen.rust.core | 1.0.0   |                          |
      | io.ggen.rust.core | 1.1.0   |                          |
      | io.ggen.rust.axum | 1.0.0   | io.ggen.rust.core ^1.0   |
      | io.ggen.rust.old  | 1.0.0   | io.ggen.rust.core =1.0.0 |
      | io.ggen.rust.lost | 1.0.0   | io.ggen.rust.gone ^1     |

  Scenario: Adding a package locks and installs it with all it needs, at the highest versions
    When I run "ggen market add io.ggen.rust.axum"
    Then the project has the file ".ggen/packages/io.ggen.rust.core/package.toml"
    When I run "ggen market list --json"
    Then the JSON field "packages.1.version" is "1.1.0"
    When I run "ggen market verify --json"
    Then the JSON field "ok" is "True"

  Scenario: Installing again changes nothing, and the lock stays the same to the byte
    Given I run "ggen market add io.ggen.rust.axum"
    And the lock file is remembered
    When I run "ggen market install --json"
    Then the JSON field "unchanged.1.id" is "io.ggen.rust.core"
    And the lock file is the same to the byte

  Scenario: A fresh checkout installs what the lock says
    Given I run "ggen market add io.ggen.rust.axum io.ggen.rust.core@=1.0.0"
    And the installed packages are removed by hand
    When I run "ggen market install --locked"
    And I run "ggen market list --json"
    Then the JSON field "packages.1.version" is "1.0.0"

  Scenario Outline: An installed file that was made <kind> is found and mended
    Given I run "ggen market add io.ggen.rust.core"
    And an installed file of "io.ggen.rust.core" is made <kind>
    When I try "ggen market verify --json"
    Then the exit code is 3
    And the JSON field "packages.0.problems.0.kind" is "<kind>"
    When I run "ggen market verify --fix"
    And I run "ggen market verify"
    Then the output contains "Verified"

    Examples:
      | kind    |
      | missing |
      | extra   |
      | mode    |
      | link    |

  Scenario: A file edited in place is found and mended, and the content store is not damaged
    Given I run "ggen market add io.ggen.rust.core"
    And an installed file of "io.ggen.rust.core" is modified
    When I try "ggen market verify --json"
    Then the exit code is 3
    And the JSON field "packages.0.problems.0.kind" is "modified"
    When I run "ggen market cache verify"
    And I run "ggen market verify --fix"
    And I run "ggen market verify"
    Then the output contains "Verified"

  Scenario: A local edit is never overwritten without a word
    Given I run "ggen market add io.ggen.rust.core"
    And an installed file of "io.ggen.rust.core" is modified
    When I try "ggen market remove io.ggen.rust.core --json"
    Then the exit code is 5
    And the error code is "local-edits"
    When I run "ggen market remove io.ggen.rust.core --force"
    Then the project has no file ".ggen/packages/io.ggen.rust.core"

  Scenario: Contradicting requirements are explained
    When I try "ggen market add io.ggen.rust.old io.ggen.rust.core@^1.1"
    Then the exit code is 5
    And the error output contains "io.ggen.rust.old@1.0.0 needs =1.0.0"
    And the project has no file "ggen.lock"

  Scenario: A missing dependency is named with the one who needs it
    When I try "ggen market add io.ggen.rust.lost"
    Then the exit code is 4
    And the error output contains "io.ggen.rust.lost"

  Scenario: A yanked version stays where it is locked and is chosen nowhere else
    Given I run "ggen market add io.ggen.rust.core@^1.0"
    And I run "ggen market yank io.ggen.rust.core@1.1.0 --reason 'bad port'"
    When I run "ggen market install --locked"
    Then the output contains "Nothing to install"
    Given the installed packages are removed by hand
    When I try "ggen market install --locked"
    Then the exit code is 0
    And the output contains "+ io.ggen.rust.core 1.1.0"
    And the error output contains "io.ggen.rust.core is yanked: bad port; it stays because it is locked"
    When I run "ggen market update"
    Then the output contains "io.ggen.rust.core 1.0.0"

  Scenario: An edited lock is refused
    Given I run "ggen market add io.ggen.rust.core"
    And the content id in the lock file is changed
    When I try "ggen market install --json"
    Then the exit code is 3
    And the error code is "signature-wrong"

  @use.with_registry=local
  Scenario: A damaged blob is never installed
    Given the blobs of the store are changed on disk
    When I try "ggen market add io.ggen.rust.core --json"
    Then the exit code is 3
    And the error code is "blob-corrupt"
    And the project has no file "ggen.lock"

  Scenario: A packed archive is published like its folder
    Given I run "ggen market init mine --id io.acme.mine"
    And I run "ggen market pack mine -o mine.gpack"
    When I run "ggen market publish mine.gpack"
    And I run "ggen market add io.acme.mine"
    Then the project has the file ".ggen/packages/io.acme.mine/README.md"
