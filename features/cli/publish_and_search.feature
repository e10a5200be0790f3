@cli @index @search @level4
Feature: What is published is found by the very next search
  A publisher publishes, a template user finds it, and a mistake is answered with the next step.

  Background:
    Given I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum --title 'Axum web service'"

  Scenario: A published package is found by name, prefix, typing error and words
    When I run "ggen market publish axum"
    Then searching for these finds the package "io.ggen.rust.axum" first
      | query             |
      | io.ggen.rust.axum |
      | axum              |
      | axu               |
      | axmu              |
      | web services      |
      | rust web          |

  Scenario: A version is published once
    Given I run "ggen market publish axum"
    When I try "ggen market publish axum --json"
    Then the exit code is 5
    And the error code is "version-exists"

  Scenario: A dry run publishes nothing
    When I run "ggen market publish axum --dry-run"
    And I run "ggen market search axum --json"
    Then the JSON field "total" is "0"

  Scenario: A yanked package is not found any more, its reason is shown, and it can be taken back
    Given I run "ggen market publish axum"
    When I run "ggen market yank io.ggen.rust.axum@0.1.0 --reason 'wrong port'"
    And I run "ggen market search axum --json"
    Then the JSON field "total" is "0"
    When I run "ggen market versions io.ggen.rust.axum"
    Then the output contains "yanked: wrong port"
    When I run "ggen market unyank io.ggen.rust.axum@0.1.0"
    And I run "ggen market search axum --json"
    Then the JSON field "total" is "1"

  Scenario: Another key cannot publish into a pinned namespace
    Given I run "ggen market publish axum"
    And I run "ggen market key new --name thief"
    And I run "ggen market init other --id io.ggen.rust.other"
    When I try "ggen market publish other --key thief --json"
    Then the exit code is 3
    And the error code is "key-changed"
    When I run "ggen market search other --json"
    Then the JSON field "total" is "0"

  Scenario: A package with a link in it is refused and nothing is published
    Given the package "axum" has a link to "/etc/passwd"
    When I try "ggen market publish axum --json"
    Then the exit code is 3
    And the error code is "entry-not-a-file"
    When I run "ggen market search axum --json"
    Then the JSON field "total" is "0"

  @use.with_registry=local,http,p2p
  Scenario: A misspelled id is answered with the right one
    Given I run "ggen market publish axum"
    When I try "ggen market info io.ggen.rust.axmu"
    Then the exit code is 4
    And the error output contains "did you mean io.ggen.rust.axum?"

  Scenario Outline: The filter <filter> is obeyed
    Given I run "ggen market publish axum"
    When I run "ggen market search axum <filter> --json"
    Then the JSON field "total" is "<total>"

    Examples:
      | filter               | total |
      | --category templates | 1     |
      | --category web       | 0     |
      | --license MIT        | 1     |
      | --license Apache-2.0 | 0     |
      | --min-downloads 1    | 0     |
      | --tag rust           | 0     |

  @use.with_registry=local
  Scenario: A damaged search index is told, rebuilt, and the answer is right
    Given I run "ggen market publish axum"
    And I run "ggen market search axum"
    And the files of the search index are overwritten
    When I try "ggen market search axum --json"
    Then the exit code is 0
    And the error output contains "has been rebuilt"
    And the JSON field "total" is "1"

  @use.with_registry=local
  Scenario: The index is backed up, damaged and restored
    Given I run "ggen market publish axum"
    And I run "ggen market index backup backup.sqlite"
    And a log entry of the index is changed on disk
    When I try "ggen market index verify --json"
    Then the exit code is 3
    And the error code is "index-corrupt"
    When I run "ggen market index restore backup.sqlite"
    And I run "ggen market index verify"
    Then the output contains "Sound"

  @use.with_registry=local
  Scenario: A view that was changed on disk is rebuilt from the log
    Given I run "ggen market publish axum"
    And the index's list of releases is emptied on disk
    When I try "ggen market index verify --json"
    Then the exit code is 3
    When I run "ggen market index repair"
    And I run "ggen market versions io.ggen.rust.axum"
    Then the output contains "0.1.0"

  @use.with_registry=local
  Scenario: A damaged blob is found
    Given I run "ggen market publish axum"
    And a blob of the store is changed on disk
    When I try "ggen market cache verify --json"
    Then the exit code is 3
    And the error code is "store-damaged"

  @use.with_registry=local
  Scenario: A lost blob is found, with the release that needs it
    Given I run "ggen market publish axum"
    And the content store loses every blob
    When I try "ggen market cache verify --json"
    Then the exit code is 3
    And the error code is "store-damaged"
    And the error output contains "io.ggen.rust.axum@0.1.0 needs it"

  @level3 @concurrency @use.with_registry=local,http,mirror
  Scenario: Ten processes publish one version: one wins, nine are told so, and the index is intact
    When 10 processes publish "axum" at the same moment
    Then 1 of them succeeds and 9 end with exit code 5
    When I run "ggen market index verify"
    Then the output contains "Sound: 1 log entries"
    When I run "ggen market cache gc --json"
    Then the JSON field "blobs" is "0"
    When I run "ggen market cache verify"
    Then the output contains "Sound: 4 blobs"

  @level3 @concurrency @use.with_registry=p2p
  Scenario: Ten processes publish one version among peers: one wins, nine are told so, and every node has one entry
    When 10 processes publish "axum" at the same moment
    Then 1 of them succeeds and 9 end with exit code 5
    And the registry's log has 1 entry

  @level3 @concurrency
  Scenario: Ten processes publish a package each at the same moment, and all are published
    When 10 processes publish a package each at the same moment
    Then all of them succeeded
    And the registry's log has 10 entries
