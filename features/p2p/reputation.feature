@p2p @level1
Feature: Reputation is counted from what peers do
  As the operator of a node
  I want good peers preferred, and bad ones avoided and then banned
  So that a liar costs me little, and a peer with a bad day comes back

  Scenario: Each deed has its price
    Then a stranger's score is this after a deed, and its standing that
      | deed            | score | standing  |
      | chunk           | 1     | neutral   |
      | stall           | -10   | neutral   |
      | flood           | -10   | neutral   |
      | protocol        | -25   | neutral   |
      | invalid-message | -25   | neutral   |
      | wrong-bytes     | -100  | avoided   |
      | forged          | -1000 | banned    |

  Scenario: The limits of the standings are exact
    Then a peer with this score has that standing
      | score   | standing  |
      | 10.01   | preferred |
      | 10      | neutral   |
      | 0       | neutral   |
      | -25     | neutral   |
      | -25.01  | avoided   |
      | -250    | avoided   |
      | -250.01 | banned    |

  Scenario: A score halves every hour, whether the peer is there or not
    Given a peer that sent wrong bytes 3 times
    Then its score is -300 and it is banned
    When the clock goes on by 1 hour
    Then its score is -150 and it is avoided
    When the clock goes on by 3 hours
    Then its score is -18.75 and it is neutral

  Scenario: Easy deliveries earn no more than 100 in an hour
    Given a peer that delivered 500 chunks
    Then its score is 100 and it is preferred
    When the clock goes on by 1 hour
    And it delivers 10 chunks
    Then its score is 60 and it is preferred

  Scenario: Leaving and returning washes nothing, and neither does a restart of the node
    Given a peer that sent wrong bytes 3 times
    When the scores are written and read again
    Then its score is -300 and it is banned

  Scenario: A forger stays banned until the operator lifts it
    Given a peer that forged an entry
    When the clock goes on by 200 hours
    And the scores are written and read again
    Then it is banned
    When the operator lifts its ban
    Then its score is 0 and it is neutral

  Scenario: An honest peer that was slow for a while is asked again
    Given a peer that delivered 20 chunks
    When it stalls 5 times
    Then its score is -30 and it is avoided
    When the clock goes on by 1 hour
    Then its score is -15 and it is neutral
    When it delivers 30 chunks
    Then its score is 15 and it is preferred

  Scenario: Of three providers one may be a stranger; the avoided are asked when there is nobody else, the banned never
    Then of these providers those are asked
      | providers                          | asked            |
      | best=50 good=20 fair=5 new new2    | best good new    |
      | best=50 new new2                   | best new         |
      | new new2 new3 new4                 | new new2 new3    |
      | fair=1 bad=-100 worst=-300         | fair             |
      | bad=-100 poor=-50 worst=-300       | poor bad         |
      | worst=-300                         |                  |

  Scenario: A list of scores that cannot be read is an error and never a fresh start
    Then these are no list of scores
      | text                                                  |
      | {}                                                    |
      | {"format": 2, "peers": {}}                            |
      | {"format": 1, "peers": {"x": {"score": "good"}}}      |
      | {"format": 1, "peers": {"x": {"unknown": 1}}}         |
      | []                                                    |

  Scenario: Ten thousand peers are remembered, and the least interesting are forgotten first
    When 10010 peers deliver a chunk each, after one that the operator has banned
    Then 10000 are remembered, and the banned one is among them
