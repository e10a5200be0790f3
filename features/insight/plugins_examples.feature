@plugins @docs @level4
Feature: For each hook there is an example that can be installed and does something useful
  As somebody who writes a plugin
  I want an example that is known to work
  So that I begin with it instead of guessing

  Background:
    Given I run "ggen market key new"

  Scenario: Each example stands on the page about plugins as it is, and each hook has one
    Then "docs/plugins.md" shows the files of its examples as they are
    And each hook has a section there, and an example

  Scenario: Links that lead nowhere keep a package out (validate_package)
    Given the example "links" is installed by pip, without a network
    And I run "ggen market init web --id io.acme.web"
    And the file "web/README.md" is "# Web: see [the guide](docs/guide.md#start), [us](https://acme.example) and [below](#more)"
    When I run "ggen market plugins list"
    Then the output contains "validate_package  ggen-links in"
    When I try "ggen market publish web"
    Then it fails with exit code 2 and the code "package-refused", and suggests "correct the package"
    And the error output contains "links: README.md: the link docs/guide.md#start leads to no file of the package"
    Given the file "web/docs/guide.md" is "[back](../README.md), [out](../../secret.md)"
    When I try "ggen market publish web"
    Then it fails with exit code 2 and the code "package-refused", and suggests "correct the package"
    And the error output contains "is refused by links: links: docs/guide.md: the link ../../secret.md leads out of the package"
    Given the file "web/docs/guide.md" is "[back](../README.md)"
    When I run "ggen market publish web"
    Then the output contains "Published io.acme.web"
