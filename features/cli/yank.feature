@cli @index @level4
Feature: A yank that would change nothing is refused, and says why
  As a publisher
  I want a yank or its recall told apart from one that changed nothing
  So that I do not believe that a broken version is withdrawn when I misspelled it

  Background:
    Given I run "ggen market key new"
    And I run "ggen market init axum --id io.ggen.rust.axum"
    And I run "ggen market publish axum"

  Scenario: A version is yanked once, and the first reason stays
    Given I run "ggen market yank io.ggen.rust.axum@0.1.0 --reason 'wrong port'"
    When I try "ggen market yank io.ggen.rust.axum@0.1.0 --reason again --json"
    Then the exit code is 5
    And the error code is "already-yanked"
    When I run "ggen market versions io.ggen.rust.axum"
    Then the output contains "yanked: wrong port"
    And the registry's log has 2 entries

  Scenario: What is not yanked cannot be taken back
    When I try "ggen market unyank io.ggen.rust.axum@0.1.0 --json"
    Then the exit code is 5
    And the error code is "not-yanked"
    And the registry's log has 1 entry

  Scenario: A version that nobody has published cannot be yanked
    When I try "ggen market yank io.ggen.rust.axum@0.2.0 --reason x --json"
    Then the exit code is 4
    And the error code is "version-not-found"
    And the registry's log has 1 entry
