@local @archive @demo @level2
Feature: The project's own sample catalog is real
  Scenario: Every release of the sample catalog can be published and used
    Given the project's sample catalog
    Then there are 12 packages in 18 releases, and 5 of them have more than one
    And each is sound, lies under its own id and version, and has no file that its manifest does not name
    And every variable that a template uses is declared with a default, and none is declared in vain
    And every dependency is met by a release of the catalog
    And the Python, TOML and JSON files that its templates give by default can be parsed
