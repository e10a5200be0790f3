@cleanroom @suite @level3
Feature: What went wrong in a room can be understood when the room is gone
  As an engineer who reads a red report
  I want to have what the rooms of the scenario knew, each trouble named after whose it is, and a room to look around in
  So that I need not run it again to understand it

  Background:
    Given a small suite of its own
    And it has steps that go wrong in every way
    And it has steps that go wrong in rooms

  @use.with_engine=<engine> @use.with_capability=stats
  Scenario Outline: On <engine>, a red scenario leaves what its rooms knew, a green one their timeline
    Given its file "features/rooms.feature" is
      """
      @cleanroom @level3 @use.with_engine=<engine>
      Feature: Rooms
        Scenario: Wrong
          Given a server in a room on <engine>
          And something is asked of it through a proxy
          And "ls /data" is run in it
          Then the product is wrong
        Scenario: Wrong within a step
          Given a room on <engine> in which a step itself finds the product wrong
        Scenario: Sound
          Given a server in a room on <engine>
          And "ls /data" is run in it
          Then the product is right
      """
    When the suite is run with "features/rooms.feature"
    Then it ends with "1 passed, 2 failed, 0 skipped" and exit code 1
    And there are artefacts of "Wrong", in its folder and in Allure
      | file                | tells                          |
      | *http.log           | GET /hello.txt                 |
      | *http.inspect.json  | "status": "running"            |
      | *http.resources.json | memory_peak_bytes             |
      | *http.files.txt     | hello.txt                      |
      | *volume.txt         | hello.txt                      |
      | *commands.txt       | "argv": ["ls", "/data"]        |
      | timeline.txt        | container http ready           |
      | timeline.txt        | step: Then the product is wrong |
      | traffic-1.jsonl     | "target": "/hello.txt"         |
    And there are artefacts of "Wrong within a step", in its folder and in Allure
      | file         | tells                  |
      | *http.log    | listening on           |
      | *volume.txt  | inner.txt              |
      | timeline.txt | closed                 |
    And Allure shows of "Sound" only "timeline.txt", and it has no folder

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, trouble of the cleanroom is broken and trouble of the product failed, whoever tells of it
    Given its file "features/rooms.feature" is
      """
      @cleanroom @level3 @use.with_engine=<engine>
      Feature: Rooms
        Scenario: Product
          Given a server in a room on <engine>
          Then the product is wrong
        Scenario: Room
          Given a server in a room on <engine>
          And a harness that waits for what never comes
        Scenario: Command
          Given a server in a room on <engine>
          And "false" is run in it
        Scenario: Cleanup
          Given a server in a room on <engine>
          And a room that cannot be cleaned
        Scenario: Product and cleanup
          Given a server in a room on <engine>
          And a room that cannot be cleaned
          Then the product is wrong
        Scenario: Sound
          Given a server in a room on <engine>
          Then the product is right
      """
    When the suite is run with "features/rooms.feature"
    Then it ends with "1 passed, 5 failed, 0 skipped" and exit code 1
    And its output has "passed 1  failed 2  broken 3  skipped 0"
    And the verdicts are
      | scenario            | kind   | says                     |
      | Product             | failed | hello is not bye         |
      | Room                | broken | WaitTimeoutError         |
      | Command             | broken | EngineError: false in    |
      | Cleanup             | broken | CleanupError             |
      | Product and cleanup | failed | hello is not bye         |
      | Sound               | passed |                          |
    And Allure reports
      | scenario            | status | says                     |
      | Product             | failed | hello is not bye         |
      | Room                | broken | port 9                   |
      | Command             | broken | false in                 |
      | Cleanup             | broken | a broom                  |
      | Product and cleanup | failed | hello is not bye         |
      | Sound               | passed |                          |
    And behave by itself ends with
      | scenario | exit code | counts                          |
      | Product  | 1         | 0 scenarios passed, 1 failed    |
      | Room     | 1         | 0 scenarios passed, 0 failed, 1 error |
      | Cleanup  | 1         | 0 scenarios passed, 0 failed, 1 cleanup_error |
      | Sound    | 0         | 1 scenario passed, 0 failed     |

    Examples:
      | engine |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, what a step leaves behind is told with the step, and does not hurt the next scenario
    Given its file "features/rooms.feature" is
      """
      @cleanroom @level3 @use.with_engine=<engine>
      Feature: Rooms
        Scenario: Room
          Given a sound step
          And a room on <engine> that nobody closes
          And a sound step
        Scenario: Connection
          Given a server in a room on <engine>
          And a connection that nobody closes
        Scenario: Datagrams
          Given a sound step
          And a datagram socket that nobody closes
        Scenario: Folder
          Given a folder that nobody removes
          And a sound step
        Scenario: Process
          Given a sound step
          And a process whose parent is gone
        Scenario: Sound
          Given a server in a room on <engine>
          Then the product is right
      """
    When the suite is run with "features/rooms.feature -D patience=2"
    Then it ends with "1 passed, 5 failed, 0 skipped" and exit code 1
    And the verdicts are
      | scenario   | kind   | says                                                            |
      | Room       | broken | of the step 'And a room on <engine> that nobody closes'         |
      | Connection | broken | of the step 'And a connection that nobody closes'               |
      | Datagrams  | broken | of the step 'And a datagram socket that nobody closes'          |
      | Folder     | broken | of the step 'Given a folder that nobody removes'                |
      | Process    | broken | of the step 'And a process whose parent is gone'                |
      | Sound      | passed |                                                                 |
    And its output has each of
      | text                         |
      | <engine> <kind>              |
      | temporary folder             |
      | 'Connection' left behind: socket 127.0.0.1: |

    Examples:
      | engine | kind                   |
      | host   | process holder of room |

  @requires_docker
  Scenario: An image that was made of a room's container and left is told with the step, and removed
    Given its file "features/rooms.feature" is
      """
      @cleanroom @level3 @requires_docker
      Feature: Rooms
        Scenario: Image
          Given a server in a room on docker
          And an image that nobody removes
        Scenario: Room
          Given a room on docker that nobody closes
        Scenario: Sound
          Given a server in a room on docker
          Then the product is right
      """
    When the suite is run with "features/rooms.feature -D patience=2"
    Then it ends with "1 passed, 2 failed, 0 skipped" and exit code 1
    And the verdicts are
      | scenario | kind   | says                                             |
      | Image    | broken | of the step 'And an image that nobody removes'   |
      | Room     | broken | docker container generic-                        |
      | Sound    | passed |                                                  |
    And its output has "'Image' left behind: docker image sha256:"

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a red scenario's room can be kept, entered, and removed
    Given its file "features/rooms.feature" is
      """
      @cleanroom @level3 @use.with_engine=<engine>
      Feature: Rooms
        Scenario: Wrong
          Given a server in a room on <engine>
          Then the product is wrong
        Scenario: Sound
          Given a server in a room on <engine>
          Then the product is right
      """
    When the suite is run with "features/rooms.feature -D keep=failed"
    Then it ends with "1 passed, 1 failed, 0 skipped" and exit code 1
    And it told how to enter one kept room and how to remove it
    When another run begins
    And "cat /data/hello.txt" is run by the command that enters the room
    Then it prints "hello"
    When the kept room is removed as it was told
    Then the engine knows of nothing of the kept room's run, and its folder is gone

    Examples:
      | engine |
      | docker |
      | host   |
