@web @http @level3
Feature: A namespace has a page that says who publishes there
  As somebody who looks at a package
  I want to see what else its publisher has, and whether the registry trusts the keys that signed it
  So that I can judge whom I take it from

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs            |
      | io.acme.core      | 1.0.0   |                  |
      | io.acme.core      | 1.1.0   |                  |
      | io.acme.web       | 1.0.0   | io.acme.core ^1  |
      | io.acme.tool.lint | 1.0.0   |                  |
      | io.acmex.other    | 1.0.0   |                  |

  @smoke
  Scenario: From a package one comes to its namespace, with its packages, downloads and key
    Given I run "ggen market add io.acme.web"
    And somebody looks at the registry in a browser
    When they look at "/p/io.acme.core"
    Then the page says "The key of this namespace: new releases must be signed with it."
    When they follow "io.acme"
    Then the page has the heading "io.acme", and links to
      | text         |
      | io.acme.core |
      | io.acme.web  |
      | io.acme.tool |
    And the page says "2 packages, 3 releases, 2 downloads."
    And 2 packages are listed
    And the page says the key that signed it
    And the page says "The key of this namespace: new releases must be signed with it. It signed 3 releases here, from 20"
    And the page says "The key of io.acme.tool, io.acmex too."
    And no other namespaces are linked than "io.acme.tool, io.acmex"
    When they follow "io.acme.tool"
    Then the page says "1 package, 1 release, 0 downloads."
    When they look at "/n/io"
    Then the page has the heading "Namespaces below", and links to
      | text     |
      | io.acme  |
      | io.acmex |
    And the page says "0 packages, 0 releases, 0 downloads."

  @security
  Scenario Outline: What the registry thinks of a key is told: <what>
    Given the registry's operator <what>
    And somebody looks at the registry in a browser
    When they look at "/n/io.acme"
    Then the page says of the key that signed "<told>"
    And the page says "<more>"
    When they look at "/p/io.acme.web"
    Then the page says "<told>"

    Examples:
      | what                                         | told                                                  | more                           |
      | trusts another key for io.acme, and this one | An earlier key of this namespace: what it signed stays good. | It signed nothing that is here. |
      | trusts another key for io.acme               | Not trusted any more: another key took its place.     | It signed nothing that is here. |
      | has revoked it because of a <b>theft</b>     | Revoked: nothing that it signed should be used.       | Why: a <b>theft</b>            |
      | has lost its pins                            | Nobody has pinned a key for this namespace here.      | It signed 3 releases here      |

  Scenario: The packages of a large namespace come in pages
    Given 55 packages that need each other are published
    And somebody looks at the registry in a browser
    When they look at "/n/many.lib"
    Then 50 packages are listed
    When they follow "After"
    Then 5 packages are listed
    When they follow "Before"
    Then 50 packages are listed

  Scenario: A package of which everything is yanked is told apart
    Given I run "ggen market yank io.acme.web@1.0.0 --reason 'broken'"
    And somebody looks at the registry in a browser
    When they look at "/n/io.acme"
    Then the page says "Every version is yanked of io.acme.web"
    And the page says "2 packages, 3 releases, 0 downloads."

  Scenario: What is published and yanked is on the page that is looked at next
    Given somebody looks at the registry in a browser
    When they look at "/n/io.acme"
    And they look at it again
    Then the answer is 304 without a body
    When these packages are published
      | id            | version | needs |
      | io.acme.third | 1.0.0   |       |
    And they look at "/n/io.acme"
    Then the page says "3 packages, 4 releases, 0 downloads."

  Scenario: What is not there is a page too
    Given somebody looks at the registry in a browser
    When they look at "/n/io.acme.nothing"
    Then the answer is a page with the status 404
    And the page says "there is no package in the namespace io.acme.nothing"
    When they look at "/n/NO%20SPACE"
    Then the answer is a page with the status 400
    When they look at "/n/io.acme?offset=-1"
    Then the answer is a page with the status 400
    When they look at "/n/io.acme?offset=0&offset=50"
    Then the answer is a page with the status 400
    When they look at "/n/io.acme?colour=green"
    Then the answer is a page with the status 400

  @security
  Scenario: When the registry's own files are damaged a page says so, and not where they lie
    Given the home's trust store is damaged
    And somebody looks at the registry in a browser
    When they look at "/n/io.acme"
    Then the answer is a page with the status 500
    And the page says "a file of the registry's own cannot be used"
    And the page does not say where they are, and the server's log does
