@quality @cli @level4
Feature: A publisher sees what would earn points, a user sees what earned them
  As a publisher
  I want to know the score before I publish, and what is missing
  So that I can do the work that users can see

  Background:
    Given I run "ggen market key new"
    And the package folder "web" of "io.acme.web@1.0.0", made with care

  Scenario: A dry run explains every point and publishes nothing
    When I run "ggen market publish web --dry-run"
    Then the output contains "A, 87 of 100 points"
    And the output contains "+  6/6  tests: files under tests/ with content of their own: 2 of 2"
    And the output contains "?  0/3  kept-up: this is the first release"
    And the output contains "to earn it: publish four changed versions, each a week or more after the one before"
    When I run "ggen market search '' --json"
    Then the JSON field "total" is "0"

  Scenario: What a dry run says, publishing finds, and info and search show
    When I run "ggen market publish web --dry-run --json"
    Then the JSON field "quality.score" is "87"
    And the JSON field "quality.dimensions.0.name" is "documentation"
    And the JSON field "quality.dimensions.0.checks.0.name" is "readme"
    And the JSON field "quality.dimensions.0.checks.0.state" is "met"
    And the JSON field "published" is "False"
    When I run "ggen market publish web --json"
    Then the JSON field "quality.score" is "87"
    And the JSON field "quality.grade" is "A"
    When I run "ggen market search web --json"
    Then the JSON field "results.0.quality" is "87"
    And the JSON field "results.0.grade" is "A"
    When I run "ggen market search web"
    Then the output contains "A 87"
    When I run "ggen market info io.acme.web --json"
    Then the JSON field "quality.score" is "87"
    And the JSON field "quality.verified" is "True"
    And the JSON field "quality.measured_by" is "local"
    When I run "ggen market info io.acme.web --quality"
    Then the output contains "documentation   ####################  25 of 25"
    And the output contains "maintenance     #####...............  4 of 15"
    And the output contains "measured here, 2026-01-01T00:00:00Z"
    When I run "ggen market info io.acme.web"
    Then the output contains "A (87 of 100)"

  Scenario: A dry run fails where publishing would
    Given I run "ggen market publish web"
    When I try "ggen market publish web --dry-run --json"
    Then the exit code is 5
    And the error code is "version-exists"
    Given I run "ggen market key new --name thief"
    And the package folder "web" of "io.acme.web@1.1.0", made with care
    When I try "ggen market publish web --dry-run --key thief --json"
    Then the exit code is 3
    And the error code is "key-changed"

  Scenario: Search lists the best first when it is told so
    Given the package folder "shell" of "io.acme.shell@1.0.0", with nothing in it
    And I run "ggen market publish shell"
    And I run "ggen market publish web"
    When I run "ggen market search '' --sort quality --json"
    Then the JSON field "results.0.id" is "io.acme.web"
    And the JSON field "results.1.id" is "io.acme.shell"

  Rule: A registry can ask for a grade

    Scenario Outline: With the minimum <minimum> a shell is refused, nothing of it is stored, and what is missing is named
      Given I run "ggen market config minimum_grade <minimum>"
      And the package folder "shell" of "io.acme.shell@1.0.0", with nothing in it
      When I try "ggen market publish shell --json"
      Then the exit code is 7
      And the error code is "quality-too-low"
      And the error names the points that are missing and how to earn them
      And nothing is stored
      When I try "ggen market publish shell"
      Then it fails with exit code 7 and the code "quality-too-low", and suggests "write a README of 60 words or more"
      When I try "ggen market publish shell --dry-run --json"
      Then the exit code is 7
      When I run "ggen market publish web"
      And I run "ggen market search '' --json"
      Then the JSON field "total" is "1"

      Examples:
        | minimum |
        | A       |
        | D       |

    Scenario: The minimum F takes everything, and another word is refused
      Given I run "ggen market config minimum_grade F"
      And the package folder "shell" of "io.acme.shell@1.0.0", with nothing in it
      When I run "ggen market publish shell --json"
      Then the JSON field "quality.grade" is "F"
      When I try "ggen market config minimum_grade E --json"
      Then the exit code is 2
      And the error code is "setting-invalid"

    @http
    Scenario: A served registry refuses too, and says what is missing
      Given the registry "corp" is served with "--minimum-grade C", behind a fault proxy
      And the package folder "shell" of "io.acme.shell@1.0.0", with nothing in it
      When I try "ggen market publish shell --json"
      Then the exit code is 7
      And the error code is "quality-too-low"
      And the error names the points that are missing and how to earn them
      When I run "ggen market publish web --json"
      Then the JSON field "quality.grade" is "A"

  @http
  Rule: Of a registry over HTTP it is the registry's word

    Background:
      Given the registry "corp" is served with "", behind a fault proxy

    Scenario: What the server measured is shown, and whose word it is
      When I run "ggen market publish web --json"
      Then the JSON field "quality.score" is "87"
      When I run "ggen market search web --json"
      Then the JSON field "results.0.quality" is "87"
      And the JSON field "results.0.grade" is "A"
      When I run "ggen market info io.acme.web --quality --json"
      Then the JSON field "quality.score" is "87"
      And the JSON field "quality.verified" is "False"
      And the JSON field "quality.measured_by" is "corp"
      When I run "ggen market info io.acme.web"
      Then the output contains "A (87 of 100, by the word of corp)"
      When I run "ggen market info io.acme.web --quality"
      Then the output contains "corp says so: it was not measured here"

    Scenario: A dry run tells the least that the registry will find
      When I run "ggen market publish web --dry-run --json"
      Then the JSON field "quality.score" is "76"
      And the JSON field "quality.dimensions.0.checks.0.state" is "unknown"
      When I run "ggen market publish web --json"
      Then the JSON field "quality.score" is "87"

    Scenario: A registry that does not tell leaves it unknown
      Given I run "ggen market publish web"
      And requests of "corp" for "GET /quality/*" meet "404, 404"
      When I run "ggen market info io.acme.web --json"
      Then the JSON field "quality" is "None"
      When I run "ggen market info io.acme.web --quality"
      Then the output contains "The quality is unknown"

    Scenario: Offline, what was told before is shown, and what was not is unknown
      Given I run "ggen market publish web"
      And I run "ggen market info io.acme.web"
      When I run "ggen market info io.acme.web --offline --json" whatever it tells
      Then the JSON field "quality.score" is "87"

  @index
  Rule: A home of an earlier version works

    Background:
      Given I run "ggen market publish web"
      And the home's index is one of a version that measured nothing

    Scenario: Search shows that it does not know; info measures, and from then on search knows
      When I run "ggen market search web --json"
      Then the JSON field "results.0.quality" is "None"
      And the JSON field "results.0.grade" is "None"
      When I run "ggen market search web"
      Then the output contains "?"
      When I run "ggen market info io.acme.web --json"
      Then the JSON field "quality.score" is "87"
      When I run "ggen market search web --json"
      Then the JSON field "results.0.quality" is "87"
      And the JSON field "results.0.grade" is "A"
      When I run "ggen market index verify"
      Then the output contains "Sound"

    Scenario: A repair measures everything
      When I run "ggen market index repair"
      And I run "ggen market search web --json"
      Then the JSON field "results.0.quality" is "87"
      And the JSON field "results.0.grade" is "A"

    Scenario: When earlier releases were taken stays unknown, so they are no history
      Given the clock stands at 2027
      And the package folder "web" of "io.acme.web@1.1.0", made with care
      When I run "ggen market publish web --json"
      And I run "ggen market info io.acme.web --quality"
      Then the output contains "?  0/3  changed: of an earlier release it is not known what it had"
      And the output contains "-  0/3  followed-up: 1 of 2 releases"

    @level2
    Scenario: An index that cannot be written tells what it has, and that it knows no quality
      When the home's index is opened for reading only
      Then "io.acme.web" is found there, and its quality is unknown

  @import @needs_shared
  Rule: The real catalog's packages are manifests, and no more is made of them

    Scenario: Of 76 imported manifests none gets better than D, and each point has its evidence
      Given the real catalog is imported from the command line
      Then the grades are 31 times D and 45 times F, with scores from 27 to 45
      And each point of each has its evidence
