@p2p @cleanroom @level4 @use.with_image=ggen-p2p @use.with_engine=host
Feature: Nodes of one network find each other without an address
  As a user on a team's network
  I want my node to find those of my colleagues by itself
  So that nobody has to pass addresses around

  Each node is in a container of its own; none is told the address of another. Docker drops whatever is sent to a group in
  an internal network, so this is for the host engine alone.

  Background:
    Given 3 nodes on the local network, of which none is told an address

  Scenario: They find each other, what one publishes reaches all, and who does not look there is not found
    Then within 60 seconds each node is connected to at least 2 others
    And each node has heard 2 others on the local network
    When peer 0 publishes 1 release of io.acme.web together
    Then all nodes come to hold the same 1 releases, never 90 seconds without progress
    And peer 2 adds and verifies io.acme.web
    When peer 3 starts, and does not look on the local network
    And peer 4 starts, and looks there
    Then within 60 seconds peer 4 comes to be connected to peer 0, peer 1 and peer 2
    And peer 3 has no peer

  @faults
  Scenario: Who goes is forgotten, and who dies is found again
    Then within 60 seconds each node is connected to at least 2 others
    When peer 2 ends
    Then within 60 seconds peer 0 has heard 1 other on the local network
    When peer 1 dies
    And peer 1 comes back
    Then within 60 seconds peer 0 comes to be connected to peer 1

  @faults @security
  Scenario: Nodes that were cut off, and of whom a liar says that they have gone, find each other again
    Then within 60 seconds each node is connected to at least 2 others
    When peer 0 and peer 1 are cut off from the others
    Then within 60 seconds peer 0 is not connected to peer 2
    When a liar says goodbyes on the local network
    And the network heals
    Then within 60 seconds each node is connected to at least 2 others

  @security
  Scenario: Who says garbage, falsehoods or far too much there keeps nobody from finding the others
    When a liar says garbage on the local network
    And a liar says falsehoods on the local network
    And a liar says flood on the local network
    Then within 60 seconds each node is connected to at least 2 others
    When peer 3 starts, and looks there
    Then within 60 seconds peer 3 comes to be connected to peer 0, peer 1 and peer 2
    And no honest node has used more than 200 MB

  Scenario: A node that cannot look on the local network says so, and how to run without it
    Given a machine with a program that shares the port of multicast DNS with nobody
    Then a node that is to look there ends with exit code 6, the code "local-discovery-failed" and a hint at "--mdns"
