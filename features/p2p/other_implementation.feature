@p2p @cleanroom @level4 @use.with_image=ggen-p2p,js-libp2p @use.with_engine=host @requires_npm
Feature: A node of another implementation takes part in the network
  As an author of tools in another language
  I want to join with the libp2p of my language
  So that I need nothing but the names of the protocols in docs/p2p.md

  The other node is one of js-libp2p: other people wrote it, and none of our code runs in it.

  Scenario: It joins, hears what is published, and finds who has it and what is newest
    Given a network of 2 nodes on host
    When a node of js-libp2p joins by the address of peer 0
    Then it has had an answer to its ping, and knows peer 0 to speak the protocols of the marketplace
    And it is in a gossip mesh with peer 0
    When peer 1 publishes 1 release of io.acme.web together
    Then it hears that io.acme.web 1.0.0 was published
    And it finds peer 1 as the provider of io.acme.web, by asking others
    And it finds io.acme.web 1.0.0 in the DHT as the newest release
    And peer 0 still thinks well of it, and syncs with peer 1 alone

  Scenario: It is found on the local network, and finds the others there
    Given 2 nodes on the local network, of which none is told an address
    When a node of js-libp2p looks on the local network, and dials nobody
    Then within 60 seconds peer 0 and peer 1 are connected to it
    And it has found peer 0 and peer 1 at their addresses
