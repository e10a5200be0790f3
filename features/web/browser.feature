@web @http @level4 @requires_browser
Feature: In a browser the pages can be used by everybody, and are better with scripts
  As somebody who looks for a package in a browser
  I want results while I type, a command that I can copy, and pages that I can read and use with the keyboard alone
  So that I find what I need, whoever I am

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id              | version | needs            |
      | io.acme.core    | 1.0.0   |                  |
      | io.acme.web     | 1.0.0   | io.acme.core ^1  |
      | io.acme.shell   | 1.0.0   |                  |

  Scenario Outline: Nothing keeps anybody from using the pages, in <light>
    Given Chromium is open at the registry, in <light>
    Then axe finds nothing on these pages
      | page                |
      | /                   |
      | /?q=acme            |
      | /?q=nothing-at-all  |
      | /p/io.acme.web      |
      | /n/io.acme          |
      | /p/io.acme.nothing  |

    Examples:
      | light |
      | day   |
      | night |

  Scenario: Results come while somebody types, and the address says what was asked
    Given Chromium is open at the registry, in day
    When "web" is typed into the field of the search
    Then without sending anything the page lists io.acme.web alone
    And the address ends with "/?q=web"
    And the field still has the focus
    When the page is loaded again
    Then the page lists io.acme.web alone
    And 1 search was counted

  Scenario: From the page of a namespace one searches as from any other
    Given Chromium is open at the registry, in day
    When the page "/n/io.acme" is opened
    Then the page lists io.acme.core, io.acme.shell, io.acme.web
    When "shell" is typed into the field of the search
    Then without sending anything the page lists io.acme.shell alone
    And the address ends with "/?q=shell"

  Scenario: The command to use a package is copied by a button
    Given Chromium is open at the registry, in day
    When the page "/p/io.acme.web" is opened
    And the button "Copy" is pressed
    Then the button says "Copied"
    And "ggen market add io.acme.web" is in the clipboard

  Scenario: The keyboard is enough
    Given Chromium is open at the registry, in day
    When "/" is pressed
    Then the field has the focus
    When "shell" is typed, and the enter key
    Then the page lists io.acme.shell alone
    When the tab key is pressed until "io.acme.shell" has the focus, and the enter key
    Then the address ends with "/p/io.acme.shell"
    And the first thing that the tab key reaches on a page is "To the content"
