@cli @level4
Feature: The first verbs of the command line
  A newcomer finds a verb, makes a key and a package, and gets a clear answer to every mistake.

  @smoke
  Scenario: A newcomer makes a signing key and sees it in the list
    When I run "ggen market key new --name work"
    Then the output contains "ed25519:"
    When I run "ggen market key list --json"
    Then the JSON field "keys.0.name" is "work"

  Scenario: A new package is made in an empty folder
    When I run "ggen market init my-template --id io.acme.mine --json"
    Then the JSON field "id" is "io.acme.mine"
    And the project has the file "my-template/package.toml"

  Scenario: A folder with files in it is not made into a package
    Given I run "ggen market init mine"
    When I try "ggen market init mine --json"
    Then the exit code is 5
    And the error code is "folder-not-empty"

  Scenario: A setting is kept in the home and its origin is told
    Given I run "ggen market config link_mode copy"
    When I run "ggen market config link_mode --show-origin"
    Then the output contains "config.toml"

  Scenario Outline: Mistake <mistake> gets a code and a next step
    When I try "<command>"
    Then the exit code is <exit>
    And the error output contains "<code>"
    And the error output contains "<hint>"

    Examples:
      | mistake             | command                               | exit | code               | hint                   |
      | a misspelled verb   | ggen market confg                     | 2    | unknown-verb       | did you mean config?   |
      | an unknown option   | ggen market key new --nam x           | 2    | usage              | --help                 |
      | an unknown setting  | ggen market config link_mod           | 2    | setting-unknown    | link_mode              |
      | an unknown key      | ggen market key export nobody         | 4    | key-not-found      | there are: none yet    |
      | a malformed key     | ggen market key trust io.acme xyz     | 3    | key-malformed      | key export             |
      | a bad package id    | ggen market init x --id Bad           | 2    | invalid-package-id | io.ggen.rust.axum      |
      | a bad name for a key| ggen market key new --name ../up      | 2    | invalid-key-name   | letters                |
