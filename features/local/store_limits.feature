@local @storage @level2
Feature: A registry's word on a package's limits is never taken for it
  What a folder and an archive are held to holds for a tree that comes from a registry too, at publish and at install.

  Scenario Outline: A tree of <what> is refused at <door>
    When a signed release of a tree of <what> comes to <door>
    Then the release is refused with "<code>"

    Examples:
      | what                     | door    | code                   |
      | 10001 files              | publish | package-too-many-files |
      | 10001 files              | install | package-too-many-files |
      | one file of 600000000 bytes | publish | package-too-large   |
      | one file of 600000000 bytes | install | package-too-large   |

  Scenario Outline: A lock whose holder <state>
    Given another process holds a lock on the content store
    When collecting garbage waits for it and the holder <state>
    Then the collection <outcome>

    Examples:
      | state      | outcome                                           |
      | stays      | gives up, naming the holder and the setting       |
      | is killed  | is told of the holder after a second, then done   |

  Scenario: A lock file that is a link is refused
    When the lock file of the content store is a link, and garbage is collected
    Then the release is refused with "lock-unsafe"

  @concurrency
  Scenario: Garbage is not collected between the files that a publisher stores
    Given I run "ggen market init axum --id io.ggen.rust.axum"
    When "axum" is published, and before each of its files garbage is to be collected
    Then the collection had to wait 3 times, and nothing of the release is missing
