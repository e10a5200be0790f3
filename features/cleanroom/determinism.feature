@cleanroom @level3
Feature: One seed, one story
  What a room makes up comes from its seed; what happens in it is told in a transcript without what the engine chose.

  @level1
  Scenario: A seed gives content, keys, ids, schedules, jitter and clock
    Then the seed 42 gives twice the same, and another than the seed 43, for
      | what     |
      | content  |
      | key      |
      | id       |
      | schedule |
      | jitter   |
      | clock    |

  @level1
  Scenario: A draw of one name does not move those of another
    Then drawing more under one name leaves what another name gives as it was

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, two rooms with one seed tell the same story, a third with another seed does not
    When the same things happen in rooms on <engine> with the seeds 42, 42 and 7
    Then the first two transcripts are equal, and are not empty
    And the third differs

    Examples:
      | engine |
      | docker |
      | host   |
      | loopback   |

  @requires_docker @use.with_engine=host
  Scenario: Both engines tell the same story
    When the same things happen in a room on docker and in one on host with the seed 42
    Then the first two transcripts are equal, and are not empty
