@p2p @cleanroom @security @level4 @use.with_image=ggen-p2p @use.with_engine=host
Feature: Hostile peers cost honest nodes little, and themselves everything
  Each enemy is a peer of its own in a container, which speaks the protocols as no honest node does.

  Scenario Outline: An enemy with <attack> pays for <offence>, is banned, and the honest nodes go on
    Given a network of 2 nodes on host
    When an enemy joins with "<attack>"
    Then within 40 seconds peer 0 has banned the enemy for "<offence>"
    And peer 1 publishes to peer 0 as before
    And no honest node has used more than 200 MB

    Examples: below the protocol, and on it
      | attack             | offence         |
      | garbage protobufs  | protocol        |
      | oversized frames   | protocol        |
      | absurd sync        | protocol        |
      | replay             | protocol        |
      | invalid gossip     | invalid-message |
      | forged gossip      | invalid-message |
      | forged sync        | forged          |
      | stream flood       | flood           |
      | subscription flood | flood           |

  Scenario Outline: An enemy with a <attack> takes no service from anybody
    Given a network of 2 nodes on host
    When an enemy joins with "<attack>"
    And it has done its worst twice
    Then peer 1 publishes to peer 0 as before
    And no honest node has used more than 200 MB

    Examples:
      | attack           |
      | connection flood |

  Scenario Outline: A provider with <attack> is named, avoided, and the package comes from another
    Given a network of 3 nodes on host
    And peer 1 publishes 1 release of io.acme.web together
    When an enemy joins with "<attack>"
    And peer 2 prefers the enemy
    And peer 2 adds io.acme.web from the peers, and verifies it
    Then peer 2 has noted "<offence>" of the enemy

    Examples:
      | attack      | offence     |
      | wrong bytes | wrong-bytes |
      | stalling    | stall       |

  Scenario: Leaving and returning washes no score
    Given a network of 2 nodes on host
    When an enemy joins with "forged sync"
    Then within 40 seconds peer 0 has banned the enemy for "forged"
    When the enemy leaves and returns
    Then peer 0 still has it banned, and is not connected to it
    When peer 0 is started anew
    Then peer 0 still has it banned, and is not connected to it
    When the operator of peer 0 lifts the ban
    Then peer 0 thinks nothing of the enemy
