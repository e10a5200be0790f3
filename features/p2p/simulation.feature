@p2p
Feature: The simulation of large networks tells the truth about small ones
  As whoever decides how large a network may become
  I want simulated networks to lose what real ones lose, and to send what real ones send
  So that I can believe what is told of ten thousand peers

  The simulation runs the product's announcing, following, publishing and reputation on a virtual clock.

  @level3
  Scenario Outline: One seed gives the same figures twice, and another seed others, with <kind>
    Then 20 simulated peers with <kind> give the same figures twice with seed 7, and others with seed 8

    Examples:
      | kind                |
      | nobody hostile      |
      | leaving and enemies |
      | half of the gossip lost |

  @level3
  Scenario Outline: Without enemies nobody misses a publication among <peers> peers, <how>
    When a network of <peers> peers is simulated, <how>
    Then every publication was known by all that were there within 3 seconds

    Examples:
      | peers | how                        |
      | 5     | all joined to the first    |
      | 20    | joined as nodes do         |
      | 100   | joined as nodes do         |
      | 60    | half of them leaving a minute |

  @level3
  Scenario Outline: What gossip loses comes by syncs, when <share> of it is lost
    When a network of 40 peers is simulated, <share> of the gossip lost
    Then every publication was known by all that were there within <seconds> seconds

    Examples:
      | share      | seconds |
      | half       | 15      |
      | everything | 20      |

  @level3 @security
  Scenario Outline: With a fifth of the peers hostile the honest miss nothing, and shake off who lies (seed <seed>)
    When a network of 60 peers is simulated, a fifth of them hostile, with seed <seed>
    Then every publication was known by all that were there within 3 seconds
    And the honest have no connection with a forger, at most 10 with flooders, and at most 10 enemies in their meshes

    Examples:
      | seed |
      | 1    |
      | 2    |

  @level3
  Scenario: Five real nodes send what five simulated ones do
    When 8 publications are made on one of 5 real nodes, and in a simulated network of 5 peers
    Then the copies by gossip, the syncs and their messages, a node and publication, agree within a factor of 2
