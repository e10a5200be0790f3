@p2p @level1
Feature: Who does not answer holds up nobody
  As a user who fetches from peers
  I want those that have gone to cost me a moment, however many the DHT still names
  So that a package comes although most of those who had it have left

  A dial is given up after 5 seconds. The clock is virtual.

  Scenario: Providers that have gone cost the time of one of them
    Given 20 providers that answer no dial
    When all of them are dialled
    Then none is connected, after 5 seconds
    And 20 were dialled at the same time

  Scenario: When one provider is connected, the others have a second more
    Given 19 providers that answer no dial
    And a provider that answers after 0.2 seconds
    And a provider that answers after 0.9 seconds
    And a provider that answers after 1.5 seconds
    When all of them are dialled
    Then those that answer after 0.2 and 0.9 seconds are connected, after 1.2 seconds

  Scenario: A provider that is connected is not dialled, and the others have one second
    Given 19 providers that answer no dial
    And a provider that is connected
    When all of them are dialled
    Then that one is connected, after 1 seconds
    And the one that was connected was dialled 0 times

  Scenario: A provider that refuses ends no other dial
    Given 3 providers that refuse
    And a provider that answers after 4 seconds
    When all of them are dialled
    Then that one is connected, after 4 seconds

  Scenario: A bootstrap peer is dialled again and again, once at a time, until it is there, and when it has gone
    Given a bootstrap peer that answers no dial, and one that answers after 0.2 seconds
    When a node stays with them for 59 seconds, and after 30 its connections break
    Then the silent one was dialled 10 times, never twice at the same time
    And the other one was dialled 2 times
