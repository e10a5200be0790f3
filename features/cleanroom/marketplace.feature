@cleanroom @level4 @use.with_image=ggen
Feature: A marketplace in a room
  The installed `ggen` works in containers without any network, on a registry that lies on a volume.

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, a user in a container finds, adds and verifies what was published in the room
    Given a marketplace in a strict room on <engine>
    When the user runs "ggen market search --json axum"
    Then the user's output tells of "io.ggen.rust.axum"
    When the user runs "ggen market add io.ggen.rust.axum"
    And the user runs "ggen market verify --json"
    Then the user's output tells of "io.ggen.rust.core"

    Examples:
      | engine |
      | docker |
      | host   |

  @concurrency @use.with_engine=<engine>
  Scenario Outline: On <engine>, several containers install from one registry on a shared volume at the same time
    Given a marketplace in a strict room on <engine>
    When 3 users in containers of their own run "ggen market add io.ggen.rust.axum" at the same time
    Then each of them has the same lock file and verifies it

    Examples:
      | engine |
      | docker |
      | host   |

  @use.with_engine=<engine>
  Scenario Outline: On <engine>, two marketplaces with one seed are equal to the last signature
    When marketplaces are set up on <engine> with the seeds 42 and 42
    Then the first two transcripts are equal, and are not empty

    Examples:
      | engine |
      | docker |
      | host   |
