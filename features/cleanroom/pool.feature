@cleanroom @level3
Feature: Rooms that are made before they are wanted are as good as fresh ones
  A pool makes rooms in the background. Each is handed out once; what is saved is the waiting.

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a room of the pool is as empty and as closed as a fresh one, whatever was done in another
    Given a pool of 2 rooms on <engine>, as strict as that can be, each with a container
    When a room is taken, files are written, a process is left running, and the room is closed
    And another room is taken
    Then it and a fresh room answer alike to
      | question            |
      | files               |
      | processes           |
      | environment         |
      | user                |
      | write /x            |
      | write /etc/x        |
      | write /tmp/x        |
      | resolve example.org |
      | connect 192.0.2.1   |
    And containers of rooms of the pool cannot reach each other
    And it closes without a trace

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, no room is handed out twice, and those that nobody took go with the pool
    Given a pool of 2 rooms on <engine>, as strict as that can be, each with a container
    When 5 rooms are taken one after the other
    Then they are 5 rooms, each with a container of its own that runs
    When the pool closes
    Then the engine knows of no room but those that were taken
    And no room can be taken

    Examples:
      | engine |
      | docker |
      | host   |

  @concurrency @use.with_engine=<engine>
  Scenario Outline: On <engine>, who takes rooms at the same time gets different ones
    Given a pool of 2 rooms on <engine>, as strict as that can be, each with a container
    When 4 rooms are taken at the same time
    Then they are 4 rooms, each with a container of its own that runs

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a room that cannot be made is told to who takes it, and leaves nothing
    Given a pool of rooms on <engine>, as strict as that can be, whose programs never answer
    Then taking a room fails with "port 9"
    When the pool closes
    Then the engine knows of no room but those that were taken

    Examples:
      | engine |
      | docker |
      | host   |
