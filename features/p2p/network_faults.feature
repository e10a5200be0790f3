@p2p @cleanroom @faults @level4 @use.with_image=ggen-p2p @use.with_engine=host @requires_root
Feature: What breaks heals, and then all nodes hold the same log and the same bytes
  As a user of a network of ordinary machines
  I want nodes that were killed, frozen, cut off or late to catch up by themselves
  So that nobody has to repair anything by hand

  @crash
  Scenario Outline: peer <n> is killed in the middle of publishing and started again
    Given a network of 4 nodes on host
    And within 40 seconds each node is connected to at least 2 others
    And peer 1 publishes 3 releases of io.one.web together
    When peer <n> dies
    And peer <p> publishes 3 releases of io.two.web together
    And peer <n> comes back
    Then within 30 seconds all nodes hold the same 6 releases
    And each node fetches io.two.web with the same bytes

    Examples:
      | n | p |
      | 0 | 1 |
      | 2 | 3 |

  Scenario: A frozen node is noticed in seconds, keeps nobody waiting, and catches up when it thaws
    Given a network of 4 nodes on host
    When peer 2 is frozen
    Then within 12 seconds peer 0 is not connected to peer 2
    When peer 1 publishes 2 releases of io.acme.web together
    Then within 20 seconds peer 0, peer 1 and peer 3 hold the same 2 releases
    When peer 2 thaws
    Then within 40 seconds all nodes hold the same 2 releases

  Scenario: Both sides of a partition publish, and are one network again when it heals
    Given a network of 5 nodes on host
    And within 40 seconds each node is connected to at least 3 others
    When peer 3 and peer 4 are cut off from the others
    And peer 1 publishes 3 releases of io.left.web together
    And peer 4 publishes 3 releases of io.right.web together, however few it reaches
    And the network heals
    Then within 60 seconds all nodes hold the same 6 releases
    And each node fetches io.right.web with the same bytes

  Scenario: A node that comes after a hundred publications knows them all
    Given a network of 3 nodes on host
    And peer 0 publishes 100 releases of io.acme.web together
    When peer 3 joins late
    Then within 30 seconds all nodes hold the same 100 releases

  Scenario: A provider that dies in the middle of a transfer does not end it
    Given a network of 4 nodes on host
    And peer 1 publishes 24 MB as io.acme.large
    And peer 2 adds io.acme.large from the peers, and verifies it
    When peer 3 begins to add io.acme.large, and peer 1 is killed as soon as it has sent a part
    Then peer 3 has io.acme.large verified

  Scenario: A node with a full disk goes on, tells why, and catches up when there is room
    Given a network of 3 nodes on host, of which peer 2 has a disk of 6 MB
    When the disk of peer 2 is full
    And peer 0 publishes 5 releases of io.acme.web together
    Then peer 2 still answers
    When the network heals
    Then within 40 seconds all nodes hold the same 5 releases

  Scenario: With a third of the packets lost and every packet late, all still comes through
    Given a network of 3 nodes on host
    When peer 1 loses 30 % of its packets, and sends each 20 ms late
    And peer 0 publishes 10 releases of io.acme.web together
    Then within 60 seconds all nodes hold the same 10 releases
