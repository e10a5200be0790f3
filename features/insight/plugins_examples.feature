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

  Scenario: Text that is not what it looks like is neither published nor installed (scan_package)
    Given I run "ggen market init web --id io.acme.web"
    And the file "web/templates/login.tmpl" is "if access_level != 'user\u202e \u2066// admins alone\u2069 \u2066':"
    And I run "ggen market publish web"
    And I run "ggen market init form --id io.acme.form"
    And the file "form/templates/field.tmpl" is "first\u00adname"
    And I run "ggen market publish form"
    And the example "hidden-text" is installed by pip, without a network
    When I try "ggen market add io.acme.web"
    Then it fails with exit code 3 and the code "package-unsafe", and suggests "do not use it"
    And the error output contains "hidden-text: templates/login.tmpl: line 1 has LEFT-TO-RIGHT ISOLATE"
    And nothing is installed
    When I try "ggen market add io.acme.form"
    Then the exit code is 0
    And just 1 warning of "hidden-text" is shown: "templates/field.tmpl: line 1 has SOFT HYPHEN"
    Given the version of "web" is "0.2.0"
    When I try "ggen market publish web"
    Then it fails with exit code 3 and the code "package-unsafe", and suggests "block hidden-text"
    When I try "ggen market publish web --json"
    Then the exit code is 3
    And the error has the findings
      | plugin      | level | file                 | message                               |
      | hidden-text | error | templates/login.tmpl | line 1 has RIGHT-TO-LEFT OVERRIDE     |
      | hidden-text | error | templates/login.tmpl | line 1 has LEFT-TO-RIGHT ISOLATE      |
      | hidden-text | error | templates/login.tmpl | line 1 has POP DIRECTIONAL ISOLATE    |

  Scenario: What calls itself deprecated comes last (rank_hits)
    Given these packages are described
      | id              | description                                    |
      | io.acme.routes  | Routes. Deprecated: use io.acme.routing        |
      | io.acme.routing | Templates for the routing of a web application |
    When I run "ggen market search routes --json"
    Then the JSON field "results.0.id" is "io.acme.routes"
    Given the example "deprecated-last" is installed by pip, without a network
    When I run "ggen market search routes --json"
    Then the JSON field "results.0.id" is "io.acme.routing"
    And the JSON field "results.1.id" is "io.acme.routes"
    And the JSON field "ranked_by" is "['deprecated-last']"
    When I run "ggen market search routes --sort name --json"
    Then the JSON field "results.0.id" is "io.acme.routes"

  Scenario: Licences and tags get their usual spelling (transform_manifest)
    Given the package "web" says of itself
      """
      [package]
      id = "io.acme.web"
      version = "1.0.0"
      description = "Templates for a web application"
      license = "Apache 2.0"
      tags = ["Web", "http server", "web"]
      keywords = ["axum"]
      """
    And the example "tidy" is installed by pip, without a network
    When I run "ggen market publish web"
    And I run "ggen market info io.acme.web --json"
    Then the JSON field "manifest.license" is "Apache-2.0"
    And the JSON field "manifest.tags" is "['http-server', 'web']"
    And the JSON field "manifest.keywords" is "['axum']"

  Scenario: A registry is carried from machine to machine in one file (read_location)
    Given these packages are published
      | id           | version | needs           |
      | io.acme.core | 1.0.0   |                 |
      | io.acme.web  | 1.1.0   | io.acme.core ^1 |
    And a mirror of them is packed into "mirror.zip"
    And somebody else has a home of their own
    And the example "zip" is installed by pip, without a network
    When I run "ggen market registry add usb zip://{root}/mirror.zip"
    And I run "ggen market registry ping usb"
    Then the output contains "ok  usb: files alone"
    When I run "ggen market search web --registry usb --json"
    Then the JSON field "results.0.id" is "io.acme.web"
    When I run "ggen market add io.acme.web --registry usb"
    Then the output contains "+ io.acme.core 1.0.0"
    When I run "ggen market verify"
    Then the output contains "Verified: 2 packages"
    When I run "ggen market list --json"
    Then the JSON field "packages.0.registry" is "usb"
