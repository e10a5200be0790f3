@p2p @cleanroom @faults @level4 @use.with_image=ggen-p2p @use.with_engine=host @requires_root
Feature: What breaks heals, and then all nodes hold the same log and the same bytes
  As a user of a network of ordinary machines
  I want nodes that were killed, frozen, cut off or late to catch up by themselves
  So that nobody has to repair anything by hand

  @crash
  Scenario: The bootstrap dies, another node dies, and one is frozen; each catches up when it is back
    Given a network of 4 nodes on host
    And within 120 seconds each node is connected to at least 2 others
    When peer 0 dies
    And peer 1 publishes 3 releases of io.one.web together
    And peer 0 comes back
    Then all nodes come to hold the same 3 releases, never 90 seconds without progress
    When peer 2 dies
    And peer 3 publishes 3 releases of io.two.web together
    And peer 2 comes back
    Then all nodes come to hold the same 6 releases, never 90 seconds without progress
    And each node fetches io.two.web with the same bytes
    When peer 2 is frozen
    Then within 60 seconds peer 0 is not connected to peer 2
    When peer 1 publishes 2 releases of io.acme.web together
    Then peer 0, peer 1 and peer 3 come to hold the same 8 releases, never 90 seconds without progress
    When peer 2 thaws
    Then all nodes come to hold the same 8 releases, never 90 seconds without progress

  Scenario: Both sides of a partition publish, and are one network again when it heals; then a provider dies
    Given a network of 5 nodes on host
    And within 120 seconds each node is connected to at least 3 others
    When peer 3 and peer 4 are cut off from the others
    And peer 1 publishes 3 releases of io.left.web together
    And peer 4 publishes 3 releases of io.right.web together, however few it reaches
    And the network heals
    Then all nodes come to hold the same 6 releases, never 90 seconds without progress
    And each node fetches io.right.web with the same bytes
    When peer 1 publishes 24 MB as io.acme.large
    And peer 2 adds io.acme.large from the peers, and verifies it
    And peer 3 begins to add io.acme.large, and peer 1 is killed as soon as it has sent a part
    Then peer 3 has io.acme.large verified

  Scenario: With a third of the packets lost all still comes through, and who comes late knows it all
    Given a network of 3 nodes on host
    When peer 1 loses 30 % of its packets, and sends each 20 ms late
    And peer 0 publishes 10 releases of io.acme.web together
    Then all nodes come to hold the same 10 releases, never 90 seconds without progress
    When the network heals
    And peer 0 publishes 100 releases of io.many.web together
    And peer 3 joins late
    Then all nodes come to hold the same 110 releases, never 90 seconds without progress

  Scenario: A node with a full disk goes on, tells why, and catches up when there is room
    Given a network of 3 nodes on host, of which peer 2 has a disk of 6 MB
    When the disk of peer 2 is full
    And peer 0 publishes 5 releases of io.acme.web together
    Then peer 2 still answers
    When the network heals
    Then all nodes come to hold the same 5 releases, never 90 seconds without progress
