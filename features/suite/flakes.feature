@suite @level3
Feature: Flakiness is measured by running features again and again
  As an engineer who is told that a scenario "sometimes" fails
  I want to run it many times and be told how often it was red, even when that takes more than one sitting
  So that "flaky" is a number

  Background:
    Given a small suite of its own
    And it has steps that go wrong in every way
    And its file "features/moody.feature" is
      """
      @local @level1
      Feature: Moody
        Scenario: Moody
          Given a product that is wrong every third time
      """

  Scenario: What was red once is named, with how often
    When its features are run 4 times in a row
    Then it ends with "4 runs, 3 of them green; 1 of 2 scenarios flaked; 8 scenario runs" and exit code 1
    And its output has "failed 1 of 4: Moody (features/moody.feature:3)"
    And the suite has the file "build/flakes/003/summary.txt" with "the product is wrong"

  Scenario: Runs that never were red say so
    When its features are run 2 times in a row
    Then it ends with "2 runs, 2 of them green; 0 of 2 scenarios flaked; 4 scenario runs" and exit code 0

  Scenario: Many runs take more than one sitting
    Given its features are run 2 times in a row
    When its features are run 4 times in a row with "--resume"
    Then it ends with "4 runs, 3 of them green; 1 of 2 scenarios flaked; 8 scenario runs" and exit code 1
    And its output has "run 3 of 4: 1 of 2 red"
    But its output has no "run 2 of 4"

  Scenario: Runs of other features are not gone on with
    Given its features are run 1 times in a row
    When its features are run 2 times in a row with "--resume features/sound.feature"
    Then it is refused with exit code 2
    And its output has "the runs that are kept were of"

  Scenario: Without any run there is nothing to go on with
    When its features are run 2 times in a row with "--resume"
    Then it is refused with exit code 2
    And its output has "there is nothing to go on with"

  @crash
  Scenario Outline: <signal> ends the sitting, what was at work cleans up, and nothing is left
    Given its file "features/endless.feature" is
      """
      @local @level1
      Feature: Endless
        Scenario: Endless
          Given a step that waits for its end
      """
    When its features are run again and again until they get <signal> when "waiting" is there
    Then it ends with "0 runs, 0 of them green; 0 of 0 scenarios flaked; 0 scenario runs" and exit code 130
    And its output has "interrupted; --resume goes on with run 1 of 9"
    And the suite has the file "cleaned" with "yes"
    And none of its temporary files is left

    Examples:
      | signal  |
      | SIGINT  |
      | SIGTERM |
