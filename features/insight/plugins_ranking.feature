@plugins @search @level4
Feature: A plugin changes the order of a page of results, and nothing else
  As a template user in a team with favourites
  I want our own order for what a search has found
  So that our packages come first, and none is hidden or invented

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id             | version | needs |
      | io.acme.web    | 1.0.0   |       |
      | io.other.web   | 1.0.0   |       |
      | io.third.web   | 1.0.0   |       |
    And the plugin "reversed" is installed, with the hook "rank_hits"
      """
      from marketplace.plugins.hooks import hookimpl

      @hookimpl
      def rank_hits(query, hits):
          return [hit.id for hit in reversed(hits)] if query == "web" else [hit.id for hit in hits]
      """

  Scenario: The order is the plugin's, everything else is as without it
    Then searching for "web" with plugins gives the same hits in reverse order

  Scenario: Two plugins are asked one after the other, by name
    Given the plugin "a-third-first" is installed, with the hook "rank_hits"
      """
      from marketplace.plugins.hooks import hookimpl

      @hookimpl
      def rank_hits(hits):
          assert type(hits[0]).__name__ == "Hit" and hits[0].license == "MIT" and hits[0].score > 0
          return sorted((hit.id for hit in hits), key=lambda id: id != "io.third.web")
      """
    When I run "ggen market search web --json"
    Then the JSON field "ranked_by" is "['a-third-first', 'reversed']"
    And the JSON field "results.2.id" is "io.third.web"

  @security
  Scenario Outline: A plugin that <does> is left out, and the order is the search's own
    Given the plugin "hostile" is installed, with the hook "rank_hits"
      """
      from marketplace.plugins.hooks import hookimpl

      @hookimpl
      def rank_hits(hits):
          ids = [hit.id for hit in hits]
          return <answer>
      """
    And I run "ggen market plugins block reversed"
    Then searching for "web" with plugins gives the same hits in the same order, and warns "the plugin hostile is left out: <told>"

    Examples:
      | does                 | answer                      | told |
      | adds a hit           | [*ids, "io.evil.web"]       | it answered other hits than it was given |
      | drops a hit          | ids[1:]                     | it answered other hits than it was given |
      | doubles a hit        | [ids[0], *ids[:-1]]         | it answered other hits than it was given |
      | swaps a hit          | [*ids[:-1], "io.evil.web"]  | it answered other hits than it was given |
      | answers whole hits   | hits                        | it answered other hits than it was given |
      | answers nothing      | None                        | it answered other hits than it was given |
      | raises               | ids[99]                     | it raised IndexError |
      | leaves               | __import__("os")._exit(1)   | its process ended with exit code 1 |

  Scenario: One hit has no order, and nobody is asked
    When I run "ggen market search io.third.web --limit 1 --json"
    Then the JSON document has no field "ranked_by"
