@http @fallback @level2
Feature: Several registries are asked in an order, and what must not cross does not
  As somebody whose company has a registry of its own beside the public one
  I want a fixed rule for who answers what
  So that an outage, a refusal or a forgery never makes me install somebody else's package

  `a, b` goes on to b only when a does not have the package; `a | b` also when a cannot answer. A refusal and a wrong answer never
  cross. "No answer" is not "not found".

  Scenario Outline: <kind> that says <outcome>, before "<sign>": <answer>
    Given the registry "first" of the kind <kind>
    And the registry "second" of the kind interface
    And "first" says <outcome>, and "second" has io.acme.web
    When io.acme.web is looked up in "first<sign>second"
    Then the answer is "<answer>"
    And they said "<told>"
    And the answer as a whole is <degraded>
    And "second" was asked <times> times

    Examples: It is there
      | kind      | outcome     | sign | answer               | told                             | degraded     | times |
      | interface | found       | ,    | first                | first found                      | not degraded | 0     |
      | interface | found       | \|   | first                | first found                      | not degraded | 0     |
      | files     | found       | ,    | first                | first found                      | not degraded | 0     |
      | files     | found       | \|   | first                | first found                      | not degraded | 0     |

    Examples: It is not there
      | kind      | outcome     | sign | answer               | told                             | degraded     | times |
      | interface | absent      | ,    | second               | first absent, second found       | not degraded | 1     |
      | interface | absent      | \|   | second               | first absent, second found       | not degraded | 1     |
      | files     | absent      | ,    | second               | first absent, second found       | not degraded | 1     |
      | files     | absent      | \|   | second               | first absent, second found       | not degraded | 1     |
      | local     | absent      | ,    | second               | first absent, second found       | not degraded | 1     |
      | local     | absent      | \|   | second               | first absent, second found       | not degraded | 1     |

    Examples: It is refused
      | kind      | outcome     | sign | answer               | told                             | degraded     | times |
      | interface | denied      | ,    | denied               | first denied                     | not degraded | 0     |
      | interface | denied      | \|   | denied               | first denied                     | not degraded | 0     |
      | files     | denied      | ,    | denied               | first denied                     | not degraded | 0     |
      | files     | denied      | \|   | denied               | first denied                     | not degraded | 0     |

    Examples: There is no answer
      | kind      | outcome     | sign | answer               | told                             | degraded     | times |
      | interface | unavailable | ,    | registry-unavailable | first unavailable                | not degraded | 0     |
      | interface | unavailable | \|   | second               | first unavailable, second found  | degraded     | 1     |
      | files     | unavailable | ,    | registry-unavailable | first unavailable                | not degraded | 0     |
      | files     | unavailable | \|   | second               | first unavailable, second found  | degraded     | 1     |

    Examples: The answer is wrong
      | kind      | outcome     | sign | answer               | told                             | degraded     | times |
      | interface | invalid     | ,    | document-malformed   | first invalid                    | not degraded | 0     |
      | interface | invalid     | \|   | document-malformed   | first invalid                    | not degraded | 0     |
      | files     | invalid     | ,    | document-malformed   | first invalid                    | not degraded | 0     |
      | files     | invalid     | \|   | document-malformed   | first invalid                    | not degraded | 0     |
      | local     | invalid     | ,    | index-corrupt        | first invalid                    | not degraded | 0     |
      | local     | invalid     | \|   | index-corrupt        | first invalid                    | not degraded | 0     |

  Scenario Outline: When nobody has it, the error that helps most is shown: <first> <sign> <second>
    Given the registry "first" of the kind interface
    And the registry "second" of the kind files
    And "first" says <first>, and "second" says <second>
    When io.acme.web is looked up in "first<sign>second"
    Then the answer is "<answer>"
    And the error's message begins with "<named>"
    And its sources are "<told>"

    Examples:
      | first       | sign | second      | answer               | named  | told                                   |
      | absent      | ,    | absent      | package-not-found    | first  | first absent, second absent            |
      | unavailable | \|   | absent      | registry-unavailable | first  | first unavailable, second absent       |
      | absent      | ,    | unavailable | registry-unavailable | second | first absent, second unavailable       |
      | unavailable | \|   | unavailable | registry-unavailable | first  | first unavailable, second unavailable  |
      | absent      | ,    | denied      | denied               | second | first absent, second denied            |

  Scenario: The first registry that has the package decides about its versions
    Given the registry "first" of the kind interface
    And the registry "second" of the kind interface
    And "first" has io.acme.web@1.0.0, and "second" has io.acme.web@2.0.0
    When io.acme.web@2.0.0 is looked up in "first,second"
    Then the answer is "version-not-found"
    And "second" was asked 0 times

  @security
  Rule: A bound namespace never leaves its registry

    Background:
      Given the registry "corp" of the kind interface, to which io.acme is bound
      And the registry "public" of the kind interface

    Scenario Outline: io.acme.web is asked of corp alone, whatever the order and whatever corp says: <order>, <outcome>
      Given "corp" says <outcome>, and "public" has io.acme.web
      When io.acme.web is looked up in "<order>"
      Then the answer is "<answer>"
      And no request with "acme" in it has reached "public"

      Examples:
        | order       | outcome     | answer               |
        | public,corp | found       | corp                 |
        | public      | found       | corp                 |
        | corp\|public | absent     | package-not-found    |
        | corp\|public | unavailable | registry-unavailable |
        | corp\|public | denied     | denied               |

    Scenario: A longer namespace that is bound elsewhere goes there
      Given the registry "open" of the kind interface, to which io.acme.open is bound
      And "open" has io.acme.open.kit@1.0.0, and "corp" has io.acme.open.kit@1.0.0
      When io.acme.open.kit is looked up in "public,corp,open"
      Then the answer is "open"
      And no request with "acme" in it has reached "public"
      And no request with "acme" in it has reached "corp"

    Scenario: What looks like the namespace and is not in it is asked in the order
      Given "public" has io.acmeleon.kit@1.0.0, and "corp" has io.acme.web@1.0.0
      When io.acmeleon.kit is looked up in "public,corp"
      Then the answer is "public"

    Scenario Outline: A search that names it is sent to its registry alone: <text>
      When "<text>" is searched for in "public | corp"
      Then no request with "acme" in it has reached "public"
      And "corp" was asked for "search" 1 times

      Examples:
        | text         |
        | io.acme.web  |
        | IO.ACME web  |
        | see io.acme  |

    Scenario: Recommendations are asked of each registry for its own packages alone
      Given "corp" has io.acme.web@1.0.0, and "public" has io.open.web@1.0.0
      When recommendations for io.acme.web and io.open.web are asked of "public, corp"
      Then the answer is "io.acme.log io.open.log"
      And no request with "acme" in it has reached "public"
      And "corp" was asked for "open" 0 times

    Scenario: Publishing does not leave it either
      When publishing io.acme.web@1.0.0 to "public" is tried
      Then the answer is "namespace-bound"
      And no request with "acme" in it has reached "public"

  Rule: The order is written in one way

    @level1
    Scenario Outline: "<order>" is no order
      Then the order "<order>" is refused as "registry-order-invalid"

      Examples:
        | order       |
        | a,,b        |
        | a\|         |
        | ,a          |
        | a b         |
        | a,a         |
        | A           |
        | a;b         |
        | http://x/   |
