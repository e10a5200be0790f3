@local @import @level2
Feature: A catalog of the older shape is imported as far as it can be read
  As an operator who moves to this registry
  I want each entry that cannot be taken to be named with the reason, and all others to be taken
  So that one careless entry does not cost me the catalog

  Background:
    Given a catalog of the older shape with the sound entry "good"

  @smoke
  Scenario: A sound entry becomes a package with the same facts
    Given its entry "web-kit" has the manifest
      """
      [package]
      name = "web-kit"
      full_name = "Web Kit"
      version = "1.2.3"
      description = "Makes web services"
      license = "MIT OR Apache-2.0"
      author = "Ada <ada@example.org>"
      category = "web"
      tags = ["web", "rust"]
      keywords = ["service"]
      repository = "https://example.org/web-kit"
      homepage = "https://example.org"
      dependencies = ["good"]
      """
    When the catalog is read
    Then the entry "web-kit" is accepted with
      | field        | value                       |
      | id           | io.ggen.web-kit             |
      | version      | 1.2.3                       |
      | title        | Web Kit                     |
      | description  | Makes web services          |
      | license      | MIT OR Apache-2.0           |
      | authors      | Ada <ada@example.org>       |
      | category     | web                         |
      | tags         | web, rust                   |
      | keywords     | service                     |
      | repository   | https://example.org/web-kit |
      | homepage     | https://example.org         |
      | readme       | README.md                   |
      | dependencies | io.ggen.good *              |
    And its folder holds the original manifest byte for byte, a README and a package.toml that says the same

  Scenario Outline: An entry whose manifest <what> is refused alone
    Given its entry "bad" has the manifest in one line: <manifest>
    When the catalog is read
    Then the entry "bad" is refused as "<code>" in the field "<field>" with a hint
    And the reason has "<says>"
    And the entry "good" is accepted

    Examples:
      | what                           | code               | field        | says                        | manifest                                                                                        |
      | is not TOML                    | manifest-invalid   | (none)       | at line 2, column           | [package]\nframeworks = {\n rust = "axum"\n}                                                     |
      | is not UTF-8                   | manifest-invalid   | (none)       | not valid TOML              | [package]\nname = "\xff"                                                                        |
      | names a key twice              | manifest-invalid   | (none)       | not valid TOML              | [package]\nname = "bad"\nname = "bad"                                                           |
      | is empty                       | manifest-invalid   | package      | [package] is missing        | (none)                                                                                          |
      | has a list for its package     | manifest-invalid   | package      | [package] is missing        | package = []                                                                                    |
      | has a date for its version     | manifest-invalid   | version      | version is not a text       | [package]\nname = "bad"\nversion = 2026-01-01\ndescription = "d"                                |
      | has half a version             | invalid-version    | (none)       | '1.0'                       | [package]\nname = "bad"\nversion = "1.0"\ndescription = "d"                                     |
      | has no description anywhere    | manifest-invalid   | description  | description is missing      | [package]\nname = "bad"\nversion = "1.0.0"                                                      |
      | hides a terminal escape        | manifest-invalid   | description  | control characters          | [package]\nname = "bad"\nversion = "1.0.0"\ndescription = "\\u001b[31mred"                      |
      | hides a bidirectional override | manifest-invalid   | description  | bidirectional               | [package]\nname = "bad"\nversion = "1.0.0"\ndescription = "\\u202egnp"                          |
      | has an id of one segment       | invalid-package-id | id           | a namespace and a name      | [package]\nid = "bad"\nversion = "1.0.0"\ndescription = "d"                                     |
      | has a number for its id        | invalid-package-id | id           | id is not a text            | [package]\nid = 7\nversion = "1.0.0"\ndescription = "d"                                         |
      | requires what is no version    | invalid-requirement | dependencies | '^^1'                      | [package]\nname = "bad"\nversion = "1.0.0"\ndescription = "d"\n[dependencies]\ngood = "^^1"     |
      | requires a number              | dependencies-malformed | dependencies | good is not a text      | [package]\nname = "bad"\nversion = "1.0.0"\ndescription = "d"\n[dependencies]\ngood = 1         |
      | requires what is no name       | invalid-package-id | dependencies | other characters            | [package]\nname = "bad"\nversion = "1.0.0"\ndescription = "d"\ndependencies = ["Good One"]      |
      | has a number for dependencies  | dependencies-malformed | dependencies | neither a list nor a table | [package]\nname = "bad"\nversion = "1.0.0"\ndescription = "d"\ndependencies = 1              |

  Scenario Outline: An entry called "<name>" cannot become a package
    Given its entry "<name>" is sound but for its name
    When the catalog is read
    Then the entry "<name>" is refused as "invalid-package-id" in the field "name" with a hint
    And the reason has "<says>"
    And the entry "good" is accepted

    Examples:
      | name         | says                     |
      | con          | reserved name on Windows |
      | two words    | other characters         |
      | Capital      | other characters         |
      | snake_case   | other characters         |
      | io.ggen.     | other characters         |

  Scenario Outline: A manifest that is <something> is not read
    Given its entry "bad" has <something> for a manifest
    When the catalog is read
    Then the entry "bad" is refused as "manifest-unsafe" in the field "(none)" with a hint
    And the entry "good" is accepted

    Examples:
      | something |
      | a link    |
      | a folder  |
      | a fifo    |

  Scenario: A manifest beyond one mebibyte is not read
    Given its entry "bad" has a manifest of 1048577 bytes
    When the catalog is read
    Then the entry "bad" is refused as "manifest-too-large" in the field "(none)" with a hint
    And the entry "good" is accepted

  Scenario: A display name with spaces becomes the title
    Given its entry "io.example.shop" has the manifest
      """
      [package]
      name = "The Online Shop"
      version = "1.0.0"
      description = "A shop"
      """
    When the catalog is read
    Then the entry "io.example.shop" is accepted with
      | field | value           |
      | id    | io.example.shop |
      | title | The Online Shop |
    And it is noted on "io.example.shop" as "name-differs": 'The Online Shop'

  Scenario: A package with an id of its own keeps it, and others depend on it by the catalog's name
    Given its entry "shop" has the manifest
      """
      [package]
      id = "org.example.web.shop"
      name = "shop"
      version = "1.0.0"
      description = "A shop"
      """
    And its entry "mall" has the manifest
      """
      [package]
      name = "mall"
      version = "1.0.0"
      description = "Many shops"
      dependencies = ["shop"]
      """
    When the catalog is read
    Then the entry "mall" is accepted with
      | field        | value                  |
      | dependencies | org.example.web.shop * |
    And the packages are to be published in the order "org.example.web.shop, io.ggen.mall"

  Scenario Outline: Dependencies written as <shape>
    Given its entry "web" has a sound manifest with: <lines>
    When the catalog is read
    Then the entry "web" is accepted with
      | field        | value   |
      | dependencies | <wants> |
    And it is noted on "web" what was left out: <left out>

    Examples:
      | shape                            | wants                | left out                                 | lines                                                                                                            |
      | a list of names                  | io.ggen.good *       | (none)                                   | dependencies = ["good"]                                                                                          |
      | a list with a requirement        | io.ggen.good ^1      | (none)                                   | dependencies = ["good@^1"]                                                                                       |
      | an empty list                    | (none)               | (none)                                   | dependencies = []                                                                                                |
      | required and optional lists      | io.ggen.good *       | optional: extra                          | [dependencies]\nrequired = ["good"]\noptional = ["extra"]\nfeatures = ["Fast"]                                   |
      | names with requirements          | io.ggen.good >=1.0.0 | (none)                                   | [dependencies]\ngood = ">=1.0.0"                                                                                 |
      | a requirement of the generator   | io.ggen.good 1       | the generator itself: ggen               | [dependencies]\nggen = ">=2.6.0"\ngood = "1"                                                                     |
      | crates of Rust                   | io.ggen.good 1       | crates of Rust: serde, tokio             | [dependencies]\nserde = "1.0"\ngood = "1"\ntokio = { version = "1.35", features = ["full"] }                     |
      | a package among crates, in full  | io.ggen.good 1       | crates of Rust: serde                    | [dependencies]\nserde = { version = "1" }\ngood = { version = "1", optional = true }                             |
      | paths of files                   | (none)               | paths of files: ontology, impl           | [dependencies]\nontology = "ontology/core.ttl"\nimpl = "src/rust/"                                               |
      | a table for each language        | (none)               | rust: axum, python: flask                | [dependencies.rust]\naxum = "0.7"\n[dependencies.python]\nflask = "^3"                                           |
      | dotted ids                       | io.ggen.good ^1      | (none)                                   | [dependencies]\nio.ggen.good = "^1"                                                                              |
      | a dependency on itself           | (none)               | the package itself: web                  | dependencies = ["web"]                                                                                           |
      | the same package twice           | io.ggen.good ^1, >=1.0 | (none)                                 | dependencies = ["good@^1"]\n[dependencies]\ngood = ">=1.0"                                                       |

  Scenario Outline: A requirement that the catalog cannot meet is kept and told: <what>
    Given its entry "bad" has the manifest in one line: [package]\nname = "bad"
    And its entry "web" has a sound manifest with: [dependencies]\n<requirement>
    When the catalog is read
    Then the entry "web" is accepted with
      | field        | value   |
      | dependencies | <wants> |
    And it is noted on "web" as "<code>": <says>

    Examples:
      | what                     | requirement       | wants                 | code               | says                                                                        |
      | nobody has it            | missing = "1.0.0" | io.ggen.missing 1.0.0 | dependency-missing | it needs io.ggen.missing 1.0.0, which is not in the catalog                 |
      | its entry was refused    | bad = "*"         | io.ggen.bad *         | dependency-missing | it needs io.ggen.bad *, which was refused                                   |
      | the version there is old | good = "^2"       | io.ggen.good ^2       | requirement-unmet  | it needs io.ggen.good ^2, of which the catalog has 1.0.0                    |

  Scenario Outline: <field> written as <shape> become what is shown
    Given its entry "web" has a sound manifest with: <lines>
    When the catalog is read
    Then the entry "web" is accepted with
      | field   | value   |
      | <field> | <value> |

    Examples:
      | field    | shape                          | value            | lines                                                   |
      | tags     | a list                         | a, b             | tags = ["a", "b"]                                       |
      | tags     | a table                        | a, b             | [package.tags]\ntags = ["a", "b"]                       |
      | tags     | a list with repetitions        | a, b             | tags = ["a", "b", "a"]                                  |
      | tags     | a list in the metadata         | a, b             | [metadata]\ntags = ["a", "b"]                           |
      | tags     | the rest of several categories | data, etl        | categories = ["tools", "data", "etl"]                   |
      | keywords | a table                        | a                | [package.keywords]\nkeywords = ["a"]                    |
      | keywords | a single text                  | a                | keywords = "a"                                          |
      | keywords | a list with a number in it     | a                | keywords = ["a", 1]                                     |
      | authors  | a list                         | Ada, Bob         | authors = ["Ada", "Bob"]                                |
      | authors  | a single author                | Ada              | author = "Ada"                                          |
      | authors  | nothing                        | (none)           | edition = "2021"                                        |
      | category | the first of several           | tools            | categories = ["tools", "data"]                          |
      | category | an entry of the metadata       | tools            | [metadata]\ncategory = "tools"                          |
      | title    | nothing                        | Web              | edition = "2021"                                        |

  Scenario: What the manifest leaves out is taken from the index
    Given its entry "web" has the manifest and the index says {"description": "From the index", "author": "Ada", "license": "MIT", "category": "web"}
      """
      [package]
      name = "web"
      version = "1.0.0"
      """
    When the catalog is read
    Then the entry "web" is accepted with
      | field       | value          |
      | description | From the index |
      | authors     | Ada            |
      | license     | MIT            |
      | category    | web            |

  Scenario Outline: What must be changed is noted: <what>
    Given its entry "web" has a sound manifest with: <lines>
    When the catalog is read
    Then the entry "web" is accepted with
      | field   | value   |
      | <field> | <value> |
    And it is noted on "web" as "<code>": <says>

    Examples:
      | what                          | field      | value         | code             | says                          | lines                                     |
      | a category with capitals      | category   | enterprise    | category-changed | 'Enterprise' became           | category = "Enterprise"                   |
      | a category with blanks        | category   | web-and-more  | category-changed | 'Web & (and) more'            | category = "Web & (and) more"             |
      | an address of another kind    | repository | (none)        | address-left-out | 'git@example.org:web'         | repository = "git@example.org:web"        |
      | an address that is a script   | homepage   | (none)        | address-left-out | 'javascript:alert(1)'         | homepage = "javascript:alert(1)"          |
      | an address that is a number   | homepage   | (none)        | address-left-out | '7'                           | homepage = 7                              |
      | a tag of 65 letters           | tags       | a             | words-left-out   | 1 of 2 tags                   | tags = ["a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] |

  Scenario Outline: Where the index says something else, the manifest counts: <field>
    Given its entry "web" has the manifest and the index says <index>
      """
      [package]
      name = "web"
      version = "1.0.0"
      description = "A web kit"
      license = "MIT"
      category = "web"
      dependencies = ["good"]
      """
    When the catalog is read
    Then the entry "web" is accepted with
      | field   | value   |
      | <field> | <value> |
    And it is noted on "web" as "index-differs": <says>

    Examples:
      | field        | value          | index                       | says                                            |
      | version      | 1.0.0          | {"version": "2.0.0"}        | the version '1.0.0', the index '2.0.0'          |
      | license      | MIT            | {"license": "GPL-3.0"}      | the license 'MIT', the index 'GPL-3.0'          |
      | description  | A web kit      | {"description": "Other"}    | the index 'Other'                               |
      | category     | web            | {"category": "tools"}       | the index 'tools'                               |
      | dependencies | io.ggen.good * | {"dependencies": []}        | needs io.ggen.good, the index nothing           |
      | dependencies | io.ggen.good * | {"dependencies": ["other"]} | needs io.ggen.good, the index io.ggen.other     |

  Scenario Outline: Without a readable index the manifests are still read: <what>
    Given its index is "<index>"
    When the catalog is read
    Then the entry "good" is accepted
    And it is noted on "ggen-index.json" as "index-unreadable": <says>

    Examples:
      | what                    | index                                                 | says                       |
      | not JSON                | packages:                                             | was not used               |
      | cut short               | {"packages": [{"name": "good"                         | was not used               |
      | no packages             | {}                                                    | it has no 'packages'       |
      | packages that are none  | {"packages": {}}                                      | packages is not a list     |
      | a list                  | []                                                    | was not used               |
      | a key twice             | {"packages": [], "packages": []}                      | a key occurs twice         |
      | NaN                     | {"packages": [{"name": "good", "stars": NaN}]}        | NaN is not JSON            |
      | not UTF-8               | {"packages": ["\xff"]}                                | was not used               |
      | empty                   | (none)                                                | was not used               |

  Scenario: Without any index the manifests are still read
    Given it has no index at all
    When the catalog is read
    Then the entry "good" is accepted
    And it is noted on "ggen-index.json" as "index-unreadable": it is missing

  Scenario: An index nested absurdly deep does not stop the import
    Given its index is 200000 brackets
    When the catalog is read
    Then the entry "good" is accepted
    And it is noted on "ggen-index.json" as "index-unreadable": was not used

  Scenario Outline: A malformed entry of the index is refused alone: <what>
    Given its index also lists <entry>
    When the catalog is read
    Then the entry "#2" is refused as "<code>" in the field "name" with a hint
    And the entry "good" is accepted

    Examples:
      | what                        | code            | entry                 |
      | a number                    | entry-malformed | 7                     |
      | null                        | entry-malformed | null                  |
      | no name                     | entry-malformed | {"version": "1.0.0"}  |
      | a number for a name         | entry-malformed | {"name": 7}           |
      | an empty name               | entry-malformed | {"name": ""}          |
      | a lone surrogate            | entry-malformed | {"name": "\ud800"}    |
      | a terminal escape           | entry-malformed | {"name": "\u001b[2J"} |
      | the name of another         | entry-duplicate | {"name": "good"}      |

  Scenario: An entry of the index without a manifest is refused
    Given its index also lists {"name": "ghost", "version": "1.0.0", "description": "No manifest"}
    When the catalog is read
    Then the entry "ghost" is refused as "manifest-missing" in the field "(none)" with a hint
    And the entry "good" is accepted

  Scenario: A manifest that the index forgot is taken, and the index's gap noted
    Given its entry "extra" is sound but not in the index
    When the catalog is read
    Then the entry "extra" is accepted
    And it is noted on "extra" as "index-incomplete": the index does not list it

  Scenario: Of two entries that want one id the second is refused
    Given its entry "twin-a" has a sound manifest with: id = "org.example.twin"
    And its entry "twin-b" has a sound manifest with: id = "org.example.twin"
    When the catalog is read
    Then the entry "twin-a" is accepted
    And the entry "twin-b" is refused as "entry-duplicate" in the field "id" with a hint
    And the reason has "twin-a has the id org.example.twin already"

  Scenario: What is needed comes first, and a cycle does no harm
    Given its entry "a" has a sound manifest with: dependencies = ["b", "c"]
    And its entry "b" has a sound manifest with: dependencies = ["c"]
    And its entry "c" has a sound manifest with: dependencies = ["d"]
    And its entry "d" has a sound manifest with: dependencies = ["c"]
    When the catalog is read
    Then the packages are to be published in the order "io.ggen.d, io.ggen.c, io.ggen.b, io.ggen.a, io.ggen.good"

  @level1
  Scenario: Whatever a manifest holds, its entry is accepted, or refused with a reason
    Then any manifest and any index entry give a package or a reason

  Scenario: A folder without a catalog is refused
    Given a folder that holds no catalog
    Then reading it is refused as "catalog-not-found" with exit code 4

  @needs_shared
  Scenario: The real catalog of 77 packages
    Given the real catalog
    When the catalog is read
    Then 76 entries are accepted and 1 is refused
    And the entry "rest-api-template" is refused as "manifest-invalid" in the field "(none)" with a hint
    And the reason has "at line 35, column 15"
    And the notes count
      | code                | notes |
      | category-changed    | 5     |
      | dependency-left-out | 19    |
      | dependency-missing  | 30    |
      | index-differs       | 28    |
      | name-differs        | 1     |
      | requirement-unmet   | 8     |
    And the entry "io.ggen.nextjs.ontology-crud" is accepted with
      | field | value                        |
      | id    | io.ggen.nextjs.ontology-crud |
      | title | Next.js Ontology-Driven CRUD |
    And the entry "agent-reasoning-mcp" is accepted with
      | field        | value                                                    |
      | id           | io.ggen.agent-reasoning-mcp                              |
      | category     | ai-agents                                                |
      | dependencies | io.ggen.agent-context-crafter *, io.ggen.agent-memory-forge * |

  @cli @level4 @smoke
  Scenario: The command publishes what can be read, names what cannot, and may be run again
    Given its entry "web" has a sound manifest with: dependencies = ["good"]
    And its entry "bad" has the manifest in one line: [package]\nname =
    And the catalog is written
    And I run "ggen market key new"
    When I run "ggen market import {root}/catalog"
    Then the output contains "Imported 2 of 3 packages"
    And the output contains "bad: the manifest is not valid TOML"
    When I run "ggen market search web --json"
    Then the JSON field "results.0.id" is "io.ggen.web"
    When I run "ggen market import {root}/catalog --json"
    Then the JSON field "published" is "[]"
    And the JSON field "unchanged" is "['io.ggen.good@1.0.0', 'io.ggen.web@1.0.0']"
    And the JSON field "refused.0.entry" is "bad"
    And the JSON field "refused.0.code" is "manifest-invalid"

  @cli @level4
  Scenario: A dry run tells the same and publishes nothing
    Given its entry "bad" has the manifest in one line: [package]\nname =
    And the catalog is written
    When I run "ggen market import {root}/catalog --dry-run --json"
    Then the JSON field "accepted" is "['io.ggen.good']"
    And the JSON field "refused.0.entry" is "bad"
    And the JSON field "published" is "[]"
    When I run "ggen market search good --json"
    Then the JSON field "total" is "0"

  @cli @level4
  Scenario: A release that is there with other content is reported, and the others are published
    Given its entry "web" has a sound manifest with: tags = ["old"]
    And the catalog is written
    And I run "ggen market key new"
    And I run "ggen market import {root}/catalog"
    But its entry "web" has a sound manifest with: tags = ["new"]
    And its entry "zoo" has a sound manifest with: tags = ["new"]
    When I try "ggen market import {root}/catalog --json"
    Then the exit code is 5
    And the JSON field "failed.0.entry" is "web"
    And the JSON field "failed.0.code" is "version-exists"
    And the JSON field "published" is "['io.ggen.zoo@1.0.0']"
    And the JSON field "unchanged" is "['io.ggen.good@1.0.0']"

  @cli @level4
  Scenario: A publisher whose key is not the namespace's cannot import into it
    Given the catalog is written
    And I run "ggen market key new --name first"
    And I run "ggen market import {root}/catalog"
    And I run "ggen market key new --name second"
    And its entry "late" has a sound manifest with: tags = ["late"]
    When I try "ggen market import {root}/catalog --key second --json"
    Then the exit code is 3
    And the JSON field "published" is "[]"
    And the JSON field "failed.0.code" is "key-changed"

  @cli @level4 @needs_shared
  Scenario: The real catalog is published and found
    Given I run "ggen market key new"
    When the real catalog is imported from the command line
    Then the output contains "Imported 76 of 77 packages"
    When I run "ggen market search 'peer review' --json"
    Then the JSON field "results.0.id" is "io.ggen.academic-peer-review-workflow"
    When I run "ggen market info io.ggen.agent-reasoning-mcp --json"
    Then the output contains "io.ggen.agent-memory-forge"
