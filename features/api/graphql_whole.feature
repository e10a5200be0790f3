@graphql @http @level3
Feature: The whole of the graph answers, and its documentation is right
  As somebody who reads the schema and its page
  I want every field and argument to do what it says
  So that I can rely on what I have not tried

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.core@1.1.0 |
      | io.ggen.rust.axum@1.1.0 |
    And I run the server "ggen" with "--rate 0"

  @docs
  Scenario: Each query of the documentation gives the answer beside it
    Given these packages of the sample catalog are published
      | package                      |
      | io.ggen.docker.service@1.0.0 |
      | io.ggen.python.fastapi@1.0.0 |
    Then each of at least 4 queries of docs/graphql.md gives the answer that stands there

  @docs
  Scenario: The schema in the repository is the one that is served, in the canonical form, and is described in the page
    Then the schema that introspection tells is that of the file, and the file is in the form that the library prints
    And the limits in docs/graphql.md are those of the product

  Scenario: Every field and every argument of the schema is answered, by another way than GraphQL too
    Given Alice has a token for "io.acme", and a signed release and a yank
    When the queries of the scenario are asked, a release is published and yanked, and one is waited for
    Then every field, argument and value of the schema was used, and none more than is there
    And what was told of "io.ggen.rust.core" is what REST tells

  Scenario: Pages follow each other without a gap and without an end too many
    Then a search, the releases and the dependents of a package are the same in pages of 1 and as a whole
    And cursors that are none, pages of 0 and of 101 and 101 ids are refused
      | asked                                                          | code                   |
      | { search(first: 0) { totalCount } }                            | graphql-page-invalid   |
      | { search(first: 101) { totalCount } }                          | graphql-page-invalid   |
      | { search(after: "x") { totalCount } }                          | graphql-cursor-invalid |
      | { search(after: "YXQ6LTE=") { totalCount } }                   | graphql-cursor-invalid |
      | { search(after: "YXQ6OTk5OTk=") { totalCount } }               | page-too-deep          |
      | { package(id: "io.ggen.rust.core") { releases(first: 0) { totalCount } } } | graphql-page-invalid |
      | { package(id: "not an id") { id } }                            | invalid-package-id     |
      | { recommendations(first: 51) { reason } }                      | page-invalid           |
      | { package(id: "io.ggen.rust.core") { recommendations(first: 0) { reason } } } | page-invalid |
      | { recommendations(basedOn: ["io.acme.nothing"]) { reason } }   | package-not-found      |
      | { recommendations(basedOn: ["not an id"]) { reason } }         | invalid-package-id     |
      | { stats(days: 0) { since } }                                   | parameter-invalid      |
      | { stats(days: 367) { since } }                                 | parameter-invalid      |

  Scenario: A package of which everything is yanked is still there, as its newest release
    Given every release of "io.ggen.rust.axum" is yanked because of "a hole"
    When this is asked
      """
      { package(id: "io.ggen.rust.axum") { title category downloads latest { version yanked } quality { grade } } search(query: "axum") { totalCount } }
      """
    Then the answer is
      """
      {"package": {"title": "Rust web service with axum", "category": "web", "downloads": 0,
                   "latest": {"version": "1.1.0", "yanked": "a hole"}, "quality": {"grade": "D"}},
       "search": {"totalCount": 0}}
      """

  Scenario: Who requires a package is told as it is now
    Then "io.ggen.rust.core" is required by "io.ggen.rust.axum"
    When "io.acme.user@1.0.0" is published here, requiring "io.ggen.rust.core"
    Then "io.ggen.rust.core" is required by "io.acme.user, io.ggen.rust.axum"
    When "io.acme.user@1.1.0" is published here, requiring "io.acme.other"
    Then "io.ggen.rust.core" is required by "io.ggen.rust.axum"
    And "io.acme.other" is not there
    When every release of "io.ggen.rust.axum" is yanked because of "a hole"
    Then "io.ggen.rust.core" is required by "nobody"

  Scenario: Searches in GraphQL are counted as those by REST
    When the searches "rust" and "nothing-is-called-so", and the second page of "rust" are asked for in GraphQL
    Then exactly 2 searches and 0 downloads are counted

  @level2
  Scenario: A list of packages costs no more reads of the index than one package does
    Given 30 packages, each requiring the one before
    When for 1, 10 and 30 packages all that the graph has of them is asked for
    Then the index was read no more often for 30 packages than for 1

  @level2
  Scenario: What a search has found is told without a task for each of it
    Given 30 packages, each requiring the one before
    When 1, 10 and 30 hits of a search are asked for with all that the search knows of them
    Then as many tasks were made for 30 hits as for 1

  @level2
  Scenario: A document that came before is neither parsed nor validated again
    When one document is sent 20 times with other variables, and one that is not valid 3 times
    Then documents were prepared 4 times
