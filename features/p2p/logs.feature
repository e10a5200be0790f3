@p2p @level1
Feature: Publisher logs are the same on every node, whatever came first
  As a user of a network without a server
  I want every node to come to the same index
  So that what I find does not depend on whom I asked

  Scenario: The order in which entries come, and how often, makes no difference
    Then the entries of honest and of forked logs give the same logs in every order

  Scenario: Nodes that saw different parts come to the same by syncing in pairs
    Then four nodes with parts of the logs come to the same logs, in whatever order they sync

  Scenario: One session is enough for two nodes
    Then who only pulls comes to know all that the server knows, and a whole session leaves both alike

  Scenario: A chain is taken in from its beginning
    Then an entry that follows another entry than ours waits for that one

  Scenario: Sync sends what is lacking and nothing else
    Then two nodes that know the same 50 entries send each other none
    And a node that knows 40 of 50 entries gets 10

  Scenario: An author that signs two entries with one number is believed in neither, nor in what follows
    Given the log of eve with 4 releases
    When eve signs another entry with the number 3
    Then of eve's log 2 entries are left, and the proof has two entries with the number 3
    When eve signs another entry with the number 2
    Then of eve's log 1 entry is left, and the proof has two entries with the number 2

  Scenario Outline: An entry that is <what> is refused
    Given the log of ann with 2 releases
    Then an entry of ann's that is <what> is refused as "<code>"

    Examples:
      | what                                     | code                 |
      | signed by another key                    | signature-wrong      |
      | not signed                               | signature-missing    |
      | of a record signed by another key        | log-entry-malformed  |
      | of a release whose version was changed   | signature-wrong      |
      | numbered 0                               | log-entry-malformed  |
      | with an unknown field                    | log-entry-malformed  |
      | with a text for its number               | log-entry-malformed  |
      | spelled with a space                     | record-not-canonical |
      | longer than a record may be              | log-entry-malformed  |

  Rule: What is shown is a function of the entries and of this home's trust alone

    Scenario: A namespace that one key claims is shown, without any pin
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      Then of io.acme "io.acme.web 1.0.0, io.acme.web 1.1.0" is shown

    Scenario: A namespace that two keys claim is shown to those alone who have pinned one
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      And eve publishes io.acme.web 9.0.0 and 9.1.0 in her log
      Then of io.acme nothing is shown, and it is contested by ann and eve
      When io.acme is pinned to ann's key
      Then of io.acme "io.acme.web 1.0.0, io.acme.web 1.1.0" is shown
      When eve's key is revoked, and nothing is pinned
      Then of io.acme "io.acme.web 1.0.0, io.acme.web 1.1.0" is shown

    Scenario: Two different releases of one version by one author hide each other, with the proof kept
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      When ann publishes io.acme.web 1.0.0 again with other content
      Then of io.acme "io.acme.web 1.1.0" is shown
      And io.acme.web 1.0.0 is quarantined with two signed releases as the proof

    Scenario: Build metadata makes no other version
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      When ann publishes io.acme.web 1.1.0+more again with other content
      Then of io.acme "io.acme.web 1.0.0" is shown

    Scenario: A yank counts when it is the publisher's or a pinned key's
      Given ann publishes io.acme.web 1.0.0 and 1.1.0 in her log
      When eve yanks io.acme.web 1.0.0 in her log
      Then io.acme.web 1.0.0 is not yanked
      When ann yanks io.acme.web 1.0.0 in her log
      Then io.acme.web 1.0.0 is yanked
