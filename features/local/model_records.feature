@local @security @model @level1
Feature: Records are read strictly
  As a template user
  I want a record that can be read in two ways to be refused by everybody
  So that what was signed is what I see

  Scenario Outline: A record that is not canonical JSON is refused: <what>
    Then the bytes "<bytes>" are refused as "record-not-canonical"

    Examples:
      | what                           | bytes                             |
      | nothing                        | (none)                            |
      | a key twice                    | {"a":1,"a":1}                     |
      | a key twice in a nested object | {"a":{"b":1,"b":2}}               |
      | keys out of order              | {"b":1,"a":2}                     |
      | a blank                        | {"a": 1}                          |
      | a line break at the end        | {"a":1}\n                         |
      | data after the value           | {"a":1}{}                         |
      | cut short                      | {"a":1                            |
      | NaN                            | {"a":NaN}                         |
      | Infinity                       | {"a":-Infinity}                   |
      | a fraction                     | {"a":1.5}                         |
      | a whole number with a fraction | {"a":1.0}                         |
      | an exponent                    | {"a":1e2}                         |
      | minus zero                     | {"a":-0}                          |
      | a leading zero                 | {"a":01}                          |
      | 2^53                           | {"a":9007199254740992}            |
      | -2^53                          | {"a":-9007199254740992}           |
      | a lone surrogate               | {"a":"\\ud800"}                   |
      | a letter written as an escape  | {"\\u0061":1}                     |
      | an escaped slash               | {"a":"\\/"}                       |
      | a raw control character        | {"a":"\x01"}                      |
      | a byte order mark              | \xef\xbb\xbf{"a":1}               |
      | bytes that are not UTF-8       | {"a":"\xff"}                      |
      | an overlong encoding           | {"a":"\xc0\xaf"}                  |
      | a surrogate in UTF-8           | {"a":"\xed\xa0\x80"}              |
      | single quotes                  | {'a':1}                           |
      | a comment                      | {"a":1/**/}                       |
      | a trailing comma               | {"a":[1,]}                        |

  Scenario Outline: A record of absurd measure is refused quickly: <what>
    Then <count> times "<piece>" is refused as "record-not-canonical"

    Examples:
      | what                         | count  | piece |
      | brackets 100,000 deep        | 100000 | [     |
      | objects 33 deep              | 33     | {"a": |
      | a number of 500,000 digits   | 500000 | 1     |

  Scenario: Canonical JSON nests to its limit and no deeper
    Then lists nested 32 deep are read, and 33 deep refused

  Scenario: The statements that are signed are these bytes, for ever
    Then the statement of Alice's release io.acme.web@1.0.0 is
      """
      ggen-market-release-v1
      {"content_id":"sha256:8bf098852fe7d31fd505c5972e420c5032951a0acc998dd5e61823d5cc47e8a9","dependencies":{"io.acme.base":"^1"},"files":1,"id":"io.acme.web","key":"ed25519:00768594fb569d34d4b11e80c22711505056b7d9799ef096dfec8cd45c220c6a","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","published_at":"2026-01-01T00:00:00Z","size":10,"version":"1.0.0"}
      """
    And the statement of Alice's yank of io.acme.web@1.0.0 is
      """
      ggen-market-yank-v1
      {"action":"yank","at":"2026-01-01T00:00:00Z","id":"io.acme.web","key":"ed25519:00768594fb569d34d4b11e80c22711505056b7d9799ef096dfec8cd45c220c6a","reason":"it is broken","version":"1.0.0"}
      """

  Scenario: The encoding of a tree and its content id are these bytes, for ever
    Given a tree of an executable "a/run.sh" that holds "hello" and a file "b.txt" that holds "world"
    Then the tree is encoded as
      """
      ggen-market-tree-v1
      755 5 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 a/run.sh
      644 5 486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7 b.txt
      """
    And its content id is sha256:10799a80be012fdac96a9c1e54ee1deda59bc9c2e5b2f5d4d00b1a0b0f800eae

  Scenario Outline: A release record is refused when <what>
    Given the release record of "io.acme.web@1.0.0"
    When its <field> becomes <value>
    Then reading the record is refused as "record-malformed"

    Examples:
      | what                                    | field        | value                   |
      | the id is no id                         | id           | "web"                   |
      | the id has capitals                     | id           | "io.Acme.web"           |
      | the version is none                     | version      | "1"                     |
      | the size is negative                    | size         | -1                      |
      | the size is a text                      | size         | "10"                    |
      | the number of files is a truth value    | files        | true                    |
      | the content id has another algorithm    | content_id   | "md5:00"                |
      | the content id has a weaker digest      | content_id   | "sha256:00"             |
      | the manifest's digest has capitals      | manifest     | "SHA256:00"             |
      | the dependencies are a list             | dependencies | []                      |
      | a requirement is none                   | dependencies | {"io.acme.base":"^^1"}  |
      | a requirement is a number               | dependencies | {"io.acme.base":1}      |
      | a dependency is no id                   | dependencies | {"base":"1"}            |
      | the signature is null                   | signature    | null                    |
      | there is a field that nobody knows      | extra        | 1                       |
      | the id is gone                          | id           | (gone)                  |
      | the signature is gone                   | signature    | (gone)                  |

  Scenario Outline: A manifest is refused when <what>
    Then the manifest "<text>" is refused as "manifest-invalid" in the field "<field>"

    Examples:
      | what                         | text                                         | field   |
      | it has no package            | title = "x"                                  | package |
      | its package is a list        | package = []                                 | package |
      | its package has no id        | [package]\nversion = "1.0.0"                 | id      |

  Scenario Outline: A path is refused when it is <what>
    Then the path "<text>" is refused as "<code>"

    Examples:
      | what       | text    | code          |
      | empty      | (none)  | path-empty    |
      | not UTF-8  | \udc80  | path-not-utf8 |

  Scenario Outline: A yank record is refused when <what>
    Given the yank record of "io.acme.web@1.0.0"
    When its <field> becomes <value>
    Then reading the record is refused as "record-malformed"

    Examples:
      | what                               | field   | value       |
      | it does something else             | action  | "delete"    |
      | it does nothing                    | action  | ""          |
      | the id is no id                    | id      | "web"       |
      | the version is none                | version | "1"         |
      | the reason is a list               | reason  | []          |
      | the signature is gone              | signature | (gone)    |
      | there is a field that nobody knows | extra   | 1           |

  Scenario Outline: A tree is refused when <what>
    Then the tree "<text>" is refused as "tree-malformed"

    Examples:
      | what                       | text                                                                  |
      | it is empty                | (none)                                                                |
      | it has another format      | ggen-market-tree-v2\n                                                 |
      | it is cut short            | ggen-market-tree-v1\n644 1 {sha} a                                    |
      | it has a mode of its own   | ggen-market-tree-v1\n777 1 {sha} a\n                                  |
      | a size has a leading zero  | ggen-market-tree-v1\n644 01 {sha} a\n                                 |
      | a size is negative         | ggen-market-tree-v1\n644 -1 {sha} a\n                                 |
      | a digest is short          | ggen-market-tree-v1\n644 1 00 a\n                                     |
      | a path is missing          | ggen-market-tree-v1\n644 1 {sha} \n                                   |
      | a path occurs twice        | ggen-market-tree-v1\n644 1 {sha} a\n644 1 {sha} a\n                   |
      | paths are out of order     | ggen-market-tree-v1\n644 1 {sha} b\n644 1 {sha} a\n                   |
      | there is an empty line     | ggen-market-tree-v1\n644 1 {sha} a\n\n                                |
      | a path holds a NUL         | ggen-market-tree-v1\n644 1 {sha} a\x00b\n                             |
      | a path is not UTF-8        | ggen-market-tree-v1\n644 1 {sha} \xff\n                               |
