@suite @level2
Feature: The report is one file that loads nothing from elsewhere
  As an engineer who mails a report or opens it years later
  I want everything in one file
  So that it shows the same on any machine, and tells nobody that it was opened

  @level1
  Scenario Outline: A page that loads <what> is found out
    Given the page <page>
    Then it would load "<found>"

    Examples:
      | what                           | found                   | page                                                            |
      | a script from a host           | //tags.example/t.js     | <script src="https://tags.example/t.js"></script>               |
      | a script from the same scheme  | //tags.example/t.js     | <script src="//tags.example/t.js"></script>                     |
      | a file beside it               | app.js                  | <script src="app.js"></script>                                  |
      | a style sheet                  | //fonts.example/a.css   | <link rel="stylesheet" href="https://fonts.example/a.css">      |
      | an image                       | //img.example/a.png     | <img src="http://img.example/a.png">                            |
      | a frame                        | //frame.example         | <iframe src="https://frame.example"></iframe>                   |
      | what a script fetches          | //api.example/x         | <script>fetch("https://api.example/x")</script>                 |
      | what a script puts in a source | //tags.example/t.js     | <script>s.src = 'https://tags.example/t.js'</script>            |
      | what a style imports           | //fonts.example/a.css   | <style>@import "https://fonts.example/a.css";</style>           |
      | what a style shows             | //img.example/a.png     | <p style="background: url(https://img.example/a.png)">          |
      | what a packed script fetches   | //api.example           | <script src="data:text/javascript;base64,ZmV0Y2goImh0dHBzOi8vYXBpLmV4YW1wbGUiKQ=="></script> |

  @level1
  Scenario Outline: A page that only <what> is fine
    Given the page <page>
    Then it would load nothing

    Examples:
      | what                 | page                                                                   |
      | links to a host      | <a href="https://example.org">more</a>                                 |
      | names a namespace    | <script>document.createElementNS("http://www.w3.org/2000/svg")</script> |
      | has its own image    | <img src="data:image/png;base64,iVBORw0KGgo=">                         |
      | tells of an address  | <p>it fetched https://example.org</p>                                  |

  Scenario: Without results there is nothing to report
    Given a small suite of its own
    When its report is made
    Then its output has "run `make test` first"
    And there is no report

  Scenario: Without Node.js the command says what to install
    Given a small suite of its own
    And its file "build/allure-results/x-result.json" is
      """
      {}
      """
    When its report is made on a machine without Node.js
    Then its output has "needs Node.js 20 or newer"
    And there is no report
