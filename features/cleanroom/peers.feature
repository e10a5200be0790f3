@cleanroom @level3
Feature: A network of peers
  Five nodes, each in a container with its own address: node 0 is the bootstrap, the others join it. What runs in them
  here is a small peer of the cleanroom; a product brings its own program.

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, nodes that know the bootstrap alone come to know one another
    Given a room on <engine>, as strict as that can be
    And a network of 5 peers
    Then only node-0 was started without a bootstrap, and the others with the address of node-0
    And the nodes have 5 addresses of p2p-test-net
    And within 60 seconds each node is answered by all others

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @faults @requires_root @use.with_engine=<engine>
  Scenario Outline: On <engine>, a <set> of nodes that is cut off is not answered by the others until it is healed
    Given a room on <engine>, as strict as that can be
    And a network of 5 peers that can suffer "partition"
    And within 60 seconds each node is answered by all others
    When the <set> of the peers is cut off
    Then within 60 seconds no node is answered by one of the other side
    When the cut is healed
    Then within 60 seconds each node is answered by all others

    Examples:
      | engine | set      |
      | docker | minority |
      | host   | majority |

  @faults @crash @use.with_engine=<engine>
  Scenario Outline: On <engine>, the network outlives its bootstrap, which joins again by itself
    Given a room on <engine>, as strict as that can be
    And a network of 5 peers
    And within 60 seconds each node is answered by all others
    When node-0 is killed
    Then within 60 seconds the others are answered by one another and not by node-0
    When node-0 is started again
    Then within 60 seconds each node is answered by all others

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |
