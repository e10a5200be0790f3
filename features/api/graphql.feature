@graphql @http @level3
Feature: A served registry answers questions in GraphQL
  As somebody who builds a page or a tool on a registry
  I want to ask for just what I show, in one request
  So that I need not put it together from many documents

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.core@1.1.0 |
      | io.ggen.rust.axum@1.1.0 |
    And I run the server "ggen" with "--rate 0"

  @smoke
  Scenario: A package with its releases, what they require and who requires it
    When this is asked
      """
      {
        package(id: "io.ggen.rust.core") {
          id
          latest { version yanked }
          releases { totalCount edges { node { version position } } }
          dependents { edges { requirement node { id latest { dependencies { id requirement package { id } } } } } }
        }
      }
      """
    Then the answer is
      """
      {"package": {
        "id": "io.ggen.rust.core",
        "latest": {"version": "1.1.0", "yanked": null},
        "releases": {"totalCount": 2, "edges": [
          {"node": {"version": "1.1.0", "position": 2}}, {"node": {"version": "1.0.0", "position": 1}}]},
        "dependents": {"edges": [{"requirement": "^1.0", "node": {"id": "io.ggen.rust.axum", "latest": {"dependencies": [
          {"id": "io.ggen.rust.core", "requirement": "^1.0", "package": {"id": "io.ggen.rust.core"}}]}}}]}
      }}
      """

  Scenario Outline: A search finds what the same search by REST finds: <parameters>
    Then searching for "<arguments>" in GraphQL finds what "<parameters>" finds by REST

    Examples:
      | arguments                              | parameters                     |
      | query: 'rust'                          | q=rust                         |
      | query: 'rust', sort: NAME, first: 1    | q=rust&sort=name&limit=1       |
      | query: 'rust axum'                     | q=rust%20axum                  |
      | category: 'rust'                       | category=rust                  |
      | query: 'nothing-is-called-so'          | q=nothing-is-called-so         |
      | query: 'axm'                           | q=axm                          |
      | query: '', minDownloads: 1             | q=&min_downloads=1             |
