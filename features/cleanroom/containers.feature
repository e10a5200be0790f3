@cleanroom @level3
Feature: Commands, files and logs of a container
  What a scenario does with a container: run a command in it, give it files, take files out, stop it, start it again.

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a command gives its exit code and its two outputs apart
    Given a room on <engine>, as strict as that can be
    When a container is started
    And it runs "sh -c 'echo out; echo err >&2; exit 7'"
    Then the exit code is 7, the output "out\n" and the error output "err\n"
    When it runs "true"
    Then the exit code is 0, the output "" and the error output ""

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a command that outlives its deadline is killed with what it started
    Given a room on <engine>, as strict as that can be
    When a container is started
    Then running "sh -c 'echo begun; sleep 987 & sleep 987'" for at most 6 seconds times out after "begun"
    And no process inside has "987" among its arguments
    And the container still runs

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, files go in and come out unchanged
    Given a room on <engine>, as strict as that can be
    When a container is started with a volume at /data
    And 100000 bytes of every value are copied to /tmp/file
    Then copying /tmp/file out gives the same bytes
    When the file deep/er/file is put into the volume
    Then copying /data/deep/er/file out gives the same bytes
    And copying /tmp/none out says that there is no such file
    And the file ../out of the volume is refused

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, containers share what is on a volume
    Given a room on <engine>, as strict as that can be
    When a container is started with a volume at /data
    And another container is started with the volume at /elsewhere
    And it writes /data/note
    Then the other container has the file /elsewhere/note

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, the log file has the first line and the last, over a restart
    Given a room on <engine>, as strict as that can be
    When a container is started with the command "sh -c 'echo first; echo second; sleep 60'"
    Then its log file comes to hold "first,second"
    When it is killed
    And it is started again
    Then its log file comes to hold "first,second,first,second"

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, no process of a killed container outlives another for long enough to tell
    Given a room on <engine>, as strict as that can be
    When a container is started with many shells, each of which tells when the program ends for which it waits
    And it is killed and started again 8 times, each time when all wait
    Then its log tells of no program that ended

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a server that is killed and started again answers at the same address
    Given a room on <engine>, as strict as that can be
    When a server is started with the file hello.txt
    And it is killed
    Then its state is "exited" with exit code 137
    And the server does not answer
    When it is started again
    Then it comes to answer at the address that it had

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a program that is asked to stop can end in its own way
    Given a room on <engine>, as strict as that can be
    When a container is started with the command "sh -c 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done'"
    Then its log file comes to hold "up"
    When it is stopped
    Then its state is "exited" with exit code 5
    And its log file comes to hold "up,bye"

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine> @use.with_capability=pause
  Scenario Outline: On <engine>, a paused server does not answer until it may go on
    Given a room on <engine>, as strict as that can be
    When a server is started with the file hello.txt
    And it is paused
    Then its state is "paused"
    And the server does not answer within 0.3 seconds
    When it may go on
    Then the server answers

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine> @use.with_capability=private_network
  Scenario Outline: On <engine>, a server that leaves its network is not reached until it comes back
    Given a room on <engine>, as strict as that can be
    When a server is started
    And a container is started
    And the server leaves its network
    Then the first room's container cannot connect to the server
    When the server comes back to its network
    Then the first room's container can connect to the server

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine> @use.with_capability=stats
  Scenario Outline: On <engine>, the resources that a container uses are measured
    Given a room on <engine>, as strict as that can be
    When a container is started
    And it allocates 50 MB
    Then its memory peaked at 50 MB or more

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |
