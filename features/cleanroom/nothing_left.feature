@cleanroom @level3
Feature: Nothing outlives its run
  Every resource carries the id of its run from the moment it exists. Whatever ends the run, what carries its id goes.

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a room that closes has removed what it made
    Given a room on <engine>, as strict as that can be
    When a server is started with the file hello.txt
    And a container is started with a volume at /data
    Then the engine knows of containers, networks and volumes of the room
    When the room closes
    Then the engine knows of nothing of the room

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a container that cannot start leaves nothing behind
    Given a room on <engine>, as strict as that can be
    When a container is started with the command "no-such-program"
    Then waiting for each of these succeeds
      | strategy | argument |
      | exit     | 127      |
    And starting a container with a folder that does not exist fails
    When the room closes
    Then the engine knows of nothing of the room

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  Scenario: A connection into a room that is being made while the room closes is cut with the others
    Given a server, and a forwarder that leads to it, whose connections are made only when it is being closed
    When a client connects to the forwarder and holds on
    And the forwarder is closed
    Then no thread carries the client's connection any more
    And the client has read the end of its connection

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, one removal that fails does not keep the others from going
    Given a room on <engine>, as strict as that can be
    When a server is started with the file hello.txt
    And a cleanup that fails is registered
    Then closing the room tells of that cleanup
    And the engine knows of nothing of the room

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @crash @use.with_engine=<engine>
  Scenario Outline: On <engine>, a run that ends by <signal> leaves nothing
    Given a run of its own with a room of 3 containers on <engine>
    Then the engine knows of the run's containers, networks and volumes
    When the run gets <signal>
    Then within 60 seconds the engine knows of nothing of the run
    And the run's folder and watchdog are gone

    Examples:
      | engine | signal  |
      | docker | SIGKILL |
      | host   | SIGKILL |
      | loopback   | SIGKILL |
      | docker | SIGTERM |
      | host   | SIGTERM |
      | loopback   | SIGTERM |
      | docker | SIGINT  |
      | host   | SIGINT  |
      | loopback   | SIGINT  |

  @crash @use.with_engine=<engine>
  Scenario Outline: On <engine>, a run that is killed while it makes its room leaves nothing
    Given a run of its own that begins to make a room of 3 containers on <engine>
    When the run gets SIGKILL
    Then within 60 seconds the engine knows of nothing of the run
    And the run's folder and watchdog are gone

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @crash @use.with_engine=<engine>
  Scenario Outline: On <engine>, what a run and its watchdog leave when both are killed, the next run sweeps away
    Given a run of its own with a room of 3 containers on <engine>
    And the engine knows of the run's volumes
    When the run's watchdog gets SIGKILL
    And the run gets SIGKILL
    And another run begins
    Then within 60 seconds the engine knows of nothing of the run

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @crash @concurrency @use.with_engine=<engine>
  Scenario Outline: On <engine>, two runs that sweep at the same time are not in each other's way
    Given a run of its own with a room of 3 containers on <engine>
    When the run's watchdog gets SIGKILL
    And the run gets SIGKILL
    And what is left of the run is removed twice over
    Then within 60 seconds the engine knows of nothing of the run

    Examples:
      | engine |
      | docker |
      | host   |

  @concurrency @use.with_engine=host
  Scenario: One run can look what is left while the things of another come and go
    When what is left of groups and folders is looked for 1000 times while another run's come and go
    Then it was told each time

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, the sweep leaves alone what a living run has
    Given a room on <engine>, as strict as that can be
    When a server is started with the file hello.txt
    And another run begins
    Then the server answers

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @level1
  Scenario: Who can open no file cannot tell that a run has ended
    When a process that can open no more files is asked about a living run
    Then it tells that the run's birth cannot be read, and not that the run has ended

  @use.with_engine=docker
  Scenario: On docker, images of ours that nobody has wanted for two days go, and no others
    Given images on docker of which "old" and "used by a container" were wanted three days ago and "young" just now
    When another run begins
    Then of the images "young" and "used by a container" are left

  @use.with_engine=host
  Scenario: On host, trees of ours that nobody has wanted for two days go
    Given images on host of which "old" and "killed while it was built" were wanted three days ago and "young" just now
    When another run begins
    Then of the images "young" is left
