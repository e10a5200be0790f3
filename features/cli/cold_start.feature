@cli @level4
Feature: The command line starts quickly, and the short way answers like the long one
  As a template user who searches dozens of times a day
  I want an answer before I notice waiting
  So that I look things up instead of remembering them

  `search`, `--help` and an `install` that has nothing to do are answered without loading the argument parser. What is not plainly right goes to the parser.

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs |
      | io.ggen.rust.axum | 1.0.0   |       |
      | io.ggen.rust.core | 1.0.0   |       |
    And I run "ggen market search axum"

  Scenario: What the shortcuts answer they answer as the parser does
    Then these answers are the same with and without the shortcuts
      | arguments                                   |
      | market search rust                          |
      | market search rust --json                   |
      | market search 'rust web' --limit 1          |
      | market search --limit 1 --limit 2 rust      |
      | market search rust --sort name --offset 1   |
      | market search rust --offset 50              |
      | market search --category templates --json   |
      | market search --tag '' --author 'A B'       |
      | market search nothing-is-called-so          |
      | market search '' -q                         |
      | market search rust --offline --json         |
      | market search rust --registry corp          |
      | market search rust --registry '' --json     |
      | market search a\x1b[31mb                    |
      | --help                                      |
      | market --help                               |
      | market search --help                        |
      | market key --help                           |
      | market key new --help                       |

  Scenario: What is not plainly right is left to the parser, mistakes included
    Then these answers are the same with and without the shortcuts
      | arguments                                   |
      |                                             |
      | market                                      |
      | market search --limit 0 rust                |
      | market search --limit 101 rust --json       |
      | market search --limit 9999999999 rust       |
      | market search --limit x rust                |
      | market search --limit ٣ rust                |
      | market search --limit                       |
      | market search --limit=2 rust                |
      | market search --sort size rust --json       |
      | market search --categry web                 |
      | market search --min-downloads -1            |
      | market search rust -x                       |
      | market search -qq rust                      |
      | market search -- --help                     |
      | market search --json --category             |
      | market search rust --home no/such/home      |
      | market search rust -C no/such/folder        |
      | market search rust --help                   |
      | market nothing --help                       |
      | market serch rust                           |
      | --version                                   |

  Scenario: An install that has nothing to do is told the same way with and without the shortcuts
    Given I run "ggen market add io.ggen.rust.axum"
    Then these answers are the same with and without the shortcuts
      | arguments                                  |
      | market install                             |
      | market install --json                      |
      | market install --locked --offline -q       |
      | market install --force --copy --pre        |
      | market install --registry local            |
      | market install --lokced                    |
      | market install axum                        |
      | market install -C no/such/folder           |

  Scenario: An install that has something to do is left to the parser, as one without a project is
    When I try "ggen market install"
    Then it fails with exit code 4 and the code "no-project", and suggests "ggen market add"
    When I run "ggen market add io.ggen.rust.axum --no-install"
    And I run "ggen market install --locked"
    Then the output contains "+ io.ggen.rust.axum 1.0.0"
    When I run "ggen market install --locked"
    Then the output contains "Nothing to install: 1 package in place"

  @level2
  Scenario: The stored help texts are those that the parser prints, one for each verb
    Then the help text kept for each verb is the one the parser makes

  Scenario Outline: A cold <what> loads nothing that it does not need
    When the modules that "ggen <arguments>" loads are listed
    Then none of them belongs to "<never>"
    And beyond Python's own they belong to "<only>"

    Examples:
      | what                  | arguments           | only                 | never |
      | search                | market search rust  | marketplace tantivy  | dataclasses inspect hashlib shutil subprocess asyncio tempfile tomllib http ssl |
      | help                  | market add --help   | marketplace          | dataclasses inspect hashlib shutil json sqlite3 typing |
      | version               | --version           | marketplace click    | sqlite3 dataclasses hashlib |
      | list of versions      | market versions io.ggen.rust.axum | marketplace click semver fast_semver_rs_backend | tomllib asyncio subprocess |
      | listing of a project  | market config       | marketplace click    | sqlite3 dataclasses asyncio subprocess tomllib |

  Scenario: A machine without plugins pays nothing for them
    Given I run "ggen market init fresh --id io.acme.fresh"
    When the modules that "ggen market publish fresh" loads are listed
    Then none of them belongs to "pluggy subprocess importlib.metadata marketplace.plugins.process marketplace.plugins.loaded"

  Scenario: Registries that have names and are not asked cost a search nothing of what speaks HTTP
    Given I run "ggen market registry add corp https://registry.acme.example"
    When the modules that "ggen market search rust" loads are listed
    Then none of them belongs to "http ssl urllib.request dataclasses"

  Scenario: An install that has nothing to do loads nothing that it does not need
    Given I run "ggen market add io.ggen.rust.axum"
    When the modules that "ggen market install" loads are listed
    Then none of them belongs to "dataclasses inspect sqlite3 shutil asyncio"
    And beyond Python's own they belong to "marketplace"
