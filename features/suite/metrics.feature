@suite @level3
Feature: Each scenario can be asked what it costs
  As an engineer whose suite has become slow or large
  I want time, memory and bytes of each scenario, with those of the processes and containers it started
  So that I see which scenario to look at

  Background:
    Given a small suite of its own
    And its product is a till whose "change" is critical

  Scenario: A run that is asked for figures ends with a table of them
    Given its file "features/work.feature" is
      """
      @local @level1
      Feature: Work
        Scenario: Work
          Given a process that computes for 0.5 s, holds 80 MB and writes 3 MB
      """
    When the suite is run with "--metrics"
    Then it ends with "2 passed, 0 failed, 0 skipped" and exit code 0
    And the table shows for Work at least 0.5 s of processor, 80 MB of memory and 3 MB written
    And the table shows for "Nothing is wrong here" less than 0.4 s of processor and 3 MB written
    And Allure has the same figures for Work

  Scenario: Who does not ask gets no table
    When the suite is run
    Then its output has no figures

  @cleanroom @use.with_engine=<engine> @use.with_capability=stats
  Scenario Outline: Containers on <engine> are counted with their processor time and memory
    Given its file "features/room.feature" is
      """
      @cleanroom @level3 @use.with_engine=<engine>
      Feature: Room
        Scenario: Room
          When a container on <engine> computes for 0.5 s
      """
    When the suite is run with "--metrics features/room.feature"
    Then it ends with "1 passed, 0 failed, 0 skipped" and exit code 0
    And the scenario Room had 1 container that used at least 0.5 s of processor and 1 MB of memory

    Examples:
      | engine |
      | docker |
      | host   |
