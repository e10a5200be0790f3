@p2p @level2
Feature: Content comes from several peers, checked chunk by chunk
  As a user who fetches from peers that he does not know
  I want every byte checked, no byte fetched twice, and each liar named
  So that one bad peer costs me time and nothing else

  A node fetches in this process over streams in memory; honest providers are the product's own.
  Two chunks are asked for at once: what came of the second before the first was found wrong counts, and so do the lists.

  Scenario Outline: A provider that sends <lie> is named for <offence>, and the blob is whole all the same
    Given an honest provider of a blob of 6 chunks
    And a preferred one that sends "<lie>"
    When the blob is fetched from both
    Then the blob is here
    And the liar has paid for "<offence>" once, and the honest one for nothing
    And from the liar came no more than <most> MB

    Examples: lies about the chunks, and about their list
      | lie                                     | offence     | most |
      | other chunks than its list says         | wrong-bytes | 3    |
      | a list with one wrong hash              | wrong-bytes | 7    |
      | the list and the chunks of another blob | wrong-bytes | 7    |
      | another size                            | wrong-bytes | 1    |
      | a list that is too short                | protocol    | 1    |
      | a list that is too long                 | protocol    | 3    |
      | a list of numbers                       | protocol    | 1    |
      | a list without an end                   | protocol    | 1    |
      | a chunk without an end                  | wrong-bytes | 2    |
      | a chunk longer than chunks are          | protocol    | 1    |
      | a piece that goes beyond its chunk      | protocol    | 2    |
      | pieces without anything in them         | protocol    | 1    |
      | no message at all                       | protocol    | 1    |
      | a list of its own and then no chunk     | stall       | 1    |
      | a promise and then nothing              | stall       | 1    |

  Scenario: Who sends a byte now and then has stalled when the time for a chunk is over
    Given an honest provider of a blob of 6 chunks
    And a preferred one that sends "a byte now and then"
    And a node that gives a chunk 4 seconds
    When the blob is fetched from both
    Then the blob is here
    And the liar has paid for "stall" once, and the honest one for nothing

  Scenario: A liar whose list was not used is named all the same, when the blob has proved it wrong
    Given an honest provider of a blob of 6 chunks, which is preferred
    And one that sends "the list and the chunks of another blob"
    When the blob is fetched from both
    Then the blob is here
    And the liar has paid for "wrong-bytes" once, and the honest one for nothing

  Scenario: Of a list with one lie in it only the chunk that was lied about is fetched again
    Given an honest provider of a blob of 6 chunks
    And a preferred one that sends "one chunk of its own making, and a list that fits"
    When the blob is fetched from both
    Then the blob is here
    And the liar has paid for "wrong-bytes" once, and the honest one for nothing
    And the honest one was asked for 1 chunk

  Scenario: What came before a transfer broke off is not fetched again, by a node that was started anew either
    Given an honest provider of a blob of 6 chunks
    When it dies after 3 chunks and a half of the blob were sent
    Then the fetch ends with "content-unreachable"
    When it is back, and the blob is fetched again
    Then the blob is here
    And it was asked for the 3 chunks that were lacking, once each
    And nothing of the blob waits any more

  Scenario: A blob whose chunks had all come when the node died is put together without asking for any
    Given an honest provider of a blob of 6 chunks
    And a node that died when all the chunks of the blob were there
    When the blob is fetched again
    Then the blob is here
    And it was asked for the 0 chunks that were lacking, once each
    And nothing of the blob waits any more

  Scenario: Two fetches of one blob at the same time do not hurt each other
    Given an honest provider of a blob of 6 chunks
    When the blob is fetched twice at the same time
    Then the blob is here
    And nothing of the blob waits any more

  Scenario: A chunk that was damaged while it waited is fetched again
    Given an honest provider of a blob of 6 chunks
    When it dies after 3 chunks and a half of the blob were sent
    And one of the chunks that wait is damaged
    And it is back, and the blob is fetched again
    Then the blob is here
    And it was asked for the 4 chunks that were lacking, once each

  Scenario Outline: What came of a blob, and was not asked for again in <days> days, <becomes of it> when another is fetched
    Given an honest provider of a blob of 6 chunks
    When it dies after 3 chunks and a half of the blob were sent
    And <days> days have gone by
    And it is back, and another blob is fetched from it
    Then what came of the first blob <becomes of it>

    Examples:
      | days | becomes of it |
      | 6    | is kept       |
      | 8    | is removed    |

  Scenario: What came of a blob is not removed, however old it is, while the blob is being put together
    Given an honest provider of a blob of 6 chunks
    When it dies after 3 chunks and a half of the blob were sent
    And 8 days have gone by
    And somebody else is putting the blob together while another blob is fetched
    Then what came of the first blob is kept

  @level1
  Scenario: Whoever lies, dies or has nothing, a plan hands out each chunk once at a time, and is finished by the honest
    Then a plan holds its laws in 2000 courses of events

  Scenario: Three providers are asked at once, each for other chunks
    Given 5 honest providers of a blob of 12 chunks
    And none of them sends a chunk before 3 have been asked for one
    When the blob is fetched from all
    Then the blob is here
    And no more than 3 streams were open at once, and 3 providers have sent something
    And every chunk was asked for once

  Scenario: Who does not have a blob is not blamed, and another one serves it
    Given an honest provider of a blob of 6 chunks
    And one that has nothing, and is preferred
    When the blob is fetched from both
    Then the blob is here
    And nobody has paid for anything

  Scenario: An honest peer that was slow for a while is spared, and then asked again
    Given an honest provider of a blob of 6 chunks
    And one that has stalled twice, and stalls again
    When the blob is fetched from both
    Then the blob is here
    And the slow one is avoided
    When the slow one is quick again, and another blob is fetched from both
    Then the blob is here
    And nothing of it came from the slow one
    When an hour has gone by, and another blob is fetched from the slow one
    Then the blob is here
    And the slow one is neutral, with 6 chunks served

  Scenario: The only provider left falters, and is asked again as long as it sends something
    Given a provider of a blob of 6 chunks that falters once, after 3
    When the blob is fetched again
    Then the blob is here
    And each chunk was asked for once, but one of them twice

  Scenario: A provider that falters before it has sent anything is not waited for
    Given a provider of a blob of 6 chunks that falters once, after 0
    When the blob is fetched again
    Then the fetch ends with "content-unreachable"

  Scenario Outline: A list of files whose size is unknown comes although <who>
    Given an honest provider of a blob of 3 chunks
    And a preferred one that sends "<lie>"
    When the blob is fetched without its size being known, of at most 4 MB
    Then the blob is here

    Examples:
      | who                                   | lie                                     |
      | one says that it is ten times as long | another size                            |
      | one sends what is no list             | a list without an end                   |
      | one sends another one                 | the list and the chunks of another blob |

  Scenario: What is longer than is allowed is not fetched
    Given an honest provider of a blob of 3 chunks
    When the blob is fetched without its size being known, of at most 2 MB
    Then the fetch ends with "content-unreachable"
    And from the honest one came no more than 1 MB

  Scenario Outline: A small blob of <size> bytes comes from the honest one when <who>
    Given an honest provider of a blob of <size> bytes
    And a preferred one that sends "<lie>"
    When the blob is fetched without its size being known, of at most 4 MB
    Then the blob is here
    And the liar has paid for "<offence>" once, and the honest one for nothing

    Examples:
      | size    | who                        | lie                             | offence     |
      | 100     | one sends other bytes      | other chunks than its list says | wrong-bytes |
      | 1048576 | one says that it is longer | a chunk longer than chunks are  | protocol    |
      | 1048576 | one sends no message       | no message at all               | protocol    |
