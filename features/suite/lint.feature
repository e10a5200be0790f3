@suite @level2
Feature: The lint names what is wrong in the features before anybody runs them
  As an engineer who adds a scenario
  I want slips in tags, names and steps to be refused with their place
  So that no scenario is silently left out, or proves something else than its name says

  Background:
    Given a small suite of its own

  Scenario: A sound suite passes the lint
    When the suite is linted
    Then the lint finds nothing

  Scenario: A tag that nobody documented
    Given its file "features/typo.feature" is
      """
      @local
      Feature: Typo
        @level1 @smokey
        Scenario: With a typo in a tag
          Given a sound step
      """
    When the suite is linted
    Then the lint finds only "features/typo.feature:3: the tag @smokey is not in docs/tags.md"

  Scenario: A tag that nobody documented, at the rows of an outline
    Given its file "features/typo.feature" is
      """
      @local @level1
      Feature: Typo
        Scenario Outline: With <a> typo
          Given <a> step

          @smokey
          Examples:
            | a       |
            | a sound |
      """
    When the suite is linted
    Then the lint finds only "features/typo.feature:6: the tag @smokey is not in docs/tags.md"

  Scenario: A scenario without a level
    Given its file "features/flat.feature" is
      """
      @local
      Feature: Flat
        Rule: Some have a level
          @level1
          Scenario: With a level
            Given a sound step
          Scenario: Without a level
            Given a sound step
      """
    When the suite is linted
    Then the lint finds only "features/flat.feature:7: no level"

  Scenario: Two scenarios of one name in different features
    Given its file "features/twin.feature" is
      """
      @local @level1
      Feature: Twin
        Scenario: Nothing is wrong here
          Given a sound step
      """
    When the suite is linted
    Then the lint finds only "features/twin.feature:3: the scenario name 'Nothing is wrong here' is taken by features/sound.feature:4"

  Scenario: A step that nothing fits, found in the row that makes it
    Given its file "features/odd.feature" is
      """
      @local @level1
      Feature: Odd
        Scenario Outline: A row with <what>
          Given <what> step

          Examples:
            | what    |
            | a sound |
            | an odd  |
      """
    When the suite is linted
    Then the lint finds only "undefined step: Given an odd step (in 'A row with an odd')"

  Scenario: A step of the wrong kind is not defined
    Given its file "features/odd.feature" is
      """
      @local @level1
      Feature: Odd
        Scenario: A given where a then belongs
          Given a sound step
          Then a sound step
      """
    When the suite is linted
    Then the lint finds only "undefined step: Then a sound step"

  Scenario: A step definition that no feature uses
    Given its file "steps/spare_steps.py" is
      """
      from behave import when

      @when("nobody says {this}")
      def step_impl(context, this):
          pass
      """
    When the suite is linted
    Then the lint finds only "steps/spare_steps.py:3: no feature uses the step 'nobody says {this}'"

  Scenario: An outline that never runs
    Given its file "features/empty.feature" is
      """
      @local @level1
      Feature: Empty
        Scenario Outline: A row with <what>
          Given a sound step

          Examples:
            | what |
      """
    When the suite is linted
    Then the lint finds only "features/empty.feature:3: an outline without rows never runs"

  Scenario: A feature that cannot be read
    Given its file "features/broken.feature" is
      """
      Scenario: Before any feature
      """
    When the suite is linted
    Then the lint finds only "features/broken.feature:1: cannot be parsed"

  Scenario Outline: A file in a place that misleads behave: <file>
    Given its file "<file>" is
      """
      # nothing
      """
    When the suite is linted
    Then the lint finds only "<finds>"

    Examples:
      | file                    | finds                                          |
      | features/environment.py | behave would take this folder for the suite    |
      | features/local/steps/x  | behave would take this folder for the suite    |
      | steps/docker.py         | a step file is named *_steps.py                |

  @graphql
  Scenario Outline: A schema of GraphQL that is not what is served is shown with what differs, and renewed by a command
    Given a copy of the product's schema of GraphQL in which "<here>" stands for "<there>"
    When the copy is compared with what is served
    Then it differs in "<here>" and "<there>", and how it is renewed is told
    When the copy is written anew
    Then it is the product's schema of GraphQL again

    Examples:
      | here                    | there                   |
      | measuredAt: Date!       | measuredAt: String!     |
      | days: Int! = 20): Pack  | days: Int! = 30): Pack  |
      | totalCount:   Whole!    | totalCount: Whole!      |

  Scenario: Without the extra p2p every step of the other features is there, and no image of peers is built
    Then this suite begins without a complaint on a machine without the extra p2p
