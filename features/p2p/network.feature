@p2p @cleanroom @use.with_image=ggen-p2p
Feature: Five nodes are one marketplace
  Each node is a process in a container with an address and a home of its own: peer 0 is the bootstrap, the others join it.

  @level4 @use.with_engine=<engine>
  Scenario Outline: On <engine>, what is published on one node of the drawn network reaches all, and nothing is lost
    Given a network of 5 nodes on <engine>, of which none looks for further peers
    Then peer 0 is connected to all others, and each of them to peer 0 alone
    And each node is in the gossip mesh of another
    When peer 0 publishes <count> releases of io.acme.web together
    Then it is told that 4 peers have them
    And all nodes come to hold the same <count> releases, never 90 seconds without progress
    And peer 3 adds and verifies io.acme.web

    Examples:
      | engine | count |
      | host   | 100   |
      | docker | 20    |

  @level4 @use.with_engine=host
  Scenario: Nodes that know the bootstrap alone come to know others, without being told an address
    Given a network of 5 nodes on host
    Then within 120 seconds each node is connected to at least 3 others

  @level4 @use.with_engine=host
  Scenario: A light node finds a package that it never heard of by the DHT, and fetches it
    Given a network of 5 nodes on host, of which peer 4 is light
    When peer 1 publishes 1 release of io.acme.web together
    Then it is told that at least 1 peers have them
    And peer 4 knows no release
    When peer 4 adds io.acme.web from the peers, and verifies it
    Then peer 4 knows 1 release
    And peer 4 has taken no part in gossip
