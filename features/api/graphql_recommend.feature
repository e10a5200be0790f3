@graphql @recommend @http @level3
Feature: What goes with packages is part of the graph
  As somebody who builds a page or a tool on a registry
  I want what is recommended in the same answer as what it is recommended beside
  So that I need not ask for each package of a list again

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id              | version | needs                                                               |
      | io.ggen.http    | 1.0.0   |                                                                     |
      | io.ggen.json    | 1.0.0   |                                                                     |
      | io.ggen.log     | 1.0.0   |                                                                     |
      | io.ggen.log     | 1.1.0   |                                                                     |
      | io.acme.shop    | 1.0.0   | io.ggen.http ^1, io.ggen.json ^1, io.ggen.log ^1                    |
      | org.tree.web    | 1.0.0   | io.ggen.http ^1, io.ggen.json ^1                                    |
    And a registry of packages with these texts
      | id              | title               | description                                       |
      | io.ggen.retry   | Retrying client     | An HTTP client that retries with jitter           |
      | io.ggen.fetch   | Fetching client     | Another HTTP client, which retries too            |
    And I run "ggen market add io.ggen.log@=1.0.0"
    And I run "ggen market add io.ggen.log@=1.1.0"
    And I run the server "ggen" with "--rate 0"

  @smoke
  Scenario: Each package of a list has its own recommendations, with the reason of each
    When this is asked
      """
      {
        packages(ids: ["io.ggen.json", "io.ggen.retry", "io.ggen.log"]) {
          recommendations(first: 1, kinds: [TOGETHER, SIMILAR]) { kind reason because { id } package { id title } }
        }
      }
      """
    Then the recommendations of each are
      | of            | kind     | package       | because       | reason begins with                                          |
      | io.ggen.json  | TOGETHER | io.ggen.http  | io.ggen.json  | is required too by 2 of the 2 namespaces with packages that |
      | io.ggen.retry | SIMILAR  | io.ggen.fetch | io.ggen.retry | has 'client'                                                |
      | io.ggen.log   | TOGETHER | io.ggen.http  | io.ggen.log   | is required too by 1 namespace with packages that           |

  Scenario Outline: What GraphQL recommends is what REST recommends: <based on>
    Then what GraphQL recommends for "<based on>" is what REST recommends, of the kinds "<kinds>"

    Examples:
      | based on                  | kinds             |
      | io.ggen.http              | similar, together |
      | io.ggen.json, io.ggen.log | similar, together |
      | io.ggen.retry             | similar           |
      |                           | popular, trending |

  Scenario: A kind that is not asked for is not told
    Then of "io.ggen.log" nothing that is "TRENDING" or "POPULAR" is recommended beside what is near
    And without a package only what is "POPULAR" is recommended when that alone is asked for
