@suite @level3
Feature: The suite runs in several processes and ends with one honest line
  As an engineer in a hurry
  I want all cores to work on the suite and nothing red to get lost between them
  So that I can trust the last line, in my terminal and in CI

  Background:
    Given a small suite of its own
    And it has steps that go wrong in every way

  Scenario: A sound suite passes
    When the suite is run
    Then it ends with "1 passed, 0 failed, 0 skipped" and exit code 0
    And its output has "[1/1] features/sound.feature: 1 passed"

  Scenario: A process that dies takes its scenarios with it, and no other
    Given its file "features/deadly.feature" is
      """
      @local @level1
      Feature: Deadly
        Scenario: Before
          Given a sound step
        Scenario: Deadly
          Given a step that kills its process
        Scenario: After
          Given a sound step
      """
    When the suite is run with "--workers=2"
    Then it ends with "2 passed, 2 failed, 0 skipped" and exit code 1
    And its output has "Deadly (features/deadly.feature:5): the process was killed by SIGKILL in this scenario"
    And its output has "After (features/deadly.feature:7): the process was killed by SIGKILL before this scenario"

  Scenario: A feature that cannot be read is red
    Given its file "features/broken.feature" is
      """
      Feature: Broken
        Scenario: One
          Given a sound step
          Nonsense
      """
    When the suite is run
    Then it ends with "1 passed, 1 failed, 0 skipped" and exit code 1
    And its output has "ParserError"

  Scenario: Steps that cannot be loaded are red
    Given its file "steps/later_steps.py" is
      """
      import no_such_module
      """
    When the suite is run
    Then it ends with "0 passed, 1 failed, 0 skipped" and exit code 1
    And its output has "No module named 'no_such_module'"

  Scenario Outline: A run that proves nothing is red: <what>
    Given its file "features/idle.feature" is
      """
      @local @level1
      Feature: Idle
        Scenario: Idle
          Given a need that is not met
      """
    When the suite is run with "<arguments>"
    Then it ends with "<ending>" and exit code 1

    Examples:
      | what                      | arguments             | ending                        |
      | no scenario has the tag   | --tags=@smoke         | 0 passed, 0 failed, 0 skipped |
      | everything is skipped     | features/idle.feature | 0 passed, 0 failed, 1 skipped |
      | the feature is not there  | features/none.feature | 0 passed, 0 failed, 0 skipped |

  Scenario Outline: Arguments choose what is run: <arguments>
    Given its file "features/choice.feature" is
      """
      @local @level1
      Feature: Choice
        @smoke
        Scenario: First
          Given a sound step
        Scenario: Second
          Given a wrong product
      """
    When the suite is run with "<arguments>"
    Then it ends with "<ending>" and exit code <code>

    Examples:
      | arguments                                  | ending                        | code |
      | --tags=@smoke                              | 1 passed, 0 failed, 0 skipped | 0    |
      | -t @smoke features                         | 1 passed, 0 failed, 0 skipped | 0    |
      | -n Second                                  | 0 passed, 1 failed, 0 skipped | 1    |
      | features/choice.feature:4                  | 1 passed, 0 failed, 0 skipped | 0    |
      | features/choice.feature                    | 1 passed, 1 failed, 0 skipped | 1    |

  Scenario: What took longest is started first
    Given its file "features/zoo.feature" is
      """
      @local @level1
      Feature: Zoo
        Scenario: Zoo
          Given a sound step
      """
    And its file "build/durations.json" is
      """
      {"features/zoo.feature::Zoo": 40, "features/sound.feature::Nothing is wrong here": 1}
      """
    When the suite is run with "--workers=1"
    Then it ends with "2 passed, 0 failed, 0 skipped" and exit code 0
    And it tells of "features/zoo.feature" before "features/sound.feature"

  Scenario: A feature that would keep one process busy when the others are done is cut
    Given its file "features/long.feature" is
      """
      @local @level1
      Feature: Long
        Scenario: One
          Given a sound step
        Scenario: Two
          Given a sound step
        Rule: A rule
          Scenario Outline: Three of <what>
            Given <what>
            Examples:
              | what         |
              | a sound step |
              | a sound step |
      """
    And its file "build/durations.json" is
      """
      {"features/long.feature::One": 40, "features/long.feature::Two": 20,
       "features/long.feature::Three of a sound step -- @1.1": 5, "features/sound.feature::Nothing is wrong here": 1}
      """
    When the suite is run with "--workers=2"
    Then it ends with "5 passed, 0 failed, 0 skipped" and exit code 0
    And its output has "features/long.feature (1/3): 1 passed"
    And its output has "features/long.feature (2/3): 1 passed"
    And its output has "features/long.feature (3/3): 2 passed"

  Scenario: A feature whose scenarios have other names than in the run before is cut into parts that each have one
    Given its file "features/long.feature" is
      """
      @local @level1
      Feature: Long
        Scenario: Now named one
          Given a sound step
        Scenario: Now named two
          Given a sound step
        Scenario: Now named three
          Given a sound step
      """
    And its file "build/durations.json" is
      """
      {"features/long.feature::One": 40, "features/long.feature::Two": 20, "features/long.feature::Three": 20}
      """
    When the suite is run with "--workers=2 features/long.feature"
    Then it ends with "3 passed, 0 failed, 0 skipped" and exit code 0
    And its output has "features/long.feature (3/3): 1 passed"

  @crash
  Scenario Outline: <signal> stops the run, and what was at work cleans up
    Given its file "features/endless.feature" is
      """
      @local @level1
      Feature: Endless
        Scenario: Endless
          Given a step that waits for its end
      """
    When its features/endless.feature is run and gets <signal> when "waiting" is there
    Then it ends with "0 passed, 1 failed, 0 skipped" and exit code 130
    And the suite has the file "cleaned" with "yes"
    And none of its temporary files is left
    And its output has "interrupted"

    Examples:
      | signal  |
      | SIGINT  |
      | SIGTERM |

  Scenario: What never ends is stopped at the time limit
    Given its file "features/endless.feature" is
      """
      @local @level1
      Feature: Endless
        Scenario: Endless
          Given a step that waits for its end
      """
    When the suite is run with "features/endless.feature --time-limit 15"
    Then it ends with "0 passed, 2 failed, 0 skipped" and exit code 1
    And its output has "took longer than the time limit of 15 s"
    And the suite has the file "cleaned" with "yes"

  Scenario Outline: A setting that means nothing is refused before anything is run: <setting>
    When the suite is run with "-D <setting>"
    Then it is refused with exit code 2
    And its output has "<told>"
    And the suite has no file "build/summary.txt"

    Examples:
      | setting         | told                                                    |
      | driver=remote   | there is no driver 'remote': process or inprocess       |
      | registry=cargo  | there is no registry 'cargo': local, http, mirror, p2p  |
      | engine=lxc      | 'lxc' is no engine: docker, host, loopback or auto      |
      | keep=everything | keep=everything means nothing: only keep=failed         |
      | metrics=no      | metrics=no means nothing: only metrics=yes              |
      | patience=much   | patience=much is no number of seconds                   |

  Scenario: A behave that cannot begin leaves nothing
    When behave is run by itself with "-D engine=lxc"
    Then its output has "'lxc' is no engine"
    And none of its temporary files is left

  Scenario: The folder of a red scenario is kept for who asks
    Given its file "features/kept.feature" is
      """
      @local @level1
      Feature: Kept
        Scenario: Wrong with evidence
          Given a file in its world
          And a wrong product
      """
    When the suite is run with "-D keep=failed features/kept.feature"
    Then its output has "kept: build/kept/Wrong-with-evidence"
    And the suite has the file "build/kept/*/project/evidence.txt" with "fingerprints"
