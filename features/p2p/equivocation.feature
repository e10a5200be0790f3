@p2p @security @level4
Feature: A publisher who says two things of one version is believed in neither
  As a user among peers
  I want to see the proof when a publisher has signed two different releases of one version
  So that nobody can give my neighbour other bytes than me under one name

  Scenario Outline: Two releases of one version, one to each side of a split network, as <how>
    Given ben and cat each run a node, and neither knows of the other
    And eve signs io.eve.web 1.0.0 twice with different content, as <how>
    When the one is published on ben's node, and the other on cat's
    Then ben is shown io.eve.web, and cat is shown <cat>
    When dan runs a node that joins by ben's and cat's
    Then ben, cat and dan come to quarantine <what>
    And each of them is shown the same proof: two signed <kind> of eve's that differ
    And none of them can add io.eve.web
    When ben ends his node, and runs it again
    Then ben still has it quarantined, with the proof

    Examples:
      | how                        | cat        | what               | kind     |
      | two entries of one number  | io.eve.web | eve's log          | entries  |
      | two numbers of one log     | nothing    | io.eve.web@1.0.0   | releases |
