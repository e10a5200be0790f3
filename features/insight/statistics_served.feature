@stats @http @level4
Feature: A served registry tells its statistics to whoever asks
  As a publisher whose packages are on a registry of others
  I want its numbers with the same command as those of my own home
  So that I need not ask its operator

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.axum@1.1.0 |
    And I run the server "ggen"
    And 4 searches, 3 batches and 2 archives of "io.ggen.rust.core@1.0.0" are answered

  Scenario: The command tells the same of a registry over HTTP as in its home
    Given the server is known as "corp"
    When I run "ggen market stats io.ggen.rust.core --registry corp --days 2 --json"
    Then the JSON field "registry" is "corp"
    And the JSON field "totals.downloads" is "5"
    And the JSON field "versions.0.downloads" is "5"
    When I run "ggen market stats --registry corp --days 2 --json"
    Then the JSON field "totals.searches" is "4"
    And it is the same as in the registry's own home, for a package and for all

  Scenario: A package that the registry does not have, and no network
    Given the server is known as "corp"
    When I try "ggen market stats io.ggen.rust.cor --registry corp"
    Then it fails with exit code 4 and the code "package-not-found", and suggests "io.ggen.rust.core"
    When I try "ggen market stats --registry corp --offline"
    Then it fails with exit code 6 and the code "offline-miss", and suggests "--offline"

  Scenario: The interface answers with the same numbers, and Prometheus reads them
    Then these requests are answered
      | path                                            | status | says                |
      | /api/v1/stats                                   | 200    |                     |
      | /api/v1/stats?days=366                          | 200    |                     |
      | /api/v1/stats?id=io.ggen.rust.core&days=1       | 200    |                     |
      | /api/v1/stats?id=io.ggen.rust.none              | 404    | package-not-found   |
      | /api/v1/stats?id=Not+an+id                      | 400    | invalid-package-id  |
      | /api/v1/stats?days=0                            | 400    | parameter-invalid   |
      | /api/v1/stats?days=367                          | 400    | parameter-invalid   |
      | /api/v1/stats?days=%D9%A3                       | 400    | parameter-invalid   |
      | /api/v1/stats?days=1&days=2                     | 400    | parameter-invalid   |
      | /api/v1/stats?colour=green                      | 400    | parameter-invalid   |
    And "/metrics" has these numbers
      | name                  | value |
      | ggen_downloads_total  | 5     |
      | ggen_installs_total   | 0     |
      | ggen_searches_total   | 4     |
      | ggen_misses_total     | 0     |
      | ggen_publishers       | 1     |
      | ggen_uncounted        | 0     |

  @level1
  Scenario Outline: Statistics that <what> are refused
    Then statistics that <what> are "document-malformed"

    Examples:
      | what                            |
      | are about another package       |
      | have a negative number          |
      | have a number that is a text    |
      | have a day that is none         |
      | lack the totals                 |
      | have no list of days            |

  Scenario: A registry of a version that counts nothing says so
    When the client asks a registry that knows nothing of statistics
    Then it is told "statistics-none"
