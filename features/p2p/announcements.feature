@p2p @security @level1
Feature: An announcement is checked before anybody forwards it
  As a user of a network in which anybody may speak
  I want what is gossiped to be small and signed, and to hold nothing that was not signed for
  So that nobody can use my node to spread garbage

  Background:
    Given the log of ann with 2 releases

  Scenario: What was announced is read as it was written, with the manifest of its release
    Then ann's newest entry is read from its announcement, with the manifest
    And ann's newest entry is read from its announcement, without a manifest

  Scenario: An announcement has at most 64 KiB: the manifest goes first, and what is too long alone is left to sync
    Then an announcement of exactly 64 KiB holds the manifest
    And one byte more, and it goes without the manifest
    And an entry that fills 64 KiB alone is announced, and one that is a byte longer is not

  Scenario Outline: An announcement <what> is refused
    Then an announcement <what> is refused as "<code>"

    Examples:
      | what                                         | code                 |
      | of one byte more than 64 KiB                 | log-entry-malformed  |
      | with the manifest of another release         | log-entry-malformed  |
      | of a yank, with something after it           | log-entry-malformed  |
      | of an entry that another key has signed      | signature-wrong      |
      | of an entry that nobody has signed           | signature-missing    |
      | of a release that was changed afterwards     | signature-wrong      |
      | that ends in the middle of its entry         | record-not-canonical |
      | of nothing                                   | record-not-canonical |
