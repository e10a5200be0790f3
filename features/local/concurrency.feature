@local @concurrency @level4
Feature: Many processes share one home and nobody sees a half state
  Publishers, readers and those who look after the home do not wait for luck.

  Background:
    Given I run "ggen market key new"

  Scenario: Ten publish while ten search: none is lost, and every hit can be fetched and verified at once
    When 10 processes publish a package each, while 10 processes search, fetch and verify what they find
    Then no reader ever saw a half state, in more than 50 looks
    And every publisher found its own package at once, and at the end all 10 are there

  Scenario: Collecting garbage never takes what a publisher has just stored
    When 6 processes publish a package each, while garbage is collected again and again
    Then what ran beside them never failed, in more than 1 runs
    And every publisher found its own package at once, and at the end all 6 are there

  Scenario: Readers and publishers go on while the index is repaired
    When 6 processes publish a package each, while the index is repaired again and again
    Then what ran beside them never failed, in more than 1 runs
    And every publisher found its own package at once, and at the end all 6 are there
