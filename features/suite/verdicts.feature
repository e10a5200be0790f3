@suite @level3
Feature: Each scenario gets a true verdict, in the summary and in Allure
  As an engineer who reads a report
  I want the product's failures, the harness's troubles and what was not tried kept apart
  So that green means proved, and red tells where to look

  Background:
    Given a small suite of its own
    And it has steps that go wrong in every way

  @smoke
  Scenario: Each kind of trouble is told for what it is, wherever the scenario stands
    Given its file "features/odd.feature" is
      """
      @local @level1
      Feature: Odd
        Scenario: Wrong
          Given a sound step
          And a wrong product
        @security
        Rule: What stands in a rule counts as well
          @cli
          Scenario: Troubled
            Given a harness in trouble
          Scenario: Undefined
            Given a step that nobody defined
          Scenario: Skipped
            Given a need that is not met
          Scenario: Untidy
            Given a cleanup that fails
          Scenario: Sound
            Given a sound step
          Scenario Outline: Careless
            Given <what>
            Examples:
              | what                                      |
              | a failing command that nobody asks about  |
          Scenario: Wrong and untidy
            Given a cleanup that fails
            And a wrong product
      """
    When the suite is run with "features/odd.feature"
    Then it ends with "1 passed, 6 failed, 1 skipped" and exit code 1
    And the verdicts are
      | scenario            | kind    | says                                     |
      | Wrong               | failed  | the product is wrong                     |
      | Troubled            | broken  | RuntimeError: no room                    |
      | Undefined           | broken  | undefined                                |
      | Skipped             | skipped | the moon is not full                     |
      | Untidy              | broken  | OSError: the broom is missing            |
      | Sound               | passed  |                                          |
      | Careless -- @1.1    | failed  | a failing command was not asserted       |
      | Wrong and untidy    | failed  | the broom is missing                     |
    And Allure reports
      | scenario            | status  | says                                     |
      | Wrong               | failed  | the product is wrong                     |
      | Troubled            | broken  | no room                                  |
      | Undefined           | broken  | undefined                                |
      | Skipped             | skipped | the moon is not full                     |
      | Untidy              | broken  | the broom is missing                     |
      | Sound               | passed  |                                          |
      | Careless -- @1.1    | failed  | a failing command was not asserted       |
      | Wrong and untidy    | failed  | the product is wrong                     |
    And Allure gives "Troubled" the tags local level1 security cli
    And its output has "printed before it went wrong"
    And its output has "odd_steps.py"
    And its output has "passed 1  failed 3  broken 3  skipped 1"
    And its output has "skipped: the moon is not full"
    And the suite has the file "build/allure-results/environment.properties" with "driver process"
    And the suite has the file "build/allure-results/categories.json" with "broken"

  Scenario Outline: A hook that fails makes the scenarios <kind>: <hook>
    Given its file "environment.py" is
      """
      from support.suite.session import Session

      def <hook>(*_arguments):
          raise RuntimeError("the hook is off")
      """
    When the suite is run
    Then it ends with "<ending>" and exit code 1
    And its output has "the hook is off"

    Examples:
      | hook            | kind   | ending                        |
      | before_all      | broken | 0 passed, 1 failed, 0 skipped |
      | before_feature  | and their feature broken | 0 passed, 2 failed, 0 skipped |
      | before_scenario | broken | 0 passed, 1 failed, 0 skipped |
      | after_scenario  | broken | 0 passed, 1 failed, 0 skipped |
      | after_feature   | sound and the feature broken | 1 passed, 1 failed, 0 skipped |
      | after_all       | sound and the run broken     | 1 passed, 1 failed, 0 skipped |

  Scenario: What a scenario leaves behind makes it broken, and does not hurt the next one
    Given its file "features/leaky.feature" is
      """
      @local @level1
      Feature: Leaky
        Scenario: Child
          Given a process that nobody waits for
        Scenario: Orphan
          Given a process whose parent is gone
        Scenario: Thread
          Given a thread that nobody joins
        Scenario: Socket
          Given a socket that nobody closes
        Scenario: Folder
          Given a folder that nobody removes
        Scenario: Clean
          Given a file in its world
      """
    When the suite is run with "features/leaky.feature -D patience=2"
    Then it ends with "1 passed, 5 failed, 0 skipped" and exit code 1
    And the verdicts are
      | scenario | kind   | says                                       |
      | Child    | broken | 'Child' left behind: process               |
      | Orphan   | broken | (sleep 61)                                 |
      | Thread   | broken | 'Thread' left behind: thread sleeper       |
      | Socket   | broken | 'Socket' left behind: listening socket 127 |
      | Folder   | broken | left behind: temporary folder forgotten-   |
      | Clean    | passed |                                            |

  Scenario: A process without a parent that becomes another program again and again is seen at every look
    Then of 1,000 looks at such a process none overlooks it
