@local @storage @level2
Feature: Several packages are published together
  An import publishes dozens of packages. Their content is synced together and one transaction names them, yet each
  stands for itself: what is wrong with one keeps no other out.

  Background:
    Given 5 signed packages of Alice, whose key is pinned

  Scenario: All of them are there, in their order
    When they are published together
    Then the log has them in their order, and the receipts say so
    And the next search finds the last
    And the store holds just what they need, and each new file was counted once

  Scenario Outline: The third <trouble>
    Given <trouble>, the third
    When they are published together
    Then the third is refused with "<code>"
    And the other 4 are published, and the store holds just what they need

    Examples:
      | trouble                                   | code              |
      | is signed by another key                  | key-changed       |
      | was changed after it was signed           | blob-corrupt      |
      | has lost a file after it was signed       | file-changed      |
      | is not of the content that its release says | release-mismatch |
      | is the second once more                   | version-exists    |

  Scenario: The disk is full in the middle: none of them is published
    Given the third meets a full disk
    When they are published together
    Then all are refused at once with "disk-full", and the log is empty

  @faults
  Scenario: The pins cannot be changed: none of them is published
    Given the key is pinned nowhere yet, and another command that changes the pins does not end
    When they are published together
    Then all are refused at once with "lock-timeout", and the log is empty

  @concurrency
  Scenario: Somebody else publishes the third in the middle: it alone is refused
    Given the third meets somebody else who publishes it
    When they are published together
    Then the third is refused with "version-exists"
    And the log has each of the 5 once
