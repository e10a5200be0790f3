@cleanroom @faults @level3 @requires_root
Feature: Nodes fail on purpose, and everything heals before the room closes

  @use.with_engine=<engine>
  Scenario Outline: Killed, stopped and paused nodes are away and come back, on <engine>
    Given 3 nodes on the engine "<engine>" that can suffer "partition"
    Then under each fault, and after it, the nodes are and reach as
      | fault    | state of c | a | b |
      | kill c   | exited     | b | a |
      | stop c   | exited     | b | a |
      | pause c  | paused     | b | a |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A network fault holds though its node is killed and started again, on <engine>
    Given 3 nodes on the engine "<engine>" that can suffer "partition"
    When the fault "partition c" is made
    And the node c is restarted
    Then the nodes hear
      | a | b | c |
      | b | a | - |
    When the fault is healed
    Then the nodes reach
      | a   | b   | c   |
      | b c | a c | a b |
    And the timeline of the room tells of "partition from a, b (c)", and then that it was healed

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A fault that cannot strike one node leaves none struck, on <engine>
    Given 3 nodes on the engine "<engine>" that can suffer "partition"
    When the fault "kill c" is made
    And the fault "partition a" is tried
    Then it cannot be made: "c does not run"
    When all faults are healed
    Then the nodes reach
      | a   | b   | c   |
      | b c | a c | a b |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: What a scenario forgets to heal is healed when the room closes, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "latency, bandwidth"
    And the file "kept.txt" with "hello" that is looked at from outside
    When the faults "latency 20 5 a", "bandwidth 100000 b", "corrupted kept.txt" and "kill b" are made and the room closes
    Then they were healed, the last one first, before the nodes were removed
    And no program of a fault runs on, and the file has its bytes again

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: Memory and processor of one node are used up, the other's are not, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "partition"
    When the fault "memory 120 a" is made
    Then a holds at least 110 MB more than before, and less than 40 MB more when it is healed
    When the fault "cpu 2 a" is made
    Then a uses 1 second of processor time, and b less than a fifth of that time
    And a uses less than a fifth of the time when it is healed

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: A node's clock is off while the fault lasts, in a program that runs, on <engine>
    Given 2 nodes with skewed clocks on the engine "<engine>"
    Then the clocks of a and b are right
    When the clock of a is set off by <seconds> seconds
    Then the clock of a is off by <seconds> seconds, b's is right, and a's monotonic clock goes on
    When the fault is healed
    Then the clocks of a and b are right

    Examples:
      | engine | seconds |
      | docker | 3600    |
      | docker | -86400  |
      | host   | 3600    |

  @use.with_engine=<engine>
  Scenario Outline: One seed gives one sequence of faults over time and one story, another seed another, on <engine>
    When 3 nodes live through 3 drawn faults on the engine "<engine>" with the seeds 42, 42 and 7
    Then in every step of each story the nodes reach those that its faults let them reach, and all of them at its end
    And the first two stories are equal, and the third differs

    Examples:
      | engine |
      | docker |
      | host   |

  @level1
  Scenario: A sequence of faults is drawn by the seed, and leaves nodes for the others to ask
    When sequences of 6 faults of the nodes "a b c d e" are drawn with the seeds 1 to 20
    Then each seed gives the same sequence every time, of one fault after another on fewer than half of the nodes
    And the sequences differ, and kill, pause and partition all occur

  @level1
  Scenario: A set of nodes is drawn by the seed
    When sets of the nodes "a b c d e" are drawn with the seeds 1 to 20
    Then each seed gives 1, 2, 3 and 5 nodes for one, minority, majority and all, the same every time
    And the seeds differ in every set but all

  @level2
  Scenario: What this machine cannot do is found by trying it, and named
    When the capabilities are surveyed without any program on the path
    Then "partition, loss, bandwidth, latency" are lacking because "nsenter, iptables-restore, tc, ip not installed"
