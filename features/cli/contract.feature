@cli @level4
Feature: Every verb keeps the same promises
  As somebody who knows one verb
  I want all others to behave alike
  So that I can use them without reading first

  Scenario: Every verb explains itself, and the example in its help runs
    Given a home with packages, and a project that uses one
    Then each verb's help has a usage, a summary and an example that runs, in this order
      | verb              |
      | key new           |
      | key export        |
      | key list          |
      | key               |
      | init              |
      | pack              |
      | publish           |
      | yank              |
      | unyank            |
      | import            |
      | search            |
      | info              |
      | versions          |
      | categories        |
      | stats             |
      | recommend         |
      | add               |
      | install           |
      | update            |
      | outdated          |
      | list              |
      | verify            |
      | remove            |
      | cache             |
      | cache stats       |
      | cache verify      |
      | cache gc          |
      | cache clear       |
      | index verify      |
      | index repair      |
      | index backup      |
      | index             |
      | index restore     |
      | config            |
      | doctor            |
      | plugins list      |
      | plugins trust     |
      | plugins untrust   |
      | plugins require   |
      | plugins unrequire |
      | plugins block     |
      | plugins unblock   |
      | plugins           |
      | registry ping     |
      | registry add      |
      | registry list     |
      | registry login    |
      | registry logout   |
      | registry proof    |
      | registry remove   |
      | registry          |
      | token new         |
      | token list        |
      | token             |
      | token revoke      |
      | serve             |
      | mirror            |
      | key trust         |
      | key revoke        |
    And these are all verbs there are but those about the node

  @p2p
  Scenario: Every verb about the node explains itself, and the example in its help runs
    Given a home with packages, and a project that uses one
    Then each verb's help has a usage, a summary and an example that runs, in this order
      | verb        |
      | node run    |
    When the home's node runs
    Then each verb's help has a usage, a summary and an example that runs, in this order
      | verb        |
      | node        |
      | node status |
      | node peers  |
      | node ban    |
      | node unban  |
    And these are all verbs about the node

  Scenario: Every verb prints one JSON document, with these fields at least
    Given a home with packages, and a project that uses one
    Then each verb prints one JSON document and nothing else, in this order
      | verb          | arguments                            | fields |
      | key new       | --name extra                         | name key path |
      | key export    | extra                                | name key |
      | key list      |                                      | keys pins revoked |
      | init          | fresh --id io.acme.fresh             | id version path files |
      | pack          | fresh                                | id version path bytes content_id files size |
      | publish       | fresh --key default                  | id version content_id registry key files size quality findings changes |
      | yank          | io.acme.fresh@0.1.0 --reason x --key default | action id version reason key |
      | unyank        | io.acme.fresh@0.1.0 --key default    | action id version key |
      | import        | old-catalog --dry-run                | accepted refused notes published unchanged failed |
      | search        | rust                                 | query total took_ms results facets degraded sources |
      | info          | io.ggen.rust.axum                    | id version release manifest versions quality stats |
      | versions      | io.ggen.rust.axum                    | id versions |
      | categories    |                                      | categories |
      | stats         | io.ggen.rust.axum                    | registry id since totals.downloads days.0.day versions.0.version |
      | recommend     | --based-on io.ggen.rust.axum         | based_on results registry sources degraded |
      | add           | io.ggen.rust.axum                    | installed updated removed unchanged bytes_fetched sources degraded |
      | install       |                                      | installed updated removed unchanged bytes_fetched sources degraded |
      | update        |                                      | installed updated removed unchanged bytes_fetched sources degraded |
      | outdated      |                                      | packages |
      | list          |                                      | packages packages.0.id packages.0.version packages.0.content_id packages.0.path packages.0.registry packages.0.key packages.0.verified |
      | verify        |                                      | ok packages packages.0.id packages.0.version packages.0.ok packages.0.problems |
      | remove        | io.ggen.rust.axum                    | installed updated removed unchanged |
      | cache stats   |                                      | blobs bytes packages releases fetched.blobs fetched.bytes fetched.answers_bytes |
      | cache verify  |                                      | ok blobs fetched_removed |
      | cache gc      | --dry-run                            | blobs bytes fetched.blobs fetched.bytes fetched.answers_bytes dry_run |
      | cache clear   |                                      | bytes |
      | index verify  |                                      | ok log_size log_root |
      | index repair  |                                      | ok packages releases |
      | index backup  | backup.sqlite                        | path |
      | index restore | backup.sqlite                        | log_size log_root |
      | config        |                                      | settings |
      | doctor        |                                      | ok checks |
      | plugins list  |                                      | plugins plugins.0.name plugins.0.version plugins.0.hooks plugins.0.origin plugins.0.state plugins.0.required plugins.0.problem |
      | plugins trust | spelling                             | name blocked trusted required |
      | plugins untrust | spelling                           | name blocked trusted required |
      | plugins require | spelling                           | name blocked trusted required |
      | plugins unrequire | spelling                         | name blocked trusted required |
      | plugins block | spelling                             | name blocked trusted required |
      | plugins unblock | spelling                           | name blocked trusted required |
      | registry ping |                                      | ok registries |
      | registry add  | corp https://registry.acme.example   | name url namespaces path |
      | registry list |                                      | order registries registries.0.name registries.0.url registries.0.namespaces |
      | registry login | corp --token-file token.txt         | name origin |
      | registry logout | corp                               | name origin forgotten |
      | registry proof | corp-proof.json                     | proves key earlier.size earlier.root later.time |
      | registry remove | corp                               | name path |
      | token new     | --namespace io.acme                  | name namespaces token |
      | token list    |                                      | tokens tokens.0.name tokens.0.created tokens.0.namespaces |
      | token revoke  | default                              | name |
      | serve         | --port 0                             | url pid |
      | mirror        | public                               | path packages releases written unchanged bytes log_size key |
      | key trust     | io.other {key}                       | namespace key replaced |
      | key revoke    | {key} --reason x                     | key reason |
    And these are all verbs there are but "key cache index registry token plugins" and those about the node

  @p2p
  Scenario: Every verb about the node prints one JSON document, with these fields at least
    Given a home with packages, and a project that uses one
    Then each verb prints one JSON document and nothing else, in this order
      | verb        | arguments | fields |
      | node run    | --listen /ip4/127.0.0.1/tcp/0 | id addresses |
    When the home's node runs
    Then each verb prints one JSON document and nothing else, in this order
      | verb        | arguments | fields |
      | node status |           | id addresses peers |
      | node peers  |           | peers |
      | node ban    | 12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB | id |
      | node unban  | 12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB | id |

  Scenario: Every verb answers bad usage with exit code 2 and one JSON error
    Then each verb refuses "--no-such-option --json" with exit code 2, one error on stderr and nothing on stdout

  Scenario Outline: A mistake in <what> is answered with what was meant
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs |
      | io.ggen.rust.axum | 1.0.0   |       |
    When I try "ggen <command>"
    Then the exit code is <exit>
    And the error output contains "<meant>"

    Examples:
      | what        | command                          | exit | meant             |
      | a verb      | market serch rust                | 2    | search            |
      | a sub-verb  | market key lst                   | 2    | list              |
      | a top verb  | markt                            | 2    | market            |
      | an option   | market search --categry web      | 2    | --category        |
      | an id       | market info io.ggen.rust.axmu    | 4    | io.ggen.rust.axum |
      | an id to add | market add io.ggen.rust.axmu    | 4    | io.ggen.rust.axum |

  @security
  Scenario: What a package says never steers the terminal
    Given I run "ggen market key new"
    And I run "ggen market init odd --id io.acme.odd"
    And the title of the package in "odd" is "\x1b[31mred\x07\u202e"
    When I try "ggen market publish odd"
    Then the exit code is 2
    And nothing in its output steers the terminal
    Given I run "ggen market init even --id io.acme.even"
    And I run "ggen market publish even"
    And somebody writes "\x1b[31mred\x07\u202e" into the titles of the index
    When I run "ggen market search even"
    Then the output contains "\x1b[31mred"
    And nothing in its output steers the terminal

  Scenario Outline: Nobody complains when the reader of "<command>" has seen enough
    Given a home with packages, and a project that uses one
    Then the reader of "<command>" may stop after one line without a word on stderr

    Examples:
      | command                  |
      | ggen market search rust  |
      | ggen market --help       |
      | ggen market doctor       |

  Scenario: The shell completes verbs, options and package ids in a real bash
    Given a home with packages, and a project that uses one
    Then bash completes these lines
      | line                          | to                   |
      | ggen mar                      | market               |
      | ggen market se                | search               |
      | ggen market search --cat      | --category           |
      | ggen market key ex            | export               |
      | ggen market info io.ggen.rust.ax | io.ggen.rust.axum |
