@cli @config @level2
Feature: Settings come from where the user expects
  As a template user
  I want a flag to beat the environment, that to beat the project, that to beat my own settings
  So that I can try something out without changing anything, and can find out why a value is what it is

  Scenario Outline: The nearest source decides: flag <flag>, environment <environment>, project <project>, home <home>
    Given "search_limit" is set by the flag, the environment, the project and the home to <flag>, <environment>, <project>, <home>
    When the settings are read
    Then the setting "search_limit" is <value>, and comes from "<origin>"

    Examples:
      | flag | environment | project | home | value | origin      |
      | 4    | 3           | 2       | 1    | 4     | flag        |
      | -    | 3           | 2       | 1    | 3     | environment |
      | -    | -           | 2       | 1    | 2     | project     |
      | -    | -           | -       | 1    | 1     | home        |
      | -    | -           | -       | -    | 20    | default     |
      | 4    | -           | -       | 1    | 4     | flag        |
      | -    | 3           | -       | -    | 3     | environment |

  Scenario: An empty environment variable counts as unset
    Given the environment has GGEN_SEARCH_LIMIT=(none)
    When the settings are read
    Then the setting "search_limit" is 20, and comes from "default"

  Scenario: A project's settings hold in the folders below it
    Given the project's ggen.toml says: [market]\nlink_mode = "copy"
    When the settings are read in the project's folder "src/deep"
    Then the setting "link_mode" is copy, and comes from "project"

  Scenario: A project without settings of ours leaves them as they are
    Given the project's ggen.toml says: [dependencies]\n"io.ggen.core" = "1"
    When the settings are read
    Then the setting "registry" is local, and comes from "default"

  Scenario: A project's settings are found however the table's name is written
    Given the project's ggen.toml says: ["\\u006darket"]\nregistry = "corp"
    When the settings are read
    Then the setting "registry" is corp, and comes from "project"

  Scenario Outline: The value <text> of <name> is read as <value>
    Given the environment has <variable>=<text>
    When the settings are read
    Then the setting "<name>" is <value>, and comes from "environment"

    Examples:
      | name         | variable          | text   | value |
      | offline      | GGEN_OFFLINE      | 1      | True  |
      | offline      | GGEN_OFFLINE      | Yes    | True  |
      | offline      | GGEN_OFFLINE      | off    | False |
      | lock_timeout | GGEN_LOCK_TIMEOUT | 0      | 0.0   |
      | lock_timeout | GGEN_LOCK_TIMEOUT | 2.5    | 2.5   |
      | search_limit | GGEN_SEARCH_LIMIT | 100    | 100   |
      | color        | GGEN_COLOR        | never  | never |
      | key          | GGEN_KEY          | work   | work  |

  Scenario Outline: A bad value is refused, naming where it stands: <name> = <text>
    Given the environment has <variable>=<text>
    When the settings are read
    Then the setting "<name>" is refused as "setting-invalid", naming "environment <variable>" and "<wanted>"

    Examples:
      | name         | variable          | text    | wanted                          |
      | offline      | GGEN_OFFLINE      | maybe   | true or false                   |
      | lock_timeout | GGEN_LOCK_TIMEOUT | -1      | seconds from 0 to 86400         |
      | lock_timeout | GGEN_LOCK_TIMEOUT | nan     | seconds from 0 to 86400         |
      | lock_timeout | GGEN_LOCK_TIMEOUT | inf     | seconds from 0 to 86400         |
      | lock_timeout | GGEN_LOCK_TIMEOUT | soon    | seconds from 0 to 86400         |
      | search_limit | GGEN_SEARCH_LIMIT | 0       | a whole number from 1 to 100    |
      | search_limit | GGEN_SEARCH_LIMIT | 101     | a whole number from 1 to 100    |
      | search_limit | GGEN_SEARCH_LIMIT | 2.5     | a whole number from 1 to 100    |
      | search_limit | GGEN_SEARCH_LIMIT | ٣       | a whole number from 1 to 100    |
      | color        | GGEN_COLOR        | red     | one of auto, always, never      |
      | link_mode    | GGEN_LINK_MODE    | symlink | one of auto, copy               |
      | registry     | GGEN_REGISTRY     | a\x1b   | a printable text                |

  Scenario Outline: A value of another kind in a file is refused, naming the file: <line>
    Given the home's config.toml says: <line>
    When the settings are read
    Then the setting "<name>" is refused as "setting-invalid", naming "config.toml" and "<wanted>"

    Examples:
      | name         | line                | wanted                       |
      | search_limit | search_limit = true | a whole number from 1 to 100 |
      | search_limit | search_limit = 5.0  | a whole number from 1 to 100 |
      | offline      | offline = 1         | true or false                |
      | lock_timeout | lock_timeout = true | seconds from 0 to 86400      |
      | registry     | registry = ["a"]    | a printable text             |
      | color        | color = 1           | one of auto, always, never   |

  Scenario: A misspelt setting in a file is named with its file and the likely one
    Given the home's config.toml says: serch_limit = 5
    Then reading the settings is refused as "setting-unknown", naming "config.toml" and "did you mean search_limit"

  Scenario: A misspelt setting in the project is named too
    Given the project's ggen.toml says: [market]\nlinkmode = "copy"
    Then reading the settings is refused as "setting-unknown", naming "ggen.toml" and "did you mean link_mode"

  Scenario Outline: A settings file that is <what> is refused, and never taken for an empty one
    Given the home's config.toml says: <content>
    Then reading the settings is refused as "settings-unreadable", naming "config.toml" and "correct the file"

    Examples:
      | what          | content           |
      | not TOML      | registry =        |
      | not UTF-8     | key = "\xff"      |
      | naming twice  | key="a"\nkey="b"  |

  Scenario: A project whose table of settings is none is refused
    Given the project's ggen.toml says: market = 1
    Then reading the settings is refused as "settings-unreadable", naming "ggen.toml" and "[market] is not a table"

  @security
  Scenario: A cloned project cannot choose the home, with it the pins that it is checked against
    Given the project's ggen.toml says: [market]\nhome = "evil"
    Then reading the settings is refused as "setting-not-allowed", naming "ggen.toml" and "GGEN_HOME"

  @level4
  Scenario: The command sets, shows, tells the origin of and removes a setting
    When I run "ggen market config search_limit 7"
    And I run "ggen market config search_limit"
    Then it prints the line "7"
    When I run "ggen market config --show-origin --json"
    Then the document says that "search_limit" is 7 from "home"
    When I run "ggen market config search_limit --unset"
    And I run "ggen market config --show-origin --json"
    Then the document says that "search_limit" is 20 from "default"

  @level4
  Scenario: Setting one thing keeps the file's comments, its order and the other settings
    Given the home's config.toml says: # mine\nkey = "work"  # the laptop's\n\ncolor = "never"\n
    When I run "ggen market config search_limit 7"
    And I run "ggen market config color always"
    Then the home's config.toml now says: # mine\nkey = "work"  # the laptop's\n\ncolor = "always"\nsearch_limit = 7\n

  @level4
  Scenario Outline: The command refuses <what> and writes nothing
    When I try "ggen market config <arguments>"
    Then it fails with exit code 2 and the code "<code>", and suggests "<hint>"
    And the home has no config.toml

    Examples:
      | what                | arguments          | code                | hint                            |
      | an unknown setting  | serch_limit 5      | setting-unknown     | did you mean search_limit?      |
      | a bad value         | search_limit 0     | setting-invalid     | the default is 20               |
      | a home in a file    | home /elsewhere    | setting-not-allowed | GGEN_HOME                       |

  @level3 @concurrency
  Scenario: Settings written by several processes at once are all kept
    When these settings are written at the same moment, each by a process of its own
      | name         | value  |
      | search_limit | 7      |
      | color        | never  |
      | link_mode    | copy   |
      | lock_timeout | 12.5   |
      | key          | work   |
      | registry     | corp   |
    Then all of them are in the home's config.toml
