@http @cli @level4
Feature: Registries have names, an order and tokens, and only the home says where they are
  As somebody who uses a company's registry beside the public one
  I want to name them once
  So that no project that I clone decides whom I ask, and no token reaches whom it is not for

  Scenario: A registry is added, listed, and removed
    When I run "ggen market registry add corp https://registry.acme.example/ggen --namespace io.acme --namespace org.acme.*"
    And I run "ggen market registry list --json"
    Then the JSON field "registries.0.url" is "https://registry.acme.example/ggen/"
    And the JSON field "registries.0.namespaces" is "['io.acme', 'org.acme']"
    And the JSON field "order" is "local"
    When I run "ggen market registry remove corp"
    And I run "ggen market registry list --json"
    Then the JSON field "registries" is "[]"

  Scenario: The rest of the settings stays as it was written
    Given I run "ggen market config link_mode copy"
    And I run "ggen market registry add corp https://registry.acme.example"
    And I run "ggen market registry add public https://registry.example.org"
    And I run "ggen market registry remove corp"
    When I run "ggen market config link_mode"
    Then the output contains "copy"
    When I run "ggen market registry list --json"
    Then the JSON field "registries.0.name" is "public"

  Scenario Outline: What cannot be is refused: <arguments>
    Given I run "ggen market registry add corp https://registry.acme.example --namespace io.acme"
    When I try "ggen market registry <arguments> --json"
    Then the exit code is <exit>
    And the error code is "<code>"

    Examples:
      | arguments                                            | exit | code                  |
      | add corp https://elsewhere.example                   | 5    | registry-exists       |
      | add other https://x.example --namespace io.acme      | 5    | namespace-taken       |
      | add local https://x.example                          | 2    | registry-name-invalid |
      | add A_B https://x.example                            | 2    | registry-name-invalid |
      | add x ftp://x.example                                | 2    | registry-url-invalid  |
      | add x https://user:secret@x.example                  | 2    | registry-url-invalid  |
      | add x 'https://x.example/?a=b'                       | 2    | registry-url-invalid  |
      | add x 'https://x.example/#a'                         | 2    | registry-url-invalid  |
      | add x https://                                       | 2    | registry-url-invalid  |
      | add x https://x.example:99999                        | 2    | registry-url-invalid  |
      | add x https://x.example --namespace IO               | 2    | invalid-namespace     |
      | remove crop                                          | 4    | registry-unknown      |
      | ping nowhere                                         | 4    | registry-unknown      |
      | login nowhere --token-file /dev/null                 | 4    | registry-unknown      |
      | login corp --token-file /dev/null                    | 2    | token-invalid         |
      | login corp                                           | 2    | token-invalid         |

  @security
  Scenario: A secret in an address is not repeated
    When I try "ggen market registry add x https://user:secret@x.example"
    Then the exit code is 2
    And its output does not contain "secret"

  Scenario Outline: An order that cannot be is told before anybody is asked: <order>
    Given I run "ggen market registry add corp https://registry.acme.example"
    When I try "ggen market search x --registry '<order>' --json"
    Then the exit code is <exit>
    And the error code is "<code>"
    And the error output contains "<hint>"

    Examples:
      | order         | exit | code                   | hint         |
      | crop          | 4    | registry-unknown       | corp         |
      | corp, nowhere | 4    | registry-unknown       | registry add |
      | corp,,local   | 2    | registry-order-invalid | each once    |
      | corp, corp    | 2    | registry-order-invalid | each once    |

  @security
  Scenario: A project may choose a registry by its name, and never name an address
    Given the project's "ggen.toml" is
      """
      [market]
      registry = "corp"
      """
    When I try "ggen market search x --json"
    Then the exit code is 4
    And the error code is "registry-unknown"
    Given the project's "ggen.toml" is
      """
      [market.registries.corp]
      url = "https://evil.example"
      """
    When I try "ggen market search x --json"
    Then the exit code is 2
    And the error code is "setting-not-allowed"

  Scenario Outline: A table of registries that cannot be read is refused: <table>
    Given the home's settings are "<table>"
    When I try "ggen market registry list --json"
    Then the exit code is 2
    And the error code is "<code>"

    Examples:
      | table                                           | code                  |
      | registries = 1                                  | registries-invalid    |
      | registries.corp = 1                             | registries-invalid    |
      | registries.corp.url = 1                         | registry-url-invalid  |
      | registries.corp.urk = 'https://x.example'       | registries-invalid    |
      | registries.corp = {url = 'https://x.example', namespaces = 'io'} | registries-invalid |
      | registries.corp = {url = 'https://x.example', namespaces = [1]}  | registries-invalid |
      | registries.COrp.url = 'https://x.example'       | registry-name-invalid |

  Scenario: Ping tells who answers, and asks although the breaker is open
    Given a publisher has published
      | id           | version | needs |
      | io.acme.base | 1.0.0   |       |
    And the registry "corp" has it as files alone
    And requests of "corp" for "*" meet "always 501"
    When I try "ggen market registry ping --json"
    Then the exit code is 6
    And the JSON field "registries.0.reason" is "501"
    When I try "ggen market categories --registry corp"
    And I try "ggen market categories --registry corp"
    And I try "ggen market categories --registry corp"
    And I try "ggen market categories --registry corp --json"
    Then the exit code is 6
    And the error output contains "times in a row"
    Given requests of "corp" for "*" meet "pass"
    When I run "ggen market registry ping --json"
    Then the JSON field "registries.0.interface" is "False"
    When I run "ggen market categories --registry corp"
    Then the output contains "PACKAGES"

  @security
  Rule: Tokens go to one scheme, host and port

    Background:
      Given a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.0.0   |       |
      And the registry "corp" has it as files alone
      And the registry "other" has it as files alone

    Scenario: A kept token is sent to its registry, to no other, and is forgotten when told
      Given the token "ggen_secret" is kept for "corp"
      When I run "ggen market versions io.acme.base --registry corp"
      And I run "ggen market versions io.acme.base --registry other"
      Then every request to "corp" bore the token "ggen_secret"
      And no request to "other" bore a token
      When I run "ggen market registry logout corp"
      And I run "ggen market categories --registry corp"
      Then the last request to "corp" bore no token

    Scenario: A redirect to another server is not followed, and takes no token along
      Given the token "ggen_secret" is kept for "corp"
      And requests of "corp" for "/packages/*" are sent on to "other"
      When I try "ggen market versions io.acme.base --registry corp --json"
      Then the exit code is 6
      And the error output contains "it redirects to another server"
      And "other" received nothing more

    Scenario: The token of the environment is for the one registry that is named
      When the environment has GGEN_TOKEN "ggen_secret"
      And I run "ggen market versions io.acme.base --registry corp"
      Then every request to "corp" bore the token "ggen_secret"
      When I run "ggen market versions io.acme.base --registry other,local"
      Then no request to "other" bore a token

    @level1
    Scenario Outline: A token of the environment for https://corp.example:443 is not offered to <origin>
      Then the token of the environment for "https://corp.example:443" is offered to "<origin>": <offered>

      Examples:
        | origin                    | offered |
        | https://corp.example:443  | yes     |
        | http://corp.example:80    | no      |
        | https://corp.example:8443 | no      |
        | https://evil.example:443  | no      |

    Scenario Outline: A file of tokens that <trouble> is refused
      Given the token "ggen_secret" is kept for "corp"
      When the file of tokens <trouble>
      And I try "ggen market categories --registry corp --json"
      Then the exit code is 3
      And the error code is "<code>"

      Examples:
        | trouble               | code                |
        | can be read by others | credentials-unsafe  |
        | is no JSON            | credentials-damaged |
        | has another format    | credentials-damaged |
