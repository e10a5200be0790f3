@local @project @level4
Feature: Installing changes the project and nothing else, and overwrites nobody's work
  A template user's project folder holds installed packages that may be edited, linked, shared with other projects, or
  lie in odd places. Whatever is done to it, the content store stays sound, and local work is never lost without a word.

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs                  |
      | io.ggen.rust.core | 1.0.0   |                        |
      | io.ggen.rust.axum | 1.0.0   | io.ggen.rust.core ^1.0 |

  Rule: Local edits

    @use.with_registry=local,http
    Scenario: A local edit is found although the content store has lost the release it was made in
      Given I run "ggen market index backup {root}/early.sqlite"
      And these packages are published
        | id                | version | needs |
        | io.ggen.rust.core | 1.1.0   |       |
      And I run "ggen market add io.ggen.rust.core"
      And I run "ggen market index restore {root}/early.sqlite --force"
      And I run "ggen market cache gc"
      And an installed file of "io.ggen.rust.core" is modified
      When I try "ggen market remove io.ggen.rust.core --json"
      Then the exit code is 5
      And the error code is "local-edits"
      When I try "ggen market verify --json"
      Then the exit code is 3
      And the JSON field "packages.0.problems.0.kind" is "modified"

    @use.with_registry=local
    Scenario: A package without local edits is removed although the content store has lost its release
      Given I run "ggen market add io.ggen.rust.core"
      And the content store loses every blob
      When I run "ggen market remove io.ggen.rust.core"
      Then the project has no file ".ggen/packages"

    @use.with_registry=local
    Scenario: When nothing tells any more what was installed, it is not touched
      Given I run "ggen market add io.ggen.rust.core"
      And the content store loses every blob
      And the project loses the folder ".ggen/trees"
      When I try "ggen market remove io.ggen.rust.core"
      Then the exit code is 5
      And the error output contains "nothing tells what was installed"
      When I run "ggen market remove io.ggen.rust.core --force"
      Then the project has no file ".ggen/packages"

    Scenario Outline: A file <kind> by the user keeps its package from being removed
      Given I run "ggen market add io.ggen.rust.core"
      And an installed file of "io.ggen.rust.core" is made <kind>
      When I try "ggen market remove io.ggen.rust.core --json"
      Then the exit code is 5
      And the error code is "local-edits"

      Examples:
        | kind    |
        | missing |
        | extra   |
        | mode    |
        | link    |

    Scenario: A folder in a package's place that no install has made is not overwritten
      Given the project has a folder ".ggen/packages/io.ggen.rust.core" of the user's own
      When I try "ggen market add io.ggen.rust.core --json"
      Then the exit code is 5
      And the error code is "local-edits"
      And the project has no file "ggen.lock"

  Rule: Links

    Scenario: An edit in place reaches other projects only where links are, is found there, and does not reach the store
      Given another project has "io.ggen.rust.core" installed with links
      And a third project has "io.ggen.rust.core" installed with copies
      And I run "ggen market add io.ggen.rust.core"
      But an installed file of "io.ggen.rust.core" is modified
      When I run "ggen market cache verify"
      And I run "ggen market verify -C {root}/third"
      And I try "ggen market verify -C {root}/other --json"
      Then the exit code is 3
      And the JSON field "packages.0.problems.0.kind" is "modified"
      When I run "ggen market verify --fix -C {root}/other"
      And I run "ggen market verify -C {root}/other"
      Then the output contains "Verified"
      When I try "ggen market verify"
      Then the exit code is 3

    Scenario: A package's folder that was swapped for a link to an equal folder is found, and mended without following it
      Given I run "ggen market add io.ggen.rust.core"
      And the project's ".ggen/packages/io.ggen.rust.core" is moved elsewhere and replaced by a link to it
      When I try "ggen market verify --json"
      Then the exit code is 3
      And the JSON field "packages.0.problems.0.kind" is "link"
      When I run "ggen market verify --fix"
      And I run "ggen market verify"
      Then the folder that was moved elsewhere has all its files

    Scenario Outline: A project whose <folder> is a link to another place is refused
      Given I run "ggen market add io.ggen.rust.core"
      And the project's "<folder>" is moved elsewhere and replaced by a link to it
      When I try "ggen market add io.ggen.rust.axum --json"
      Then the exit code is 3
      And the error code is "destination-unsafe"
      And the folder that was moved elsewhere has all its files

      Examples:
        | folder         |
        | .ggen          |
        | .ggen/packages |
        | .ggen/trees    |

  Rule: Places and times

    Scenario: A project with blanks and other scripts in its name is worked on from a folder inside it
      Given the project is called "mein Projekt – 包 é"
      And the project has the folder "src/deep"
      And I run "ggen market add io.ggen.rust.axum"
      When I run "ggen market install -C '{project}/src/deep'"
      And I run "ggen market verify -C '{project}/src/deep'"
      Then the output contains "Verified"

    Scenario Outline: Adding and removing leave the rest of a ggen.toml with <line ends> line ends as it was
      Given a ggen.toml with comments, odd spacing and <line ends> line ends
      When I run "ggen market add io.ggen.rust.axum"
      And I run "ggen market remove io.ggen.rust.axum"
      Then the ggen.toml is the same to the byte

      Examples:
        | line ends |
        | Unix      |
        | Windows   |

    Scenario: Removing the last package leaves no folder of packages
      Given I run "ggen market add io.ggen.rust.axum"
      When I run "ggen market remove io.ggen.rust.axum"
      Then the project has no file ".ggen/packages"
      And the project has no file ".ggen/trees"
      And the project has no file ".ggen/staging"

    @use.with_registry=local
    Scenario: What the content store lacks cannot be installed, and the project stays as it was
      Given I run "ggen market add io.ggen.rust.axum --no-install"
      And the content store loses every blob
      When I try "ggen market install --json"
      Then the exit code is 6
      And the error code is "content-missing"
      And the project has no file ".ggen/packages"

    Scenario: Pre-releases are chosen with --pre, and the lock holds them from then on
      Given these packages are published
        | id               | version      | needs                 |
        | io.ggen.rust.new | 1.0.0-beta.1 |                       |
        | io.ggen.rust.top | 1.0.0        | io.ggen.rust.new ^1.0 |
      When I try "ggen market add io.ggen.rust.top"
      Then the exit code is 5
      Given I run "ggen market add io.ggen.rust.top --pre"
      And the installed packages are removed by hand
      When I run "ggen market install --locked"
      Then the output contains "io.ggen.rust.new 1.0.0-beta.1"

    @requires_root
    Scenario: A project on a read-only filesystem is verified, and otherwise refused in words
      Given I run "ggen market add io.ggen.rust.core"
      When I try "ggen market verify" with the project mounted read-only
      Then that run ends with exit code 0 and says "Verified"
      When I try "ggen market install" with the project mounted read-only
      Then that run ends with exit code 0 and says "Nothing to install"
      When I try "ggen market add io.ggen.rust.axum" with the project mounted read-only
      Then that run ends with exit code 6 and says "[project-unwritable]"

    @level3 @concurrency
    Scenario: Four installs at once in one project all succeed
      Given I run "ggen market add io.ggen.rust.axum --no-install"
      When "ggen market install" runs in 4 processes at once
      Then all of them succeeded
      When I run "ggen market verify"
      Then the output contains "2 packages"

    @use.with_registry=local,mirror
    Scenario: Fifty packages are installed, verified and removed
      Given 50 packages that need each other are published
      When I run "ggen market add many.lib.p49 --json"
      And I run "ggen market verify"
      Then the output contains "Verified: 50 packages"
      When I run "ggen market remove many.lib.p49"
      Then the project has no file ".ggen/packages"
