@graphql @http @security
Feature: No question in GraphQL costs much more than its words
  As an operator
  I want a question that would take long to be refused before anything is read
  So that nobody can keep others from being answered

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
    And I run the server "ggen" with "--rate 0"

  @level3
  Scenario Outline: <what> is refused with its code
    When the server is asked in GraphQL for <what>
    Then it is refused in GraphQL as "<code>"
    And the server answers the next question

    Examples:
      | what                                             | code                      |
      | a search under 21 other names                    | graphql-too-many-aliases  |
      | a search under 80 other names                    | graphql-too-many-aliases  |
      | a search under 500 other names                   | graphql-too-many-tokens   |
      | a fragment with a search, used 30 times          | graphql-too-large         |
      | fragments that double nine times                 | graphql-too-large         |
      | fragments that use each other                    | graphql-invalid           |
      | a fragment that uses itself                      | graphql-invalid           |
      | a fragment that is not there                     | graphql-invalid           |
      | fields nested 16 deep                            | graphql-too-deep          |
      | fields nested 900 deep                           | graphql-too-deep          |
      | a list nested 900 deep                           | graphql-too-deep          |
      | inline fragments nested 30 deep                  | graphql-too-deep          |
      | one field 11 times in one place                  | graphql-too-large         |
      | one field 11 times by fragments                  | graphql-too-large         |
      | 301 fields in many places                        | graphql-too-large         |
      | 31 fragments                                     | graphql-too-large         |
      | 1,001 tokens                                     | graphql-too-many-tokens   |
      | a search of 100 with 100 dependents each         | graphql-too-costly        |
      | the same in an inline fragment                   | graphql-too-costly        |
      | a search of 100 with 100 dependents each, by variables | graphql-too-costly  |
      | the same by variables that are 100.0             | graphql-too-costly        |
      | the same by the defaults of variables            | graphql-too-costly        |
      | a search of as many as usual, by a variable that is left out | graphql-too-costly |
      | 40 recommendations of each kind for 100 packages | graphql-too-costly        |
      | statistics of 366 days of 100 packages           | graphql-too-costly        |
      | the second of two operations, which is too costly | graphql-too-costly       |
      | a batch of 11                                    | graphql-batch-too-large   |
      | a batch of none                                  | graphql-batch-too-large   |
      | no document                                      | graphql-request-malformed |
      | a request that is a number                       | graphql-request-malformed |
      | variables that are a list                        | graphql-request-malformed |
      | a field of no name                               | graphql-request-malformed |
      | half a document                                  | graphql-syntax            |
      | a field that is not there                        | graphql-invalid           |
      | a variable of another type                       | graphql-invalid           |
      | an operation that is not there                   | graphql-invalid           |
      | a subscription without a stream                  | graphql-not-streamed      |
      | an introspection of types within types           | graphql-invalid           |

  @level3
  Scenario: What is no request is refused by HTTP
    Then these bodies are refused
      | what                | status | code               |
      | a form              | 415    | media-type-unknown |
      | a text              | 415    | media-type-unknown |
      | a megabyte and more | 413    | body-too-large     |
      | half of JSON        | 422    | document-malformed |
      | a key twice         | 422    | document-malformed |
      | a GET               | 405    | method-not-allowed |

  @level3
  Scenario: Those who ask for GraphQL's own type get a status that says whether it was executed
    Then a good request has the status 200 and a bad one 400 for those who accept "application/graphql-response+json"
    And for those who accept "application/json" both have 200

  @level3
  Scenario: Ten requests in one body are answered in their order, each with its own errors
    Then ten requests, of which two are wrong, are answered in their order

  @level3
  Scenario: The questions that tools ask for the schema are allowed
    Then the introspection query of the reference implementation is answered

  @level2
  Scenario: An error that the product does not know tells nothing of itself
    When a resolver fails with the words "secret words"
    Then the answer says "unexpected", and nothing of "secret words"
