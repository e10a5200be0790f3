@security @cli @level4
Feature: Keys and pins are managed from the command line
  As a publisher and a template user
  I want to make, show, trust and revoke keys with one command each
  So that a change of key is my decision and leaves a trace

  Scenario: A key that is trusted shows up as a pin, and what it replaced is told
    When I run "ggen market key trust io.acme ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    And I run "ggen market key trust io.acme ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c --json"
    Then the JSON field "replaced" is "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    When I run "ggen market key list --json"
    Then the JSON field "pins.0.namespace" is "io.acme"
    And the JSON field "pins.0.key" is "ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

  Scenario: A revoked key is listed with the reason and cannot be trusted any more
    When I run "ggen market key revoke ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a --reason 'stolen laptop'"
    And I run "ggen market key list --json"
    Then the JSON field "revoked.0.reason" is "stolen laptop"
    When I try "ggen market key trust io.acme ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    Then it fails with exit code 3 and the code "key-revoked", and suggests "a revocation is final"

  Scenario: The exported key is the one that was made, and nothing else is printed
    Given I run "ggen market key new --name work --json"
    And I remember the JSON field "key"
    When I run "ggen market key export work"
    Then it prints the line that I remember

  Scenario: A key that exists is not made again
    Given I run "ggen market key new --name work"
    When I try "ggen market key new --name work"
    Then it fails with exit code 5 and the code "key-exists", and suggests "choose another name"

  Scenario: A key file that others can read stops with the way out
    Given I run "ggen market key new --name work"
    And the key file "work" of the home has been given the mode 0644
    When I try "ggen market key list"
    Then it fails with exit code 3 and the code "key-file-unsafe", and suggests "chmod 600"

  Scenario: A damaged trust store stops with the way out
    Given I run "ggen market key new --name work"
    And the home's trust store is damaged
    When I try "ggen market key list"
    Then it fails with exit code 3 and the code "trust-store-damaged", and suggests "restore it from a backup"

  Scenario Outline: Bad input to the key verbs is a usage error or an integrity failure, and changes nothing: <command>
    When I try "ggen market key <command>"
    Then it fails with exit code <exit> and the code "<code>", and suggests "<hint>"
    And the home has no trust store

    Examples:
      | command                        | exit | code              | hint                       |
      | trust io.acme nonsense         | 3    | key-malformed     | 64 lower-case hexadecimal  |
      | revoke nonsense --reason none  | 3    | key-malformed     | 64 lower-case hexadecimal  |
      | export nobody                  | 4    | key-not-found     | none yet                   |
      | new --name ../evil             | 2    | invalid-key-name  | use letters, digits        |
