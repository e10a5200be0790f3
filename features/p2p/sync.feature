@p2p @level2
Feature: Two nodes tell each other what they lack, and believe nothing that is not signed
  As a user of a network in which anybody may send me entries
  I want one session to be enough for two honest nodes, and a liar to be noticed at his first entry
  So that my index is complete, and holds nobody's inventions

  The nodes are in this process, with logs in memory, and speak over a stream in memory.

  Scenario: Afterwards both know what one of them knew
    Given a node that knows 3 entries of ann's and 1 of eve's, and one that knows 2 of ben's and 4 of eve's
    When the one syncs with the other
    Then both know the same 9 entries
    And when they sync again no entry travels

  Scenario: What is lacking is found in every part of a summary of many publishers
    Given two nodes that know 5000 publishers, of whom one lacks the first and the last
    When the one syncs with the other
    Then both know the same 5000 entries

  @security
  Scenario Outline: Whoever sends an entry that is <what> is named as a forger, and nothing is kept
    Given a node that knows 1 entry of ann's, and a liar with an entry of hers that is <what>
    When the node syncs with the liar
    Then the liar is named as a forger, and the node knows 1 entry
    When the liar syncs with the node
    Then the liar is named as a forger, and the node knows 1 entry

    Examples:
      | what                                   |
      | signed by another key                  |
      | not signed                             |
      | of a release whose version was changed |

  @faults
  Scenario: Entries that the disk has no room for are not known, and are taken when it has
    Given a node's logs with 1 entry of ann's on a disk that is full
    When two more of ann's entries and another first one of eve's are offered
    Then it is told that the disk cannot be written, and what is known is what it was
    When there is room, and they are offered again
    Then they are known, also to who opens the logs again

  Scenario Outline: Whoever <silence> in a sync pays for it, and is left alone when it does so again and again
    Given a node with an honest peer, and one that <silence>
    When the node follows both for 12 minutes
    Then the silent one has paid for "<offence>" <times> times, and the honest one for nothing
    And the silent one was asked <times> times, and the honest one more than 100 times
    And the node knows the 2 entries of the honest one

    Examples:
      | silence                            | offence  | times |
      | says nothing                       | stall    | 3     |
      | says half of a message             | stall    | 3     |
      | sends a message byte by byte       | stall    | 3     |
      | sends entries byte by byte         | stall    | 3     |
      | sends empty batches without an end | protocol | 2     |

  Scenario Outline: Whoever opens a sync and <silence> pays for it
    When a peer opens a sync with a node and <silence>
    Then it has paid for "stall" 1 time

    Examples:
      | silence                      |
      | says nothing                 |
      | sends a message byte by byte |

  Scenario: An honest peer that was silent for some minutes is asked again, and what it alone has comes
    Given a node with an honest peer, and one that says nothing for some minutes
    When the node follows both for 12 minutes
    Then the node knows the 2 entries of the honest one
    When the node follows both for 40 minutes
    Then the node knows 3 entries
    And the silent one has paid for "stall" 3 times, and the honest one for nothing

  Scenario Outline: A publisher gives a peer more time for more entries: <count> at <seconds> seconds each, <told>
    Given a peer that takes <seconds> seconds for each entry
    When a publisher publishes <count> entries
    Then <reached> peers have confirmed them

    Examples:
      | count | seconds | reached | told             |
      | 1     | 10      | 1       | it is waited for |
      | 1     | 20      | 0       | it is given up   |
      | 100   | 0.2     | 1       | it is waited for |
      | 100   | 1       | 0       | it is given up   |
