@web @http @level3
Feature: A registry has pages that people can look at
  As somebody who looks for a package
  I want to read in a browser what a registry has, without installing anything and without scripts
  So that I can decide before I use it

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id              | version     | needs            |
      | io.acme.core    | 1.0.0       |                  |
      | io.acme.core    | 1.1.0       |                  |
      | io.acme.core    | 2.0.0-rc.1  |                  |
      | io.acme.web     | 1.0.0       | io.acme.core ^1  |

  @smoke
  Scenario: Every link on every page leads to a page
    Given somebody looks at the registry in a browser
    Then from the first page on every link of the registry's own leads to a page, at least 7 of them
    And the pages have each a title, one main heading and a language

  Scenario: The first page shows what is new
    Given somebody looks at the registry in a browser
    Then the page has the heading "New", and links to
      | text         |
      | io.acme.web  |
      | io.acme.core |
    And the page says "2 packages, 4 releases."
    And the page says "0 downloads"

  Scenario: A search is answered with the words still in its field, and can be narrowed
    Given somebody looks at the registry in a browser
    When they search for "acme"
    Then the page has the heading "Results for “acme”", and links to
      | text         |
      | io.acme.core |
      | io.acme.web  |
      | MIT          |
    And the field of the search holds "acme"
    When they follow "MIT"
    Then the page says "2 packages."
    And the link "MIT" is marked as chosen

  Scenario: Long answers come in pages
    Given 25 packages that need each other are published
    And somebody looks at the registry in a browser
    When they search for "many"
    And they follow "After"
    Then the page says "25 packages."
    And 5 packages are listed
    When they follow "Before"
    Then 20 packages are listed

  Scenario: The page of a package tells what one wants to know before using it
    Given I run "ggen market add io.acme.web"
    And somebody looks at the registry in a browser
    When they look at "/p/io.acme.core"
    Then the page has the heading "io.acme.core 1.1.0", and links to
      | text       |
      | 2.0.0-rc.1 |
      | 1.1.0      |
      | 1.0.0      |
      | io.acme.web |
    And the page says "ggen market add io.acme.core"
    And the page says "1 in all, 1 in the last 30 days"
    And the page says "2 files"
    And the page says the key that signed it
    And the page says "of 100 points"
    And the README is there, as a part of the page
    When they follow "1.0.0"
    Then the page says "ggen market add io.acme.core@=1.0.0"
    When they follow "io.acme.web"
    Then the page has the heading "Requires", and links to
      | text         |
      | io.acme.core |

  Scenario: A yank is told
    Given I run "ggen market yank io.acme.core@1.1.0 --reason 'writes <b>wrong</b> ports'"
    And somebody looks at the registry in a browser
    When they look at "/p/io.acme.core/1.1.0"
    Then the page says "Yanked by its publisher: writes <b>wrong</b> ports"

  @security
  Scenario: What a publisher writes is never more than text
    Given a package whose README tries
      | what                         | markdown                                                            |
      | a script                     | <script>alert(1)</script>                                           |
      | a handler                    | <img src=x onerror=alert(1)>                                        |
      | a link that runs             | [a](javascript:alert(1)) <javascript:alert(1)>                      |
      | one in another spelling      | [a](JaVaScRiPt:alert(1)) [b](&#106;avascript:alert(1))              |
      | a link with a document       | [a](data:text/html;base64,PHNjcmlwdD4=)                             |
      | a link that breaks out       | [a](https://x.example/"onmouseover="alert(1))                       |
      | a link to another page here  | [a](/p/io.acme.core) [b](../style.css) [c](//x.example) [d](ftp://x.example) |
      | a picture that watches       | ![eye](https://x.example/pixel.png)                                 |
      | a reference that runs        | [a][r] and a later [r]: vbscript:alert(1)                           |
      | a style                      | <style>body{display:none}</style> <p style="position:fixed">        |
      | a form                       | <form action=https://x.example><input name=token></form>           |
      | a frame                      | <iframe src=https://x.example></iframe>                             |
      | a command that reads another way | `ggen market add \u202egro.live\u202c`                          |
    And somebody looks at the registry in a browser
    When they look at "/p/io.evil.readme"
    Then nothing of it is anything but text, tables, code and links to the web
    And the page allows no script but its own, no picture and no frame, and tells nobody where its reader goes

  @security
  Scenario: What somebody puts into an address is never more than text
    Given somebody looks at the registry in a browser
    When they search for "\"><script>alert(1)</script>"
    Then the field of the search holds "\"><script>alert(1)</script>"
    And the page has no script but its own

  Scenario: What is not there is a page too, with what was meant
    Given somebody looks at the registry in a browser
    When they look at "/p/io.acme.cor"
    Then the answer is a page with the status 404
    And the page has the heading "There is nothing here", and links to
      | text         |
      | io.acme.core |
    When they look at "/p/io.acme.core/9.9.9"
    Then the answer is a page with the status 404
    When they look at "/p/NO%20ID"
    Then the answer is a page with the status 400
    When they look at "/?colour=green"
    Then the answer is a page with the status 400

  Scenario: A page that has not changed is not sent again
    Given somebody looks at the registry in a browser
    When they look at "/p/io.acme.web"
    And they look at it again
    Then the answer is 304 without a body

  Scenario: An empty registry says how it is filled
    Given somebody looks at an empty registry in a browser
    Then the page says "ggen market publish PATH"

  @recommend @level2
  Scenario: What a page does not show is not looked for
    When the pages are made with an eye on what is looked for
    Then these are looked for
      | page           | what                          |
      | the first page | newest, trending              |
      | io.acme.core   | used together, similar        |

  Scenario Outline: What changes is on the page that is looked at next: <what>
    Given somebody looks at the registry in a browser
    When they look at "<page>"
    And they look at it again
    Then the answer is 304 without a body
    When I run "<command>"
    Then the page says "<told>" as soon as it is looked at

    Examples:
      | what                 | page                   | command                                                   | told                                  |
      | a yank               | /p/io.acme.core        | ggen market yank io.acme.core@1.1.0 --reason broken        | io.acme.core 1.0.0                    |
      | an install           | /p/io.acme.core        | ggen market add io.acme.core                              | 1 in all, 1 in the last 30 days       |
      | an install elsewhere | /                      | ggen market add io.acme.web                               | 1 download                            |
      | a new key            | /p/io.acme.web         | ggen market key trust io.acme ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a | Not trusted any more |
      | in a search          | /?q=acme               | ggen market yank io.acme.web@1.0.0 --reason broken         | 1 package.                            |

  @stats
  Scenario: What the server itself hands out is soon on the page that is looked at
    Given somebody looks at the registry in a browser
    When they look at "/p/io.acme.core"
    Then the page says "0 in all, 0 in the last 30 days"
    When the content of "io.acme.core@1.1.0" is fetched from the server 3 times
    Then soon the page says "3 in all, 3 in the last 30 days"

  @level2 @concurrency
  Scenario: A page is made once for all who look at it, and anew when something on it may have changed
    When eight people look at one page at the same time, then one of them again
    Then it was made 1 time
    When one looks at it after each of these
      | what                        | made |
      | nothing                     | 1    |
      | "io.acme.new" is published  | 2    |
      | the day is another          | 3    |
      | nothing                     | 3    |
      | it could not be made        | 4    |
    Then nothing is kept of what could not be made
