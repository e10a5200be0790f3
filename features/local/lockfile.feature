@local @project
Feature: The lock file is a pure function of what is required and what the registry has
  A team commits ggen.lock. The same requirements and the same registry give the same bytes on every machine, and a lock
  that somebody has edited, cut or forged is refused before anything is installed from it.

  @level1
  Scenario Outline: The law of the lock: <law>
    Then it holds for every lock tried: "<law>"

    Examples:
      | law                                                                                    |
      | A lock that is written and read again is the same lock, and written again the same bytes |
      | The order in which packages come into a lock does not show in it                       |
      | A lock with one character changed is refused, or says what it said, or is no longer what was signed |

  Rule: Equal inputs give equal bytes

    Background:
      Given I run "ggen market key new"
      And these packages are published
        | id                | version | needs                  |
        | io.ggen.rust.core | 1.0.0   |                        |
        | io.ggen.rust.core | 1.1.0   |                        |
        | io.ggen.rust.axum | 1.0.0   | io.ggen.rust.core ^1.0 |
        | io.ggen.web.page  | 1.0.0   | io.ggen.rust.core *    |

    @level4 @cli
    Scenario: The order of adding, the cache and the machine's own state do not show in the lock
      Given I run "ggen market add io.ggen.rust.axum io.ggen.web.page"
      And the lock file is remembered
      When another project adds "io.ggen.web.page", then "io.ggen.rust.axum", on a machine whose caches were cleared
      Then its lock file is the same to the byte

    @level4 @cli
    Scenario: A fresh clone resolves to the same lock when the lock is lost
      Given I run "ggen market add io.ggen.rust.axum io.ggen.web.page"
      And the lock file is remembered
      And the lock file and the installed packages are lost
      When I run "ggen market install"
      Then the lock file is the same to the byte

  Rule: A lock that is not what was written is refused

    Background:
      Given I run "ggen market key new"
      And these packages are published
        | id                | version | needs |
        | io.ggen.rust.core | 1.0.0   |       |
      And I run "ggen market add io.ggen.rust.core"
      And the installed packages are removed by hand

    @level4 @security
    Scenario Outline: A lock <how> is refused with <code>, and nothing is installed from it
      Given the lock file is made one <how>
      When I try "ggen market install --locked --json"
      Then the exit code is <exit>
      And the error code is "<code>"
      And the project has no file ".ggen/packages"

      Examples:
        | how                                     | exit | code            |
        | without a content id                    | 3    | lock-invalid    |
        | with a content id of MD5                | 3    | lock-invalid    |
        | with a content id of SHA-512            | 3    | lock-invalid    |
        | with a content id cut short             | 3    | lock-invalid    |
        | with another content id                 | 3    | signature-wrong |
        | with another version                    | 3    | signature-wrong |
        | with another size                       | 3    | signature-wrong |
        | with another time of publishing         | 3    | signature-wrong |
        | with another manifest digest            | 3    | signature-wrong |
        | with another key                        | 3    | signature-wrong |
        | with a key of small order               | 3    | key-small-order |
        | without a signature                     | 3    | lock-invalid    |
        | with an empty signature                 | 3    | signature-missing |
        | with another signature                  | 3    | signature-wrong |
        | with a package twice                    | 3    | lock-invalid    |
        | with a field that nobody knows          | 3    | lock-invalid    |
        | with a source that is no text           | 3    | lock-invalid    |
        | of a later format                       | 2    | lock-newer      |
        | without a format                        | 2    | lock-newer      |
        | that is no TOML                         | 3    | lock-invalid    |
        | that is not UTF-8                       | 3    | lock-invalid    |
        | that is cut short                       | 3    | lock-invalid    |
        | whose packages are a text               | 3    | lock-invalid    |
        | that is a folder                        | 3    | lock-invalid    |
        | with a dependency that was not signed   | 5    | lock-out-of-date |

    @level4 @security
    Scenario: A package that the registry serves signed by another key than the lock's stops with exit code 3
      Given the home's pins are forgotten and another key is pinned for "io.ggen.rust"
      When I try "ggen market install --locked --json"
      Then the exit code is 3
      And the error code is "key-changed"
