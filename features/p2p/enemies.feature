@p2p @cleanroom @security @level4 @use.with_image=ggen-p2p @use.with_engine=host
Feature: Hostile peers cost honest nodes little, and themselves everything
  Each enemy is a peer of its own in a container, which speaks the protocols as no honest node does.

  Scenario: Enemies that break the protocols are banned one after the other, and the honest nodes go on
    Given a network of 2 nodes on host
    When an enemy joins with "garbage protobufs"
    Then within 120 seconds peer 0 has banned the enemy for "protocol"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "oversized frames"
    Then within 120 seconds peer 0 has banned the enemy for "protocol"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "absurd sync"
    Then within 120 seconds peer 0 has banned the enemy for "protocol"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "stream flood"
    Then within 120 seconds peer 0 has banned the enemy for "flood"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "subscription flood"
    Then within 120 seconds peer 0 has banned the enemy for "flood"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "connection flood"
    And it has done its worst twice
    Then peer 1 publishes to peer 0 as before
    And no honest node has used more than 200 MB

  Scenario: Enemies that say what is not true are banned one after the other, and the honest nodes go on
    Given a network of 2 nodes on host
    When an enemy joins with "replay"
    Then within 120 seconds peer 0 has banned the enemy for "protocol"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "invalid gossip"
    Then within 120 seconds peer 0 has banned the enemy for "invalid-message"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "forged gossip"
    Then within 120 seconds peer 0 has banned the enemy for "invalid-message"
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "forged sync"
    Then within 120 seconds peer 0 has banned the enemy for "forged"
    And peer 1 publishes to peer 0 as before
    And no honest node has used more than 200 MB
    When the enemy leaves and returns
    Then peer 0 still has it banned, and is not connected to it
    When peer 0 is started anew
    Then peer 0 still has it banned, and is not connected to it
    When the operator of peer 0 lifts the ban
    Then peer 0 thinks nothing of the enemy

  Scenario: Providers that lie or stall are named, avoided, and the package comes from another
    Given a network of 3 nodes on host
    And peer 1 publishes 1 release of io.acme.web together
    When an enemy joins with "wrong bytes"
    And peer 2 prefers the enemy
    Then the enemy is preferred by peer 2, and in its mesh
    When peer 2 adds io.acme.web from the peers, and verifies it
    Then peer 2 has noted "wrong-bytes" of the enemy
    And the enemy is avoided by peer 2, and not in its mesh
    When peer 1 publishes 1 release of io.two.web together
    And an enemy joins with "stalling"
    And peer 2 prefers the enemy
    And peer 2 adds io.two.web from the peers, and verifies it
    Then peer 2 has noted "stall" of the enemy

  Scenario: Peers that are silent in a sync pay for it, are avoided, and hold up nobody any more
    Given a network of 2 nodes on host
    When an enemy joins with "silent sync"
    Then within 240 seconds peer 0 avoids the enemy for "stall"
    And peer 0 publishes 4 times without asking the enemy for a sync
    And peer 1 publishes to peer 0 as before
    When an enemy joins with "dripping sync"
    Then within 240 seconds peer 0 avoids the enemy for "stall"
    And peer 0 publishes 4 times without asking the enemy for a sync
    And peer 1 publishes to peer 0 as before
