@cleanroom @faults @level3 @requires_root
Feature: The network between nodes fails on purpose, and heals
  Each node answers datagrams and connections and asks the others when told, so every fault is seen from inside. The
  faults are made in the node's network namespace from outside; its image needs no tool for them.

  @use.with_engine=<engine>
  Scenario Outline: Who reaches whom through partitions, on <engine>
    Given 3 nodes on the engine "<engine>" that can suffer "partition"
    Then under each fault, and after it, the nodes reach each other as
      | fault         | a   | b   | c   |
      | none          | b c | a c | a b |
      | partition a   | -   | c   | b   |
      | partition a b | b   | a   | -   |
      | isolate a b   | -   | -   | -   |
      | none          | b c | a c | a b |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A one-way cut loses what goes one way and nothing that goes the other, on <engine>
    Given 3 nodes on the engine "<engine>" that can suffer "partition"
    When the fault "cut a b" is made
    Then the nodes hear
      | a   | b | c   |
      | b c | c | a b |
    When the fault is healed
    Then the nodes hear
      | a   | b   | c   |
      | b c | a c | a b |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A partition lets nothing through, neither way, on <engine>
    Given 3 nodes on the engine "<engine>" that can suffer "partition"
    When the fault "partition a" is made
    Then the nodes hear
      | a | b | c |
      | - | c | b |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A connection is refused, stays unanswered, has no way, or is accepted, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "refusal"
    Then a connection from a to b under each fault is
      | fault        | outcome   |
      | none         | accepted  |
      | refuse b     | refused   |
      | partition b  | no answer |
      | no-route a b | no route  |
      | no-route b a | accepted  |
      | none         | accepted  |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: Loss takes its share of the packets, the same ones for one seed, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "loss"
    When 200 datagrams go from a to b under "loss-of udp 0.3 b", twice with one seed and once with another
    Then 60 of them were lost each time, the same ones twice and others with the other seed
    And of 200 datagrams without a fault none is lost

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: Latency and jitter delay every packet, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "latency"
    When 8 round trips from a to b are timed without a fault, under "latency 80 40 b", and without again
    Then each delayed one took at least 40 ms, and they differ by more than 30 ms
    And the fastest of the others took less than 40 ms before and after

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A narrow link is many times slower than the same link without the fault, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "bandwidth"
    When 400000 bytes go from b to a without a fault, under "bandwidth 100000 b", and without again
    Then all bytes arrived each time, and the narrow link took 2.5 seconds or more, and 5 times the others

    Examples:
      | engine |
      | docker |
      | host   |
