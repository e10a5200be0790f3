@cleanroom @faults @level3 @requires_root
Feature: Files and disks of a node fail on purpose, and heal

  @use.with_engine=<engine>
  Scenario Outline: A file is <damage>, and has its bytes again, on <engine>
    Given 1 node on the engine "<engine>" that can suffer "remount"
    And the file "data.bin" with 1000 known bytes in its volume
    When the fault "<damage> data.bin" is made
    Then the node reads <seen>
    When the fault is healed
    Then the node reads all 1000 bytes as they were

    Examples:
      | engine | damage    | seen                                     |
      | docker | corrupted | 1000 bytes, 1 bit of them wrong          |
      | docker | truncated | fewer than 1000 bytes, none of them wrong |
      | docker | missing   | no file                                  |
      | host   | corrupted | 1000 bytes, 1 bit of them wrong          |
      | host   | truncated | fewer than 1000 bytes, none of them wrong |
      | host   | missing   | no file                                  |

  @use.with_engine=<engine>
  Scenario Outline: A disk in use becomes read-only or full, and writable again, on <engine>
    Given 2 nodes on the engine "<engine>" that can suffer "remount"
    Then writing under each fault gives
      | fault            | a to /data            | b to /data | a to /disk              | b to /disk |
      | none             | written               | written    | written                 | written    |
      | read-only /data a | Read-only file system | written    | written                 | written    |
      | full /disk a     | written               | written    | No space left on device | written    |
      | none             | written               | written    | written                 | written    |

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: One seed damages a file in the same place, another in another, on <engine>
    Given 1 node on the engine "<engine>" that can suffer "remount"
    And the file "data.bin" with 1000 known bytes in its volume
    When "corrupted data.bin" is made twice with the seed 42 and once with the seed 43
    Then the node read the same damage twice, and another with the other seed

    Examples:
      | engine |
      | docker |
      | host   |
