@cleanroom @level3
Feature: Databases in a room
  A room starts PostgreSQL and Redis from images built of Debian's packages. Each is ready when it answers in its own
  protocol, keeps what it was given over a kill, and is seen by its own room alone.

  @crash @use.with_engine=<engine> @use.with_image=redis @use.with_capability=images
  Scenario Outline: On <engine>, Redis has what it was given after it was killed and started again
    Given a room on <engine>, as strict as that can be
    And Redis in the room
    When the key "greeting" is set to "hello" in Redis
    And the database is killed and started again
    Then Redis gives "hello" for the key "greeting"
    And this machine reaches the database by its URL "redis://HOST:PORT/0"

    Examples:
      | engine |
      | docker |
      | host   |

  @crash @use.with_engine=<engine> @use.with_image=postgres @use.with_capability=images
  Scenario Outline: On <engine>, PostgreSQL has what it committed after it was killed and started again
    Given a room on <engine>, as strict as that can be
    And PostgreSQL in the room
    When the row "hello" is committed to a table in PostgreSQL
    And the database is killed and started again
    Then PostgreSQL gives the row "hello"
    And this machine reaches the database by its URL "postgresql://room@HOST:PORT/room"

    Examples:
      | engine |
      | docker |
      | host   |

  @security @use.with_engine=<engine> @use.with_image=redis @use.with_capability=images
  Scenario Outline: On <engine>, two rooms do not see each other's databases
    Given a room on <engine>, as strict as that can be
    And another room on <engine>, as strict as that can be
    And Redis in each of the two rooms
    When the key "greeting" is set to "hello" in Redis
    Then Redis gives "" for the key "greeting" in the other room
    And a client in the first room gets "hello" for "greeting" at the first Redis's address, one in the other does not

    Examples:
      | engine |
      | docker |
      | host   |

  @security @use.with_engine=<engine> @use.with_image=redis,postgres @use.with_capability=images
  Scenario Outline: On <engine>, databases run under strict isolation, and not as root
    Given a room on <engine>, as strict as that can be
    And Redis in the room
    Then the database's processes are all of user 10001, and its root cannot be written
    Given PostgreSQL in the room
    Then the database's processes are all of user 10001, and its root cannot be written

    Examples:
      | engine |
      | docker |
      | host   |
