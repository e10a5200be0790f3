@cleanroom @use.with_image=ggen
Feature: A marketplace in a room
  The installed `ggen` works in containers without any network, on a registry that lies on a volume.

  @level4 @use.with_engine=<engine>
  Scenario Outline: On <engine>, a user in a container finds, adds and verifies what was published in the room
    Given a marketplace in a room on <engine>, as strict as that can be
    When the user runs "ggen market search --json axum"
    Then the user's output tells of "io.ggen.rust.axum"
    When the user runs "ggen market add io.ggen.rust.axum"
    And the user runs "ggen market verify --json"
    Then the user's output tells of "io.ggen.rust.core"

    Examples:
      | engine |
      | docker |
      | host   |

  @level4 @concurrency @use.with_engine=<engine>
  Scenario Outline: On <engine>, several containers install from one registry on a shared volume at the same time
    Given a marketplace in a room on <engine>, as strict as that can be
    When 3 users in containers of their own run "ggen market add io.ggen.rust.axum" at the same time
    Then each of them has the same lock file and verifies it

    Examples:
      | engine |
      | docker |
      | host   |

  @level4 @use.with_engine=<engine>
  Scenario Outline: On <engine>, two marketplaces with one seed are equal to the last signature
    When marketplaces are set up on <engine> with the seeds 42 and 42
    Then the first two transcripts are equal, and are not empty

    Examples:
      | engine |
      | docker |
      | host   |

  @level2 @use.with_engine=<engine>
  Scenario Outline: On <engine>, one process in a container publishes, one finds, and one fetches every file
    Given an empty marketplace in a room on <engine>, as strict as that can be
    And a publisher in a container with the package io.ggen.race.one
    When the publisher's process publishes io.ggen.race.one with the library
    Then a user's process finds "io.ggen.race.one" for "race" with the library
    And it fetches all 3 files of io.ggen.race.one, each with its digest

    Examples:
      | engine |
      | docker |
      | host   |

  @level4 @concurrency @use.with_engine=<engine>
  Scenario Outline: On <engine>, of two containers that publish one version at the same time one wins, and it is whole
    Given an empty marketplace in a room on <engine>, as strict as that can be
    And 2 publishers in containers of their own, each with io.ggen.race.one and a text of its own
    When they publish io.ggen.race.one at the same time
    Then one of them succeeds, and the other is told "already published, with other content"
    And the user adds and verifies io.ggen.race.one with the winner's text

    Examples:
      | engine |
      | docker |
      | host   |

  @level4 @concurrency @search @use.with_engine=<engine>
  Scenario Outline: On <engine>, a user who searches while containers publish sees more and more, and in the end all
    Given an empty marketplace in a room on <engine>, as strict as that can be
    And 3 publishers in containers of their own, each with a package of its own
    When they publish while a user in another container searches
    Then each of them succeeds, and no search failed or missed what an earlier one had shown
    And the last search shows all 3 packages, which the user adds and verifies

    Examples:
      | engine |
      | docker |
      | host   |

  @level4 @crash @use.with_engine=<engine>
  Scenario Outline: On <engine>, a publishing container that is killed leaves the package published or absent
    Given an empty marketplace in a room on <engine>, as strict as that can be
    And 4 publishers in containers of their own, each with a package of its own
    When the first has published, and each other one is killed at another moment of its publishing
    Then each package is whole or absent, and at least 1 publisher was killed in the middle
    And a new publisher can publish each package that is absent

    Examples:
      | engine |
      | docker |
      | host   |
