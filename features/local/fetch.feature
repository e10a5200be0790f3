@local @storage @level2
Feature: A release is carried into another store with all that it needs, and checked on the way
  Whoever takes over a release gets its tree and its files by their digests, and never more than it lacks.

  Background:
    Given I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum"
    And I run "ggen market publish axum"

  Scenario Outline: An empty <store> store gets the whole release, and nothing twice
    Given a <store> store
    When the release io.ggen.rust.axum@0.1.0 is fetched into the store
    Then 3 blobs were fetched
    And the store has all of io.ggen.rust.axum@0.1.0
    When the release io.ggen.rust.axum@0.1.0 is fetched into the store
    Then 0 blobs were fetched

    Examples:
      | store      |
      | filesystem |
      | memory     |

  Scenario: Bytes that were damaged where they come from are not taken over
    Given a filesystem store
    And a blob of the store is changed on disk
    When fetching the release io.ggen.rust.axum@0.1.0 into the store is tried
    Then it is refused with "blob-corrupt"
    And the store's verification finds nothing

  @index
  Scenario Outline: A log takes no yank that it cannot apply: <spec>
    Then a yank of <spec> that comes straight to the log is refused with "<code>"
    When I run "ggen market index verify --json"
    Then the JSON field "log_size" is "1"

    Examples:
      | spec                    | code              |
      | io.ggen.rust.axum@9.9.9 | version-not-found |
      | io.ggen.rust.none@0.1.0 | package-not-found |
