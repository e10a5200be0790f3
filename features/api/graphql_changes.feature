@graphql @http @level3
Feature: Changes in GraphQL are those of REST, and are told to whoever listens
  As a publisher
  I want the same checks whatever way I come
  So that no way is easier for others

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
    And I run the server "ggen" with "--rate 0"

  Scenario: A release is published and yanked in GraphQL, and the same request changes nothing more
    When Alice publishes "io.acme.web@1.0.0" in GraphQL with a token for "io.acme"
    Then it is new, and stands in the log behind what was there
    And searching by REST finds "io.acme.web", and its document has the record as it was signed
    When Alice publishes the same in GraphQL again
    Then it is not new, and has the same place
    When Alice yanks "io.acme.web@1.0.0" in GraphQL because of "a hole"
    Then the yank is new, and the release is told as yanked because of "a hole"
    When Alice yanks the same in GraphQL again
    Then the yank is not new

  Scenario Outline: What REST refuses is refused, with the same code: <what>
    Then publishing in GraphQL with <what> is refused as "<code>", and so it is by REST

    Examples:
      | what                           | code                 |
      | no token                       | token-missing        |
      | a token that nobody made       | token-unknown        |
      | a token for another namespace  | namespace-denied     |
      | a signature of other words     | signature-wrong      |
      | a record that is not canonical | record-not-canonical |
      | blobs that are missing         | blobs-missing        |
      | a record of 100,000 bytes      | body-too-large       |

  Scenario: Whoever listens is told each release once, in the order of the log, whoever publishes it
    Given somebody listens to all releases, and somebody to those of "io.acme"
    When Alice publishes "io.acme.web@1.0.0" in GraphQL with a token for "io.acme"
    And "io.other.lib@1.0.0" and "io.acme.web@1.1.0" are published in the registry's own home
    Then the first hears "io.acme.web@1.0.0, io.other.lib@1.0.0, io.acme.web@1.1.0"
    And the second hears "io.acme.web@1.0.0, io.acme.web@1.1.0"

  Scenario: When the server is stopped those who listen are told that it is over, and it does not wait for them
    Given somebody listens to all releases, and somebody to those of "io.acme"
    When the server is stopped with somebody listening
    Then both hear that it is complete, and the exit code is 0

  Scenario: A query can be asked for as a stream too, and what is wrong is no stream
    Then a query as a stream is one event and the end
    And a wrong subscription, and one to what is no namespace, are answered with 400 and no stream

  Scenario: More listeners than there is room for are told to come again, and there is room when one has gone
    When 64 listen to all releases
    Then one more is told 503 "graphql-too-many-subscriptions"
    When one of them goes away
    Then soon one more may listen
