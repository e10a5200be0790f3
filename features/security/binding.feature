@security @project
Feature: A release is signed for one content, and a user trusts one key
  A good signature says who published; what it was set under must fit as well.

  @level2
  Scenario Outline: A signed release that tells another <field> than its content has is refused at <door>
    When a release that its publisher has signed with another <field> comes to <door>
    Then the release is refused with "release-mismatch"

    Examples:
      | field           | door    |
      | size            | publish |
      | number of files | publish |
      | manifest        | publish |
      | size            | install |
      | number of files | install |
      | manifest        | install |

  @level4
  Scenario: Who installs from a namespace for the first time trusts its key from then on, and is told
    Given I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum"
    And I run "ggen market publish axum"
    And another user has a copy of the registry
    When I run "ggen market add io.ggen.rust.axum"
    Then the error output contains "io.ggen.rust is now pinned to its publisher's key (first use)"
    When I run "ggen market remove io.ggen.rust.axum"
    And I run "ggen market add io.ggen.rust.axum"
    Then nothing is written on stderr
