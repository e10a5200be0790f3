@cleanroom @level3
Feature: A room keeps what its policy promises
  A program inside tries to break each promise, and a control shows that the same try succeeds where nothing is promised.

  @use.with_capability=memory_limit @use.with_engine=<engine>
  Scenario Outline: On <engine>, who takes more memory than the limit is killed
    Given a strict room on <engine> with 64MB of memory
    When a container is started
    And it allocates 30 MB
    Then that succeeds
    When it allocates 200 MB
    Then that is killed
    And the container's state tells of the want of memory

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_capability=cpu_limit @use.with_engine=<engine>
  Scenario Outline: On <engine>, who computes more than the limit is made to wait
    Given a strict room on <engine> with 0.1 cores
    When a container is started
    And it computes for 1 seconds
    Then it was given at most 0.1 cores
    And it was made to wait

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_capability=stats @use.with_engine=<engine>
  Scenario Outline: On <engine>, without a limit nobody is made to wait
    Given a room on <engine> that is only cut off
    When a container is started
    And it computes for 0.3 seconds
    Then it was not made to wait

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_capability=pids_limit @use.with_engine=<engine>
  Scenario Outline: On <engine>, who starts more processes than the limit is refused
    Given a strict room on <engine> with 20 processes
    When a container is started
    And it starts 40 processes
    Then fewer than 20 were started and the next was refused
    And the container still runs

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_capability=read_only_root @use.with_engine=<engine>
  Scenario Outline: On <engine>, the root of a strict room cannot be written, its scratch folder can
    Given a room on <engine>, as strict as that can be
    When a container is started with a volume at /data
    Then writing gives
      | path       | outcome |
      | /x         | EROFS   |
      | /etc/x     | EROFS   |
      | /usr/bin/x | EROFS   |
      | /dev/shm/x | EROFS   |
      | /tmp/x     | written |
      | /data/x    | written |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a room that is only cut off can be written everywhere
    Given a room on <engine> that is only cut off
    When a container is started
    Then writing gives
      | path   | outcome |
      | /etc/x | written |
      | /tmp/x | written |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a scratch folder is no bigger than it was made
    Given a room on <engine>, as strict as that can be
    When a container is started with 5 MB of scratch at /small
    Then filling /small/x with 4 MB gives "written"
    And filling /small/y with 8 MB gives "ENOSPC"

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_capability=no_egress @use.with_engine=<engine>
  Scenario Outline: On <engine>, no name can be looked up and nothing outside can be reached
    Given a room on <engine>, as strict as that can be
    When a container is started
    Then looking up "example.org" gives "unresolved"
    And connecting to 192.0.2.1 port 80 fails
    And connecting to 1.1.1.1 port 53 fails

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_capability=host_closed @use.with_engine=<engine>
  Scenario Outline: On <engine>, what listens on this machine cannot be reached from a room
    Given a room on <engine>, as strict as that can be
    And a service of this machine that listens on all addresses
    When a container is started
    Then connecting to the service at the room's gateway fails
    And connecting to the service at each address of this machine fails
    But this machine reaches the service at each of its addresses

    Examples:
      | engine |
      | docker |
      | host   |

  @requires_docker
  Scenario: A policy that lets a container call out lets it reach this machine too
    Given a room on docker that is like production
    And a service of this machine that listens on all addresses
    When a container is started
    Then connecting to the service at the room's gateway gives "connected"

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, containers of a room reach each other, those of another room do not
    Given a room on <engine>, as strict as that can be
    And another room on <engine>, as strict as that can be
    When a server is started
    And a container is started
    And a container is started in the other room
    Then the first room's container can connect to the server
    But the other room's container cannot connect to the server

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, who runs in a strict room is nobody in particular and can become nothing more
    Given a room on <engine>, as strict as that can be
    When a container is started
    Then its programs run as user 10001 without capabilities, and cannot gain any
    And every try to rise is refused

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, even root of a strict room has no capabilities
    Given a room on <engine>, as strict as that can be, whose programs are root
    When a container is started
    Then its programs run as user 0 without capabilities, and cannot gain any

    Examples:
      | engine |
      | docker |
      | host   |

  @level1
  Scenario Outline: A limit of <value> for <limit> makes no sense and is refused at once
    Then a policy with a limit of <value> for <limit> is refused with "<message>"

    Examples:
      | limit     | value | message            |
      | memory    | 1MB   | 6 MiB or more      |
      | memory    | lots  | is not a size      |
      | cores     | 0     | 0.01 to 1024 cores |
      | processes | 0     | must be 1 or more  |

  @use.with_engine=host
  Scenario: What an engine cannot promise it refuses, instead of starting without it
    Given a room on host that is like production
    Then starting a container is refused with "host lacks egress"

  @use.with_engine=docker @use.with_capability=host_closed
  Scenario: A network that docker refuses leaves nothing in the firewall
    Given a room on docker, as strict as that can be
    Then a network that is named "host" is refused with "cannot be made"
    And the firewall has no rule of this run
