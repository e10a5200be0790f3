@cleanroom @level3
Feature: Plain processes as the last resort
  Where neither Docker answers nor namespaces can be made, rooms are made of plain processes on 127.0.0.0/8. They keep
  order and promise nothing; what needs more is skipped with the reason, and a policy that asks for more is refused.

  Scenario: Loopback is chosen when nothing better is there, and says what it lacks
    When a machine without docker and host is asked for an engine
    Then it chooses loopback
    And it tells of each of these: "no docker engine, no host engine, engine loopback, private_network, memory_limit"

  @use.with_engine=host
  Scenario: Loopback is not chosen while namespaces can be made
    When a machine without docker is asked for an engine
    Then it chooses host

  @use.with_engine=loopback
  Scenario: A policy that asks for more than loopback has is refused
    Given a strict room on loopback
    Then starting a container is refused with "loopback lacks"

  @use.with_engine=loopback
  Scenario: A container that is removed as soon as it is started runs nothing any more
    Given a room on loopback, as strict as that can be
    Then each of 20 containers that are removed as soon as they are started runs nothing any more

  @security @use.with_engine=loopback
  Scenario: A file of this machine that is no part of a container is not written into
    Given a room on loopback, as strict as that can be
    When a container is started
    Then copying a file to /etc/cleanroom is refused with "no such place of its own"
    And copying a file to /tmp/../../cleanroom is refused with "no such place of its own"
