@http @level3
Feature: Beside its files a server searches, sends many files at once, and takes releases
  As a publisher
  I want the server to take what I signed once, whole and checked as I would check it
  So that a broken line or a repeated request changes nothing

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.core@1.1.0 |
      | io.ggen.rust.axum@1.1.0 |
    And I run the server "ggen"

  Scenario: Searching answers as the command line does
    Then these searches answer as the command line does
      | parameters                          | command                         |
      | q=rust                              | search rust                     |
      | q=rust&sort=name&limit=1            | search rust --sort name --limit 1 |
      | q=rust%20axum&offset=1              | search 'rust axum' --offset 1   |
      | category=rust                       | search --category rust          |
      | q=nothing-is-called-so              | search nothing-is-called-so     |
      | q=                                  | search                          |
      | q=axm                               | search axm                      |

  Scenario: A search that is asked again is what it was, until something is published
    When the search "q=rust" is asked for in each coding, and again with the tags of the answers
    Then it is answered with 304 and without a body
    When Alice sends the blobs and the release of "io.acme.rust@1.0.0" with a token for "io.acme"
    And the search is asked for with these tags again
    Then it is answered with 200, and has "io.acme.rust"
    And after a download of "io.ggen.rust.core@1.0.0" the same search shows it

  Scenario: A search that cannot be meant is refused
    Then these searches are refused with 400
      | what                     | parameters               | code              |
      | a parameter of no name   | colour=green             | parameter-invalid |
      | a parameter twice        | q=a&q=b                  | parameter-invalid |
      | a negative limit         | limit=-1                 | parameter-invalid |
      | a limit in another script | limit=%D9%A3            | parameter-invalid |
      | an absurd offset         | offset=99999999999       | parameter-invalid |
      | a page too far           | offset=10001             | page-too-deep     |
      | a limit too high         | limit=101                | page-invalid      |
      | an order of no name      | sort=size                | parameter-invalid |
      | a switch that is none    | highlight=yes            | parameter-invalid |

  Scenario: A question for recommendations that cannot be meant is refused
    Then these questions for recommendations are refused
      | what                   | parameters                          | status | code              |
      | a parameter of no name | colour=green                        | 400    | parameter-invalid |
      | no id                  | based_on=..%2F..                    | 400    | invalid-package-id |
      | nothing of that id     | based_on=io.ggen.nothing            | 404    | package-not-found |
      | two limits             | limit=1&limit=2                     | 400    | parameter-invalid |
      | no number              | limit=-1                            | 400    | parameter-invalid |
      | too many               | limit=51                            | 400    | page-invalid      |
      | none                   | limit=0                             | 400    | page-invalid      |
      | about too many         | {51 packages}                       | 400    | page-invalid      |

  Scenario: A search never reads its words as a language
    Then searches for syntax, wildcards, a megabyte of words and control characters answer within the page's limits

  Scenario: A batch holds all that is lacking, and nothing twice
    Then a batch for the tree of "io.ggen.rust.core@1.1.0" installs it
    And a batch for "io.ggen.rust.core@1.1.0" of somebody who has 1.0.0 holds the tree and only the files that changed
    And a batch for both versions holds the files that they share once
    And a batch for single blobs holds just these
    And a batch for nothing is an empty bundle

  Scenario: What is sent is counted, once for each who gets it
    When the tree of "io.ggen.rust.core@1.1.0" is asked for in 3 batches and 2 archives, and its archive in other ways
    Then "io.ggen.rust.core" has 5 downloads, and "io.ggen.rust.axum" none
    And searching shows it, and so does the registry's home after the server was stopped

  Scenario: A batch that cannot be answered is refused before it begins
    Then these batch requests are refused
      | what                       | request                                                                                        | status | code               |
      | no JSON                    | hello                                                                                          | 422    | document-malformed |
      | a list                     | []                                                                                             | 422    | document-malformed |
      | a key twice                | {"want":[],"want":[]}                                                                          | 422    | document-malformed |
      | a text where a list is due | {"want":"sha256:00"}                                                                           | 400    | request-malformed  |
      | a weaker digest            | {"want":["md5:00"]}                                                                            | 400    | request-malformed  |
      | a number                   | {"blobs":[7]}                                                                                  | 400    | request-malformed  |
      | a tree that is not there   | {"want":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]}           | 404    | blob-missing       |
      | a blob that is not there   | {"blobs":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]}          | 404    | blob-missing       |
      | a file in place of a tree  | {"want":["sha256:{blob}"]}                                                                     | 400    | request-malformed  |

  Scenario: A batch request for more than any project needs is refused
    Then a batch request for 2001 trees is answered with 400 "request-malformed"
    But one for 2000 that are not there with 404 "blob-missing"

  Scenario: A release is published once, and the same request changes nothing more
    When Alice sends the blobs and the release of "io.acme.web@1.0.0" with a token for "io.acme"
    Then it is answered with 201, and the receipt names the release and its place in the log
    And searching, the package document and a batch have it at once
    When Alice sends the same release again
    Then it is answered with 200 and the same receipt
    And of its blobs none is missing any more

  @level2 @concurrency
  Scenario: The same release sent twice at the same moment is published once, and both are told so
    When the release of "io.acme.web@1.0.0" is sent, and while it is published the same one is published by another request
    Then the receipt is that of the other, and nothing is new
    When the release of "io.acme.web@2.0.0" is sent, and while it is published another one is published by another request
    Then it is refused as "version-exists"

  Scenario: A version with other content is a conflict
    Given Alice has published "io.acme.web@1.0.0" over the wire
    When Alice sends another package as "io.acme.web@1.0.0"
    Then it is answered with 409 "version-exists"

  Scenario: A release whose blobs are not all there says which are missing
    When Alice sends the release of "io.acme.web@1.0.0" and not its blobs
    Then it is answered with 422 "blobs-missing", naming the tree
    When Alice sends the tree and the release of "io.acme.web@1.0.0", and no file
    Then it is answered with 422 "blobs-missing", naming each file

  Scenario Outline: What a client would refuse the server refuses: <what>
    When Alice sends "io.acme.web@1.0.0" with <what>
    Then it is answered with <status> "<code>"
    And nothing of "io.acme.web" is published

    Examples:
      | what                                   | status | code                 |
      | another size in its record             | 422    | signature-wrong      |
      | no signature                           | 422    | signature-missing    |
      | the signature of another version       | 422    | signature-wrong      |
      | a record signed for other files        | 422    | release-mismatch     |
      | a record that is not canonical         | 422    | record-not-canonical |
      | a record of 100,000 bytes              | 413    | body-too-large       |
      | a tree with a path upwards             | 422    | path-traversal       |
      | a tree without a manifest              | 400    | manifest-missing     |

  Scenario: The key of a namespace is pinned with its first release
    Given Alice has published "io.acme.web@1.0.0" over the wire
    When Mallory sends the blobs and the release of "io.acme.web@1.1.0" with a token for "io.acme"
    Then it is answered with 422 "key-changed"

  Scenario Outline: A token opens its own namespaces and nothing else: <what>
    When Alice sends the blobs and the release of "<package>" with <token>
    Then it is answered with <status> "<code>"

    Examples:
      | what                        | package              | token                            | status | code             |
      | another namespace           | io.other.web@1.0.0   | a token for "io.acme"            | 403    | namespace-denied |
      | one that begins alike       | io.acmes.web@1.0.0   | a token for "io.acme"            | 403    | namespace-denied |
      | the namespace above         | io.web@1.0.0         | a token for "io.acme"            | 403    | namespace-denied |
      | no token                    | io.acme.web@1.0.0    | no token                         | 401    | token-missing    |
      | a token that nobody made    | io.acme.web@1.0.0    | a token that nobody made         | 401    | token-unknown    |
      | another scheme              | io.acme.web@1.0.0    | the token as a password          | 401    | token-unknown    |
      | a revoked token             | io.acme.web@1.0.0    | a token for "io.acme" that was revoked | 401 | token-unknown   |

  Scenario: A token is good below its namespace, and knows whose it is
    When Alice sends the blobs and the release of "io.acme.tools.web@1.0.0" with a token for "io.acme"
    Then it is answered with 201
    And the server tells whose the token for "io.acme" is

  Scenario: A quota holds for all releases of a namespace
    Given a token of "io.acme" for 1 MB
    When Alice publishes 600,000 bytes as "io.acme.one@1.0.0" and 600,000 as "io.acme.sub.two@1.0.0" with it
    Then the first is answered with 201, and the second with 403 "quota-exceeded"

  Scenario: Tokens are kept as hashes, and listed without them
    Given a token "ci" for "io.acme" and "io.acme.web"
    Then the list of tokens names "ci" with its namespaces, and neither it nor any file of the home holds the token
    And a second token "ci" is refused as "token-exists", and one for "Acme" as "invalid-namespace"
    And a token named "../ci" is refused as "invalid-token-name"
    And revoking "cd" is refused as "token-not-found"

  Scenario Outline: A file of tokens that cannot be believed opens nothing: <trouble>
    Given a token "ci" for "io.acme" and "io.acme.web"
    When the file of the tokens is <trouble>
    And I try "ggen market token list --json"
    Then the exit code is 3
    And the error code is "<code>"
    When I try "ggen market token new --name other --namespace io.acme --json"
    Then the exit code is 3
    And a release that is sent with the token is answered with 500 "<code>"
    And where the tokens lie is told in the server's log, and not in the answer
    And nothing of "io.acme.web" is published

    Examples:
      | trouble           | code                |
      | open to everybody | token-store-unsafe  |
      | cut short         | token-store-damaged |
      | of a newer format | token-store-damaged |
      | of other fields   | token-store-damaged |
      | of no texts       | token-store-damaged |
      | of no quota       | token-store-damaged |

  Scenario: A yank and its taking back are appended once
    Given Alice has published "io.acme.web@1.0.0" over the wire
    When Alice sends a yank of "io.acme.web@1.0.0"
    Then it is answered with 201
    And the list of yanks and the package document show the yank
    When Alice sends the same yank again
    Then it is answered with 200
    When Alice sends another yank of "io.acme.web@1.0.0"
    Then it is answered with 409 "already-yanked"
    When Mallory sends an unyank of "io.acme.web@1.0.0"
    Then it is answered with 422 "yank-key-wrong"
    When Alice sends an unyank of "io.acme.web@1.0.0"
    Then it is answered with 201
    And the list of yanks and the package document show no yank

  Scenario: A yank needs a token of its namespace too
    Given Alice has published "io.acme.web@1.0.0" over the wire
    When Alice sends a yank of "io.acme.web@1.0.0" with a token for "io.other"
    Then it is answered with 403 "namespace-denied"
    And the list of yanks and the package document show no yank

  Scenario: A tree that is no package's is packed into no archive
    When Alice sends "io.acme.web@1.0.0" with a tree with a path upwards
    Then its archive is answered with 500 "path-traversal"

  Scenario: A bundle keeps what came whole though a later blob is wrong or the line breaks
    Then of a bundle that is cut in its last file all others are kept, and the next try sends only that
    And a bundle with a wrong blob is answered with 422 "blob-corrupt"
