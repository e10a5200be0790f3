@http @security
Feature: What a registry's log says is checked before a release enters a lock file
  As a template user
  I want a registry that shows me another history than it showed me before to be caught, with a proof
  So that nobody can give me alone a release that others do not see, or take one back

  @level1
  Scenario: A proof that a log has split is computed as the standard's tree says
    Then the hashes of a proof give both roots, for all pairs of sizes up to 40

  @level4
  Scenario Outline: A file that proves nothing blames nobody: <what>
    Given a file for a proof that has <what>
    When I try "ggen market registry proof {root}/proof.json --json"
    Then the exit code is 3
    And the error code is "<code>"
    And the error output contains "<says>"

    Examples:
      | what                                          | code                   | says                   |
      | no JSON                                       | log-evidence-malformed | Expecting value        |
      | a list                                        | log-evidence-malformed | not of format 1        |
      | no key                                        | log-evidence-malformed | 'key'                  |
      | a number for a checkpoint                     | log-evidence-malformed | a field of it is wrong |
      | hashes of 31 bytes                            | log-evidence-malformed | a field of it is wrong |
      | 129 hashes                                    | log-evidence-malformed | not of format 1        |
      | more than 256 KiB                             | log-evidence-malformed | not of format 1        |
      | no hashes, though the later head has more     | log-evidence-malformed | for no sizes of it     |
      | a hash too few                                | log-evidence-malformed | too few hashes         |
      | a hash too many                               | log-evidence-malformed | too many hashes        |
      | the hashes of another tree                    | log-evidence-empty     | proves nothing         |
      | two heads of a log that grew                  | log-evidence-empty     | proves nothing         |
      | an empty log's head and a later one           | log-evidence-empty     | proves nothing         |
      | the same head twice                           | log-evidence-empty     | proves nothing         |

  @level4
  Scenario: Two heads of one size with two roots prove that the log has split
    Given a file for a proof that has two roots for one size
    When I run "ggen market registry proof {root}/proof.json --json"
    Then the JSON field "proves" is "split-view"

  @level4
  Rule: A registry of files

    Background:
      Given a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.0.0   |       |
      And the registry "mirror" has it as files alone
      And I run "ggen market config registry mirror"
      And "mirror" is copied

    Scenario: The log's key is pinned at first use, and the user is told so; what is locked asks for nothing
      When I run "ggen market add io.acme.base"
      Then the error output contains "the log of mirror is now pinned to its key (first use)"
      Given the kept answers are 2 h old
      And "mirror" was asked for enough
      When I run "ggen market install --locked"
      Then "mirror" received nothing more
      When I run "ggen market update"
      Then "mirror" received, in any order
        | method | path                        | status |
        | GET    | /packages/io.acme.base.json | 304    |
        | GET    | /registry.json              | 304    |
        | GET    | /log/checkpoint             | 304    |

    Scenario Outline: An update is refused when the registry shows <lie>
      Given a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.1.0   |       |
      And the registry "mirror" is brought up to date
      And I run "ggen market add io.acme.base"
      And a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.2.0   |       |
      And the registry "mirror" is brought up to date
      And the kept answers are 6 min old
      And "mirror" shows <lie> instead
      When I try "ggen market update --json"
      Then the exit code is 3
      And the error code is "<code>"
      And the lock file is as it was

      Examples:
        | lie                                       | code                |
        | a log without its last entry, but another | log-lacks-release  |
        | a head of 15 days ago                     | log-frozen          |
        | another key                               | log-key-changed     |
        | no log                                    | log-missing         |
        | no checkpoint                             | log-missing         |
        | a checkpoint that somebody else signed    | checkpoint-unsigned |
        | no tile                                   | log-missing         |
        | a tile cut short                          | tile-malformed      |
        | a wrong hash in a tile                    | log-tile-wrong      |

    Scenario Outline: There is a proof for others when the registry shows <lie>
      Given a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.1.0   |       |
      And the registry "mirror" is brought up to date
      And I run "ggen market add io.acme.base"
      And a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.2.0   |       |
      And the registry "mirror" is brought up to date
      And the kept answers are 6 min old
      And "mirror" shows <lie> instead
      When I try "ggen market update --json"
      Then the exit code is 3
      And the error code is "<code>"
      And the lock file is as it was
      When nobody can be asked any more
      Then the proof that was left says "<verdict>" to everybody

      Examples:
        | lie                            | code            | verdict    |
        | an older copy of everything    | checkpoint-rolled-back | old-copy   |
        | a shorter log, signed now      | checkpoint-rolled-back | taken-back |
        | a log with another first entry | checkpoint-forked  | split-view |

    Scenario Outline: What is known of the log outlives the cache, and is never taken for nothing: <trouble>
      Given I run "ggen market add io.acme.base"
      And the kept answers are 6 min old
      And what is known of the log is <trouble>
      When I try "ggen market update --json"
      Then the exit code is <exit>
      And the error code is "<code>"

      Examples:
        | trouble                  | exit | code              |
        | cut short                | 3    | log-state-damaged |
        | of a newer format        | 2    | log-state-newer   |
        | of no format             | 3    | log-state-damaged |
        | without a checkpoint     | 3    | log-state-damaged |
        | with another checkpoint  | 3    | log-state-damaged |
        | a folder                 | 3    | log-state-damaged |

    Scenario: A registry that never had a log is used, and no key is pinned
      Given "mirror" has never had a log
      When I run "ggen market add io.acme.base"
      Then nothing is known of its log
      And "mirror" received no request for its log

    Scenario: A kept tile that somebody changed is asked for again
      Given a publisher has published
        | id           | version | needs |
        | io.acme.web  | 1.0.0   |       |
      And the registry "mirror" is brought up to date
      And I run "ggen market add io.acme.base"
      And a hash in the kept tile is another one
      And "mirror" was asked for enough
      When I run "ggen market add io.acme.web"
      Then "mirror" received, in any order
        | method | path                                       | status |
        | GET    | /packages/io.acme.web.json                 | 200    |
        | GET    | /log/tile/0/000.p/2                        | 200    |
        | GET    | /archives/sha256/(io.acme.web@1.0.0).gpack | 200    |

    Scenario: A new key is trusted when the user removes the registry and adds it again, and the cache alone forgets nothing
      Given I run "ggen market add io.acme.base"
      And the cache is emptied
      And "mirror" shows another key instead
      When I try "ggen market update --json"
      Then the exit code is 3
      And the error code is "log-key-changed"
      Given the registry "mirror" is removed and added again
      When I run "ggen market update"
      Then the error output contains "is now pinned to its key (first use)"
