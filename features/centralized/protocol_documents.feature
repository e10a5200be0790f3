@http @security @level1
Feature: The documents of a registry are read strictly, and one bad entry hides no other
  As a template user
  I want a document that could be read in two ways to be refused
  And a package whose registry lists one release that cannot be read to stay usable in the others

  Scenario: Documents read back as they were written
    Then the root document, packages, yanks, categories, downloads and the catalog read back as they were written

  Scenario: The root document is these bytes, for ever
    Then the root document of the registry "acme" with the interface "api/v1/" is
      """
      {"api":"api/v1/","log":{"key":"acme.example+1b4c8c1f+AQ==","origin":"acme.example"},"name":"acme","protocol":1}
      """

  Scenario: Fields that this version does not know are passed over
    Given the document of the package "io.acme.web" with the releases 1.0.0, 2.0.0-rc.1, 1.10.0
    When the document says "green" in "colour"
    Then the document lists 2.0.0-rc.1, 1.10.0, 1.0.0 and no bad entry

  Scenario: A newer protocol is not misread
    Given the document of the package "io.acme.web" with the releases 1.0.0
    When the document says 2 in "protocol"
    Then reading the document is refused as "protocol-newer"

  Scenario: What a newer protocol may look like does not matter
    Then the document "{ "protocol": 2, "releases": 1.5 }" is refused as "protocol-newer"

  Scenario Outline: A document is refused as a whole when <what>
    Then the document "<text>" is refused as "document-malformed"

    Examples:
      | what                                | text                                                                  |
      | it is empty                         | (none)                                                                |
      | it is no JSON                       | <html>sign in</html>                                                  |
      | it is a list                        | []                                                                    |
      | it names no protocol                | {"id":"io.acme.web","releases":[]}                                    |
      | its protocol is a text              | {"id":"io.acme.web","protocol":"1","releases":[]}                     |
      | its protocol is a truth value       | {"id":"io.acme.web","protocol":true,"releases":[]}                    |
      | its protocol is 0                   | {"id":"io.acme.web","protocol":0,"releases":[]}                       |
      | it is about another package         | {"id":"io.acme.other","protocol":1,"releases":[]}                     |
      | a key occurs twice                  | {"id":"io.acme.web","id":"io.acme.web","protocol":1,"releases":[]}    |
      | it holds NaN                        | {"id":"io.acme.web","protocol":1,"releases":[],"x":NaN}               |
      | it holds a fraction                 | {"id":"io.acme.web","protocol":1,"releases":[],"x":1.5}               |
      | it holds a number beyond 2^53       | {"id":"io.acme.web","protocol":1,"releases":[],"x":9007199254740992}  |
      | it holds a lone surrogate           | {"id":"io.acme.web","protocol":1,"releases":[],"x":"\\ud800"}         |
      | it holds a blank                    | {"id":"io.acme.web", "protocol":1,"releases":[]}                      |
      | data follows                        | {"id":"io.acme.web","protocol":1,"releases":[]}\n                     |
      | its releases are an object          | {"id":"io.acme.web","protocol":1,"releases":{}}                       |
      | its releases are missing            | {"id":"io.acme.web","protocol":1}                                     |
      | it is not UTF-8                     | {"id":"\xff","protocol":1,"releases":[]}                              |

  Scenario: A document of absurd measure is refused quickly
    Then a document of 100,000 nested lists and one of a number of 500,000 digits are refused as "document-malformed"
    And a document of more than 16 MiB is refused as "document-too-large" without being parsed
    And an answer to a search of more than 4 MiB is refused as "document-too-large"

  Scenario Outline: A release that cannot be read is reported, and the others are listed: <what>
    Given the document of the package "io.acme.web" with the releases 1.0.0, 2.0.0
    When in the entry of 2.0.0 <field> becomes <value>
    Then the document lists 1.0.0 and a bad entry, "<code>"

    Examples:
      | what                               | field              | value                  | code               |
      | it is no object                    | (entry)            | 7                      | document-malformed |
      | its record lacks the signature     | release.signature  | (gone)                 | record-malformed   |
      | its record has an unknown field    | release.extra      | 1                      | record-malformed   |
      | its record is another package's    | release.id         | "io.acme.other"        | document-malformed |
      | its version is none                | release.version    | "2"                    | record-malformed   |
      | its record is null                 | release            | null                   | record-malformed   |
      | its position is 0                  | position           | 0                      | document-malformed |
      | its position is a text             | position           | "2"                    | document-malformed |
      | its position is missing            | position           | (gone)                 | document-malformed |
      | its yank is a text                 | yank               | "yes"                  | record-malformed   |

  Scenario Outline: A yank in a package document is that of its release: <what>
    Given the document of the package "io.acme.web" with the releases 1.0.0, 2.0.0
    When 2.0.0 is said to be yanked by the record of <record>
    Then the document lists <listed>

    Examples:
      | what                     | record                     | listed                                       |
      | its own                  | a yank of 2.0.0            | 2.0.0, 1.0.0 and no bad entry                |
      | that of another version  | a yank of 1.0.0            | 1.0.0 and a bad entry, "document-malformed"  |
      | an unyank                | an unyank of 2.0.0         | 1.0.0 and a bad entry, "document-malformed"  |

  Scenario: A release that is said to be yanked and not yanked is reported, and the others are listed
    Given the document of the package "io.acme.web" with the releases 1.0.0, 2.0.0
    When 2.0.0 is said to be yanked by the record of a yank of 2.0.0
    And 2.0.0 is said to be not yanked by the record of an unyank of 2.0.0
    Then the document lists 1.0.0 and a bad entry, "document-malformed"

  Scenario: A version that is listed twice is listed by nobody
    Given the document of the package "io.acme.web" with the releases 1.0.0, 2.0.0, 2.0.0+other
    Then the document lists 1.0.0 and bad entries, "document-malformed"

  Scenario: Two releases with one place in the log are listed by nobody
    Given the document of the package "io.acme.web" with the releases 1.0.0, 2.0.0, 3.0.0
    When in the entry of 2.0.0 position becomes 1
    Then the document lists 3.0.0 and bad entries, "document-malformed"

  Scenario: In the catalog and the list of yanks too one bad entry hides no other
    Then a catalog with one document that cannot be read still has the others
    And a list of yanks with one record that cannot be read still has the others
