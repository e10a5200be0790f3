@cleanroom @level3
Feature: Waiting for a container ends as soon as it is ready, and tells why when it never is
  No step sleeps: it waits for a condition, under one deadline.

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, each strategy sees when a server is ready
    Given a room on <engine>, as strict as that can be
    When a server is started with the file hello.txt
    Then waiting for each of these succeeds
      | strategy | argument               |
      | log      | listening on \d+       |
      | port     | 8000                   |
      | http     | /hello.txt             |
      | exec     | test -e /data          |
      | file     | /data/hello.txt        |
      | all      | port 8000, http /      |
      | any      | port 9999, http /      |

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a program that ends is seen to end, with its exit code
    Given a room on <engine>, as strict as that can be
    When a container is started with the command "sh -c 'echo over; exit 3'"
    Then waiting for each of these succeeds
      | strategy | argument |
      | exit     | 3        |
      | log      | over     |

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @requires_docker
  Scenario: A health check is waited for
    Given a strict room on docker
    When a container is started whose health check wants the file /tmp/ready
    Then waiting for its health takes longer than 0.2 seconds
    When it writes /tmp/ready
    Then waiting for each of these succeeds
      | strategy | argument |
      | health   |          |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a time-out tells what was waited for, what was seen, the state and the last lines
    Given a room on <engine>, as strict as that can be
    When a container is started with the command "sh -c 'for n in 1 2 3; do echo line $n; done; sleep 60'"
    Then waiting for each of these times out, and tells of the state, of "line 3", of what was wanted and what was seen
      | strategy | argument           | wanted                   | seen            |
      | log      | never said         | a log line that matches  | 3 lines of log  |
      | port     | 8000               | port 8000                | no listener     |
      | http     | /                  | status 200 of GET /      | no answer       |
      | exec     | false              | success of false         | exit code 1     |
      | file     | /tmp/none          | the file /tmp/none       | exit code 1     |
      | health   |                    | health                   | no health check |
      | exit     | 0                  | its end with exit code 0 | running         |
      | all      | log line 1, port 9 | all of                   | no listener     |
      | any      | port 8, port 9     | any of                   | no listener     |

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, waiting for a port stops at once when the program has ended
    Given a room on <engine>, as strict as that can be
    When a container is started with the command "sh -c 'echo cannot start >&2; exit 4'"
    Then waiting 60 seconds for port "8000" is over early and tells
      | told         |
      | exit code 4  |
      | cannot start |

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |
