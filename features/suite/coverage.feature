@suite @level3
Feature: The coverage map shows what of the product ran, in whatever process it ran
  As an engineer who asks what the suite proves
  I want each process measured, and the functions that must not fail named and held to the last branch
  So that a line which only a container runs counts, and an untested branch of a critical function is not overlooked

  Background:
    Given a small suite of its own
    And its product is a till whose "change" is critical

  Scenario: What only a process of its own runs is counted
    Given its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 to a process of its own
          When somebody gives 1 for 3 to a process of its own
      """
    When its coverage is measured with "--check"
    Then the map has "100.0 %  * sums.py:1 change"
    And the map has "overall (10 of 11)"
    And it has exit code 0

  Scenario: What only a forked child runs is counted, though it leaves without a word
    Given its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 to a forked child
          When somebody gives 1 for 3 to a forked child
      """
    When its coverage is measured
    Then the map has "100.0 %  * sums.py:1 change"

  @cleanroom @use.with_engine=<engine>
  Scenario Outline: What only a container on <engine> runs is counted, on this machine's paths
    Given its file "features/till.feature" is
      """
      @cleanroom @level3 @use.with_engine=<engine>
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 in a container on <engine>
          When somebody gives 1 for 3 in a container on <engine>
      """
    When its coverage is measured with "--check"
    Then the map has "100.0 %  * sums.py:1 change"
    And the map has "overall (10 of 11)"
    And it has exit code 0

    Examples:
      | engine |
      | docker |
      | host   |

  Scenario: A process that was not measured does not count
    Given its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 to a process that does not inherit the environment
          When somebody gives 1 for 3 to a process that does not inherit the environment
          When somebody gives 5 for 3 to a process of its own
      """
    When its coverage is measured with "--check"
    Then the map has "* sums.py:1 change  missing 3, 2->3"
    And it has exit code 1

  Scenario: A process that is killed while it writes what it ran is told of, and costs nothing else
    Given its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 to a process of its own
          When somebody gives 1 for 3 to a process of its own
          When a process leaves half of what it had to tell
      """
    When its coverage is measured with "--check"
    Then its output has "processes that ended while they wrote what had run in them, which does not count: 1"
    And the map has "100.0 %  * sums.py:1 change"
    And it has exit code 0

  Scenario Outline: A critical function with a branch that nobody took is red when asked to check: <arguments>
    Given its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough
          When somebody gives 5 for 3 to a process of its own
      """
    When its coverage is measured with "<arguments>"
    Then the map has "short: counter: sums.py:1 change is critical and covered to 60.0 %: 3, 2->3"
    And it has exit code <code>
    And Allure shows the map as <status> with "sums.py:1 change"

    Examples:
      | arguments  | code | status  |
      | --check    | 1    | failed  |
      | -t @level1 | 0    | skipped |

  Scenario: A whole that is covered to less than its goal is red
    Given its table of critical functions has "overall = 95" for "overall = 80"
    And its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 to a process of its own
          When somebody gives 1 for 3 to a process of its own
      """
    When its coverage is measured with "--check"
    Then the map has "short: overall 90.9 % is less than 95 %"
    And it has exit code 1

  @level1
  Scenario Outline: A percentage is never shown as better than it is: <ran> of <total>
    Then <ran> of <total> is shown as "<shown>"

    Examples:
      | ran  | total | shown   |
      | 8999 | 10000 | 89.9 %  |
      | 9999 | 10000 | 99.9 %  |
      | 9000 | 10000 | 90.0 %  |
      | 0    | 0     | 100.0 % |

  Scenario: Good coverage does not hide a red scenario
    Given it has steps that go wrong in every way
    And its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough and too little
          When somebody gives 5 for 3 to a process of its own
          When somebody gives 1 for 3 to a process of its own
        Scenario: Red
          Given a wrong product
      """
    When its coverage is measured with "--check"
    Then the map has "100.0 %  * sums.py:1 change"
    And it has exit code 1
    And Allure shows the map as passed with "overall 90.9 %"

  Scenario Outline: A table that does not fit the code is an error: <what>
    Given its table of critical functions has "<new>" for "<old>"
    When its coverage is measured
    Then its output has "<message>"
    And it has exit code 1

    Examples:
      | what                               | old                  | new                    | message                                                      |
      | a function that was renamed        | ["change"]           | ["rest"]               | no coverage map: critical but not there: sums.py rest        |
      | a file that belongs to nobody      | files = ["sums.py"]  | files = ["more.py"]    | no coverage map: sums.py is in no component                  |
      | a file that belongs to two         | "__main__.py"        | "__main__.py", "sums.py" | no coverage map: sums.py is in counter and door            |
      | a table that is none               | overall = 80         | overall = {            | no coverage map: support/suite/coverage_map.toml: TOMLDecodeError          |

  Scenario: The page shows each function and loads nothing from elsewhere
    Given its file "features/till.feature" is
      """
      @local @level1
      Feature: Till
        Scenario: Enough
          When somebody gives 5 for 3 to a process of its own
      """
    When its coverage is measured
    Then the page of the map shows
      | component | function             | percent | missing |
      | counter   | * sums.py:1 change   | 60.0 %  | 3, 2->3 |
      | counter   | sums.py:7 greeting   | 0.0 %   | 8       |
    And the page of the map loads nothing
    When the map is drawn again
    Then the map has "short: counter: sums.py:1 change is critical"
