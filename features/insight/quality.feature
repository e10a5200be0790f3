@quality @local @level2
Feature: The quality of a release is measured from what it has, and every point has its evidence
  As a template user who chooses between packages
  I want a score that I can check point by point
  So that care is what earns it, and nothing that only looks like it

  Rule: What is there earns points, what is missing does not, what cannot be told does not either

    Scenario: A careful first release gets an A; what only time can show is unknown
      When "io.acme.web@1.0.0" is published with care
      Then its score is 87, which is "A"
      And of the points of a careful first release none is lost
      And the point "kept-up" is unknown: "this is the first release"
      And the point "tests" is met: "files under tests/ with content of their own: 2 of 2"

    Scenario: A shell with the least that a manifest must have gets an F
      When "io.acme.web@1.0.0" is published as a shell
      Then its grade is "F"

    Scenario Outline: <what> costs just the points for that
      When "io.acme.web@1.0.0" is published with care, but with <what>
      Then of the points of a careful first release just these are lost: <lost>
      And the point "<point>" is <state>: "<evidence>"

      Examples:
        | what                                   | lost                                   | point                | state   | evidence |
        | no README                              | readme, readme-depth, readme-example   | readme               | not met | package.toml names no readme |
        | a short README                         | readme, readme-depth, readme-example   | readme               | not met | 60 are wanted |
        | a README without an example            | readme-example                         | readme-example       | not met | lines in code blocks of the README: 0 |
        | a description of two words             | description                            | description          | not met | 8 are wanted |
        | a template without a description       | templates-described                    | templates-described  | not met | 0 of 1 |
        | a variable without a description       | variables-described                    | variables-described  | not met | 0 of 1 |
        | no tests                               | tests, tests-name-outputs, expected-outputs | tests           | not met | there is no folder tests |
        | tests that name no template            | tests-name-outputs, expected-outputs   | tests-name-outputs   | not met | name 0 of 1 |
        | no expected output                     | expected-outputs                       | expected-outputs     | not met | no expected output |
        | no changelog                           | changelog                              | changelog            | not met | there is no CHANGELOG.md |
        | a changelog of another version         | changelog                              | changelog            | not met | no heading for 1.0.0 |
        | a private key                          | no-secrets                             | no-secrets           | not met | deploy.pem has what looks like a secret, at byte 0 |
        | a token                                | no-secrets                             | no-secrets           | not met | templates/ci.yml has what looks like a secret, at byte 7 |
        | more text than is read                 | no-secrets                             | no-secrets           | unknown | 1 of 8 files are too long |
        | a compiled program                     | no-programs                            | no-programs          | not met | bin/tool begins as a compiled program does (ELF) |
        | an http homepage                       | https                                  | https                | not met | http://web.example.org is not https |
        | a licence that is no SPDX identifier   | license                                | license              | not met | 'Free as in beer' |
        | an empty licence file                  | license-text                           | license-text         | not met | LICENSE says 0 words |
        | no authors                             | authors                                | authors              | not met | authors named: 0 |
        | no links                               | links, https                           | https                | unknown | neither homepage nor repository |
        | tags that repeat the id                | found-by                               | found-by             | not met | 0 tags and keywords are not in the id |
        | a blank template                       | content, variables-agree               | content              | not met | no file is content |
        | a requirement without an upper bound   | bounded-requirements                   | bounded-requirements | not met | io.acme.core >=1 has no upper bound |
        | a variable that is not used            | variables-agree                        | variables-agree      | not met | does not use resource |
        | a variable that is not declared        | variables-agree                        | variables-agree      | not met | asks for port, which is not declared |
        | an editor's backup                     | no-leftovers                           | no-leftovers         | not met | templates/routes.rs.tmpl~ looks like a leftover |

    Scenario: Care over weeks earns the rest
      Given "io.acme.web@0.9.0" is published with care
      And 8 days pass
      And "io.acme.web@0.9.1" is published with care, and new content
      And 8 days pass
      And "io.acme.web@0.9.2" is published with care, and new content
      And 8 days pass
      When "io.acme.web@1.0.0" is published with care, and new content
      Then its score is 100, which is "A"

    Scenario: Yanking a quarter of the releases costs points from the next one on
      Given 3 releases of "io.acme.web" are published a day apart
      And "io.acme.web@1.1.0" is yanked
      When "io.acme.web@2.0.0" is published with care, and new content
      Then the point "few-yanks" is not met: "1 of 4 releases are yanked"

    Scenario: A release by another good key earns nothing for the key
      Given "io.acme.web@1.0.0" is published with care
      And Bob's key is trusted for "io.acme" too
      When Bob publishes "io.acme.web@1.1.0" with care
      Then the point "same-key" is not met: "1.0.0 was signed by ed25519:"

  Rule: Nothing that only looks like care earns anything

    Scenario Outline: A README of <what> says nothing
      When "io.acme.web@1.0.0" is published with care, but its README is <what>
      Then of the points of a careful first release just these are lost: readme, readme-depth, readme-example

      Examples:
        | what                        |
        | 1000 blanks                 |
        | 250 full stops              |
        | one sentence, 40 times      |
        | one word, 300 times         |
        | lorem ipsum                 |
        | nothing but TODO            |
        | ten words in ever new order |

    Scenario: Words in a code block are an example, and no explanation
      When "io.acme.web@1.0.0" is published with care, but its README is 60 words in a code block
      Then of the points of a careful first release just these are lost: readme, readme-depth

    Scenario Outline: <what> earn nothing
      When "io.acme.web@1.0.0" is published with care, but with <what>
      Then of the points of a careful first release just these are lost: <lost>

      Examples:
        | what                                            | lost |
        | tests that are empty files                      | tests, tests-name-outputs, expected-outputs |
        | tests that are one line, ten times              | tests, tests-name-outputs, expected-outputs |
        | a changelog that says nothing                   | changelog |
        | a changelog that says the same of two versions  | changelog |
        | itself as a dependency                          | bounded-requirements |

    Scenario: A README that another namespace has published before is not one's own
      Given "io.acme.web@1.0.0" is published with care
      When Mallory publishes "org.copy.web@1.0.0" with the same README
      Then the point "readme" is not met: "100 % of its text stands in io.acme.web, which was published before"
      And of the points of a careful first release just these are lost: readme, readme-depth, readme-example

    Scenario: Changing a word here and there does not make it one's own
      Given "io.acme.web@1.0.0" is published with care
      When Mallory publishes "org.copy.web@1.0.0" with the same README, every 25th word another
      Then the point "readme" is not met: "of its text stands in io.acme.web, which was published before"

    Scenario: Who copies does not take the text from who wrote it
      Given "io.acme.web@1.0.0" is published with care
      And Mallory publishes "org.copy.web@1.0.0" with the same README
      When "io.acme.web@1.1.0" is published with care
      Then the point "readme-depth" is met: "words of its own"

    Scenario: Who copies what an earlier version took does not take it from who wrote it either
      Given "io.acme.web@1.0.0" is published with care
      And an earlier version took it: nothing of it was measured
      And Mallory publishes "org.copy.web@1.0.0" with the same README
      When "io.acme.web@1.0.0" is measured now
      Then the point "readme-depth" is met: "words of its own"

    Scenario: One test is one test, however many files have it
      When "io.acme.web@1.0.0" is published with care, but with the same test in five files
      Then the point "tests" is met: "2 of 6"

    Scenario: Packages of one namespace may share a text
      Given "io.acme.web@1.0.0" is published with care
      When "io.acme.api@1.0.0" is published with care
      Then of the points of a careful first release none is lost

    Scenario: Packages published together are measured one after the other
      When Alice's "io.acme.web@1.0.0" and Mallory's copy "org.copy.web@1.0.0" are published together
      Then the point "readme" is not met: "stands in io.acme.web"

    Scenario: Ten releases in a minute are no maintenance
      Given 10 releases of "io.acme.web" are published 6 seconds apart
      When "io.acme.web@2.0.0" is published with care, and new content
      Then the point "followed-up" is not met: "1 of 11 releases have new content and came a day or more after another one"

    Scenario: Dates that a publisher writes into releases are no history
      When "io.acme.web@1.0.0" is published with care, dated "2020-01-01T00:00:00Z"
      And "io.acme.web@1.1.0" is published with care, and new content
      Then the point "followed-up" is not met: "1 of 2 releases"

    Scenario: New numbers for the same content are no maintenance
      Given 5 releases of "io.acme.web" are published 8 days apart, with the same content
      When "io.acme.web@2.0.0" is published with care
      Then the point "changed" is not met: "all files but manifest and changelog are those of 1.0.0"
      And the point "kept-up" is not met: "1 of 6 releases"

    Scenario: A ring of packages that need each other gets what each would get alone
      When "io.acme.a@1.0.0", "io.acme.b@1.0.0" and "io.acme.c@1.0.0" are published with care, each needing the next
      Then each of them has the score 87
      And publishing 5 packages that need "io.acme.a" changes nothing of it

  Rule: The same is measured alike

    @level1
    Scenario: The points of all rules are 100, and each rule has its check
      Then the points of all rules are 100, in the dimensions documentation, tests, maintenance, security, completeness, reproducibility
      And docs/quality.md lists exactly these rules, with their points, and these grades

    Scenario: Equal content, history, signature and time give equal reports, in whatever order files are read
      Then a package measured twice, its files in opposite orders, has the same report
      And a report that went through JSON is the same

    Scenario: What nobody looked at is unknown, and earns nothing
      When "io.acme.web@1.0.0" is measured without a registry
      Then the points "readme readme-depth changed followed-up kept-up few-yanks same-key signature" are unknown

    Scenario Outline: A report in which <what> is refused
      Then a report in which <what> is refused as "document-malformed"

      Examples:
        | what                     |
        | a state is another word  |
        | a number is negative     |
        | points are 1000          |
        | all points are doubled   |
        | a text is a number       |
        | the dimensions are none  |
        | there are 300 checks     |

  @search
  Rule: Search knows it

    Scenario: The order "quality" begins with the best; unknown comes last
      Given "io.acme.good@1.0.0" is published with care
      And "io.acme.bad@1.0.0" is published as a shell
      And "io.acme.older@1.0.0" is published as a shell, and its score is lost
      Then the order "quality" is io.acme.good, io.acme.bad, io.acme.older

    Scenario Outline: Between equals quality decides in the order "<order>"
      Given "io.acme.bad@1.0.0" is published as a shell
      And "io.acme.good@1.0.0" is published with care
      And both have <downloads> downloads
      Then the order "<order>" is io.acme.good, io.acme.bad

      Examples:
        | order     | downloads |
        | downloads | 3         |
        | updated   | 0         |
        | relevance | 3         |

    Scenario: Between packages that match alike the better one comes first, and one more download of the other changes nothing
      Given "io.acme.a-web@1.0.0" is published as a shell
      And "io.acme.b-web@1.0.0" is published as a shell, and its README is good
      When both are searched for as "web"
      Then io.acme.b-web comes first
