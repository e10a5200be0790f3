@cli @config @level4
Feature: Every setting is honoured by every verb that it concerns
  As a template user
  I want to say once how things shall be
  So that no command does otherwise

  Background:
    Given I run "ggen market key new --name home"
    And these packages are published
      | id                | version | needs                  |
      | io.ggen.rust.core | 1.0.0   |                        |
      | io.ggen.rust.axum | 1.0.0   | io.ggen.rust.core ^1.0 |

  Scenario: search_limit is the length of a page, and the flag beats it
    Given I run "ggen market config search_limit 1"
    When I run "ggen market search rust --json"
    Then the JSON list "results" has 1 entries
    When I run "ggen market search rust --limit 2 --json"
    Then the JSON list "results" has 2 entries

  @concurrency
  Scenario Outline: lock_timeout is how long "<command>" waits for <lock>
    Given I run "ggen market add io.ggen.rust.core"
    And I run "ggen market init mine --id io.fresh.mine"
    And I run "ggen market config lock_timeout 0"
    And somebody else holds the lock "<lock>"
    When I try "ggen market <command> --json"
    Then the exit code is 6
    And the error code is "lock-timeout"
    And the error output contains "lock_timeout"

    Examples:
      | lock                          | command                  |
      | {project}/.ggen/lock          | remove io.ggen.rust.core |
      | {project}/.ggen/lock          | add io.ggen.rust.axum    |
      | {project}/.ggen/lock          | verify                   |
      | {home}/keys/trust.lock        | publish mine             |
      | {home}/keys/trust.lock        | key revoke ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a --reason x |
      | {home}/registry/store/gc.lock | publish mine             |
      | {home}/registry/store/gc.lock | cache gc                 |
      | {home}/config.lock            | config color never       |

  Scenario Outline: link_mode <mode> gives installed files of <kind>, by every verb that installs
    Given I run "ggen market config link_mode <mode>"
    When I run "ggen market add io.ggen.rust.axum"
    Then the installed files are <kind>
    When the installed packages are removed by hand
    And I run "ggen market install"
    Then the installed files are <kind>

    Examples:
      | mode | kind   |
      | copy | copies |
      | auto | links  |

  Scenario: key is the key that signs
    Given I run "ggen market key new --name work"
    And I run "ggen market init mine --id io.fresh.mine"
    And I run "ggen market config key work"
    When I run "ggen market publish mine"
    And I run "ggen market yank io.fresh.mine@0.1.0 --reason no --json"
    Then the JSON field "key" is the public key "work"

  Scenario: registry is what every verb asks
    Given I run "ggen market add io.ggen.rust.core"
    And I run "ggen market config registry corp"
    Then these commands end with exit code 4 and the code "registry-unknown"
      | command                      |
      | search rust                  |
      | info io.ggen.rust.core       |
      | versions io.ggen.rust.core   |
      | categories                   |
      | add io.ggen.rust.axum        |
      | update                       |
      | outdated                     |
      | yank io.ggen.rust.core@1.0.0 --reason x |
    When I run "ggen market cache stats"
    And I run "ggen market index verify"
    Then the output contains "Sound"

  Scenario Outline: color <color> in the environment "<environment>" gives <what> on a terminal and <piped> in a pipe
    Given I run "ggen market config color <color>"
    When "ggen market search rust" runs on a terminal with "<environment>"
    Then what it wrote has <what>
    When "ggen market info nobody.here" runs on a terminal with "<environment>"
    Then what it wrote has <what>
    When "ggen market search rust" runs in a pipe with "<environment>"
    Then what it wrote has <piped>

    Examples:
      | color  | environment | what       | piped      |
      | auto   |             | colours    | no colours |
      | never  |             | no colours | no colours |
      | always |             | colours    | colours    |

  Scenario: NO_COLOR is obeyed where the setting is not given
    When "ggen market search rust" runs on a terminal with "NO_COLOR=1"
    Then what it wrote has no colours

  Scenario Outline: Offline by <way>, all that is here works
    Given I run "ggen market config offline <setting>"
    When I run "ggen market add io.ggen.rust.axum <flag>"
    And I run "ggen market search rust <flag>"
    And I run "ggen market update <flag>"
    And I run "ggen market install --locked <flag>"
    And I run "ggen market verify <flag>"
    Then the output contains "Verified"

    Examples:
      | way         | setting | flag      |
      | the flag    | false   | --offline |
      | the setting | true    |           |

  Scenario: What is not here offline is named, with the command that would fetch it
    Given I run "ggen market add io.ggen.rust.axum"
    And the installed packages are removed by hand
    And the stored files of "io.ggen.rust.core" are lost
    When I try "ggen market install --offline --json"
    Then the exit code is 6
    And the error code is "offline-miss"
    And the error output contains "io.ggen.rust.core@1.0.0"
    And the error output contains "`ggen market install` without --offline"
    When I try "ggen market install --json"
    Then the exit code is 6
    And the error code is "content-missing"
