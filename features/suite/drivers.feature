@suite @level4
Feature: The same steps run through the real executable and in the suite's own process
  As an engineer
  I want to choose whether commands run as a user runs them or where my debugger sees them
  So that a finding can be followed without another set of steps

  Scenario: Both drivers give the same verdicts
    When the project's own features/cli/first_verbs.feature is run with the driver process
    Then its output has "driver process"
    When the project's own features/cli/first_verbs.feature is run with the driver inprocess
    Then its output has "driver inprocess"
    And both drivers gave the same verdicts, all of them passed

  Scenario Outline: The driver <driver> runs the product <where>
    Given a small suite of its own
    And it has steps that go wrong in every way
    And its file "features/where.feature" is
      """
      @local @level1
      Feature: Where
        Scenario: Where
          Given a product that is changed in this very process
      """
    When the suite is run with "features/where.feature -Ddriver=<driver>"
    Then it ends with "<ending>" and exit code <code>

    Examples:
      | driver    | where              | ending                        | code |
      | inprocess | in its own process | 1 passed, 0 failed, 0 skipped | 0    |
      | process   | elsewhere          | 0 passed, 1 failed, 0 skipped | 1    |
