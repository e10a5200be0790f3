@recommend @cli @level4
Feature: What goes with a package is recommended, and why
  As a template user
  I want to see what others use beside what I use, and what could replace it
  So that I find what I did not know the name of

  Background:
    Given I run "ggen market key new"

  Rule: Used together

    Background:
      Given these packages are published
        | id              | version | needs                                                               |
        | io.ggen.http    | 1.0.0   |                                                                     |
        | io.ggen.json    | 1.0.0   |                                                                     |
        | io.ggen.log     | 1.0.0   |                                                                     |
        | io.ggen.once    | 1.0.0   |                                                                     |
        | io.acme.shop    | 1.0.0   | io.ggen.http ^1, io.ggen.json ^1, io.ggen.log ^1                    |
        | org.tree.web    | 1.0.0   | io.ggen.http ^1, io.ggen.json ^1                                    |
        | com.blue.api    | 1.0.0   | io.ggen.http ^1, io.ggen.json ^1                                    |
        | net.lone.tool   | 1.0.0   | io.ggen.once ^1, io.ggen.log ^1                                     |

    Scenario: What most require beside a package comes first, with how many do
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                                                    |
        | io.ggen.json | io.ggen.http | is required too by 3 of the 3 namespaces with packages that require io.ggen.http |
        | io.ggen.log  | io.ggen.http | is required too by 1 of the 3 namespaces with packages that require io.ggen.http |
      When I run "ggen market recommend --based-on io.ggen.http"
      Then the output contains "Used together with them"
      And the output contains "it is required too by 3 of the 3 namespaces"

    Scenario: One publisher with many packages counts once
      Given these packages are published
        | id              | version | needs                                |
        | io.evil.mine    | 1.0.0   |                                      |
        | io.evil.a       | 1.0.0   | io.ggen.http ^1, io.evil.mine ^1     |
        | io.evil.b       | 1.0.0   | io.ggen.http ^1, io.evil.mine ^1     |
        | io.evil.c       | 1.0.0   | io.ggen.http ^1, io.evil.mine ^1     |
        | io.evil.d       | 1.0.0   | io.ggen.http ^1, io.evil.mine ^1     |
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                                                    |
        | io.ggen.json | io.ggen.http | is required too by 3 of the 4 namespaces with packages that require io.ggen.http |
        | io.evil.mine | io.ggen.http | is required too by 1 of the 4 namespaces with packages that require io.ggen.http |
        | io.ggen.log  | io.ggen.http | is required too by 1 of the 4 namespaces with packages that require io.ggen.http |

    @level1
    Scenario: A package that several of one's own speak for is told of the same way every time
      Then of three packages that speak for one the one that speaks most is named, in whatever order they are found

    Scenario: In a project what goes with all that it requires is recommended, and nothing that it has
      Given I run "ggen market add io.ggen.http io.ggen.once"
      When I run "ggen market recommend --json"
      Then the JSON field "based_on" is "['io.ggen.http', 'io.ggen.once']"
      And the packages recommended as used together are
        | package      | because      | reason                                                                                    |
        | io.ggen.json | io.ggen.http | is required too by 3 of the 3 namespaces with packages that require io.ggen.http |
        | io.ggen.log  | io.ggen.once | is required too by 1 namespace with packages that require io.ggen.once            |

    Scenario: A release counts while search shows it: what a newer one no longer requires, and what is yanked, does not
      Given these packages are published
        | id            | version | needs           |
        | net.lone.tool | 1.1.0   | io.ggen.once ^1 |
      When I run "ggen market recommend --based-on io.ggen.once --json"
      Then no package is recommended as used together
      When I run "ggen market yank net.lone.tool@1.1.0 --reason 'too early'"
      And I run "ggen market recommend --based-on io.ggen.once --json"
      Then the packages recommended as used together are
        | package     | because      | reason                                                                          |
        | io.ggen.log | io.ggen.once | is required too by 1 namespace with packages that require io.ggen.once |
      When I run "ggen market yank io.ggen.log@1.0.0 --reason 'broken'"
      And I run "ggen market recommend --based-on io.ggen.once --json"
      Then no package is recommended as used together

    @index
    Scenario: A repaired index and one of an earlier version know what is required as well
      Given the index is one of an earlier version, which kept no requirements
      When I run "ggen market recommend --based-on io.ggen.once --json"
      Then the JSON field "results.0.id" is "io.ggen.log"
      When I run "ggen market index repair"
      And I run "ggen market recommend --based-on io.ggen.once --json"
      Then the JSON field "results.0.id" is "io.ggen.log"
      When I run "ggen market index verify"

    @index @security
    Scenario: An index whose requirements were tampered with is found damaged
      Given somebody writes into the index that "io.acme.shop" requires "io.evil.thing"
      When I try "ggen market index verify --json"
      Then the exit code is 3
      And the error output contains "whether io.acme.shop requires io.evil.thing differs from the log"

  Rule: Chosen together by the projects of this machine

    Background:
      Given these packages are published
        | id              | version | needs |
        | io.ggen.http    | 1.0.0   |       |
        | io.ggen.json    | 1.0.0   |       |
        | io.ggen.log     | 1.0.0   |       |
        | io.ggen.alone   | 1.0.0   |       |

    Scenario: What projects here chose beside a package is recommended, with how many did
      Given these projects on this machine
        | project | adds                         | then adds    |
        | shop    | io.ggen.http io.ggen.json    | io.ggen.log  |
        | blog    | io.ggen.json                 | io.ggen.http |
        | tool    | io.ggen.http                 |              |
        | other   | io.ggen.alone                |              |
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                   |
        | io.ggen.json | io.ggen.http | was chosen too 2 of the 3 times that a project here chose io.ggen.http |
        | io.ggen.log  | io.ggen.http | was chosen too 1 of the 3 times that a project here chose io.ggen.http |
      When I run "ggen market recommend --based-on io.ggen.alone --json"
      Then no package is recommended as used together

    @http @security
    Scenario: What projects here chose is told to nobody who asks a server of this machine
      Given these projects on this machine
        | project | adds                         | then adds    |
        | shop    | io.ggen.http io.ggen.json    | io.ggen.log  |
      When I run the server "ggen" with "--rate 0"
      Then neither REST, GraphQL nor a page tells that "io.ggen.http" was chosen with anything

    Scenario: A project that is installed again or updated counts once
      Given I run "ggen market add io.ggen.http io.ggen.json"
      And these packages are published
        | id              | version | needs |
        | io.ggen.json    | 1.1.0   |       |
      When I run "ggen market update"
      And I run "ggen market install"
      And I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                  |
        | io.ggen.json | io.ggen.http | was chosen too the one time that a project here chose io.ggen.http |

    Scenario: What both packages require and projects chose adds up
      Given these packages are published
        | id              | version | needs                            |
        | org.tree.web    | 1.0.0   | io.ggen.http ^1, io.ggen.log ^1  |
      And these projects on this machine
        | project | adds                         | then adds    |
        | shop    | io.ggen.http io.ggen.json    |              |
        | blog    | io.ggen.http io.ggen.log     |              |
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                                 |
        | io.ggen.log  | io.ggen.http | is required too by 1 namespace with packages that require io.ggen.http |
        | io.ggen.json | io.ggen.http | was chosen too 1 of the 2 times that a project here chose io.ggen.http               |

    Scenario: What is taken back and chosen again is no more than one choice
      Given I run "ggen market add io.ggen.http io.ggen.json"
      And I run "ggen market remove io.ggen.json"
      And I run "ggen market add io.ggen.json"
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                                |
        | io.ggen.json | io.ggen.http | was chosen too the one time that a project here chose io.ggen.http |

    Scenario: A project with more than 50 packages says nothing of any two of them
      Given 52 packages that nothing needs are published
      And I add the first 50 of them to a project, and the others to another one of all
      When I run "ggen market recommend --based-on many.lib.p0 --limit 50 --json"
      Then 49 packages are recommended as used together, each in the 1 project of up to 50

    @stats
    Scenario: Numbers of an earlier version of this program are gone on with
      Given these projects on this machine
        | project | adds          | then adds |
        | shop    | io.ggen.http  |           |
      And the numbers are those of an earlier version, which did not count what is chosen together
      And these projects on this machine
        | project | adds                         | then adds    |
        | blog    | io.ggen.http io.ggen.json    |              |
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                  |
        | io.ggen.json | io.ggen.http | was chosen too the one time that a project here chose io.ggen.http |
      When I run "ggen market stats io.ggen.http --json"
      Then the JSON field "totals.installs" is "2"

  Rule: Similar, and popular

    Scenario: What shares the telling words of a package is similar to it
      Given a registry of packages with these texts
        | id              | title               | description                                       |
        | io.ggen.retry   | Retrying client     | An HTTP client that retries with jitter           |
        | io.ggen.fetch   | Fetching client     | Another HTTP client, which retries too            |
        | io.ggen.charts  | Charts              | Draws charts of numbers                           |
        | io.ggen.plots   | Plots               | Plots and charts of numbers in the terminal       |
      When I run "ggen market recommend --based-on io.ggen.retry --json"
      Then the only package recommended is io.ggen.fetch, as similar, which has in common "client", "http" and "retries"

    Scenario: Words of a namespace are shared by all in it, and make nothing similar
      Given a registry of packages with these texts
        | id                 | title               | description                                       |
        | io.ggen.retry      | Retrying client     | An HTTP client that retries with jitter           |
        | io.ggen.fetch      | Fetching client     | Another HTTP client, which retries too            |
        | http.client.zebras | Zebras              | Draws animals with stripes                        |
      When I run "ggen market recommend --based-on io.ggen.retry --json"
      Then the only package recommended is io.ggen.fetch, as similar, which has in common "client", "http" and "retries"

    Scenario: Where nothing is known, what is downloaded most stands in
      Given these packages are published
        | id           | version | needs |
        | io.ggen.one  | 1.0.0   |       |
        | io.ggen.two  | 1.0.0   |       |
      And I run "ggen market add io.ggen.two"
      And I run "ggen market remove io.ggen.two"
      When I run "ggen market recommend --limit 1 --json"
      Then the JSON field "results.0.kind" is "popular"
      And the JSON field "results.0.id" is "io.ggen.two"
      And the JSON field "results.0.reason" is "was downloaded 1 time"

    Scenario: What is downloaded more than before comes first for who asks about nothing
      Given these packages are published
        | id           | version | needs |
        | io.ggen.one  | 1.0.0   |       |
        | io.ggen.two  | 1.0.0   |       |
        | io.ggen.two  | 1.1.0   |       |
      And I run "ggen market add io.ggen.one"
      And 10 days pass
      And I run "ggen market add io.ggen.two@=1.0.0"
      And I run "ggen market add io.ggen.two@=1.1.0"
      And I run "ggen market remove io.ggen.one io.ggen.two"
      When I run "ggen market recommend --json"
      Then what is recommended is, in this order
        | kind     | package     | reason                                                            |
        | trending | io.ggen.two | was downloaded 2 times in the last 7 days, 0 times in the 7 before |
        | popular  | io.ggen.two | was downloaded 2 times                                            |
        | popular  | io.ggen.one | was downloaded 1 time                                             |

    @level1
    Scenario: A trend is what the days before do not explain
      Then of these downloads in the last three days, the days before and how many days these were, these are trends
        | what                                   | last three | before, a day | days | place |
        | a new one that two people took         | 2          | 0             | 0    | 4     |
        | a new one that one took                | 1          | 0             | 0    |       |
        | a thousand a day, as ever              | 3000       | 1000          | 57   |       |
        | a thousand a day, twice as many now    | 6000       | 1000          | 57   | 1     |
        | one a day, ten a day now               | 30         | 1             | 57   | 3     |
        | new and much taken                     | 20         | 0             | 0    | 2     |
        | what was popular and is not any more   | 3          | 100           | 57   |       |

    Scenario: Questions that cannot be answered say what to do
      When I try "ggen market recommend --based-on io.ggen.nothing --json"
      Then the exit code is 4
      And the error code is "package-not-found"
      When I run "ggen market recommend"
      Then the output contains "There is nothing to recommend"
      Given these packages are published
        | id           | version | needs |
        | io.ggen.only | 1.0.0   |       |
      When I run "ggen market recommend --based-on io.ggen.only"
      Then the output contains "There is nothing to recommend"

  Rule: Wherever the registry is

    Scenario Outline: The registry itself tells what goes together: <registry>
      Given the registry is <registry>
      And these packages are published
        | id           | version | needs                            |
        | io.ggen.http | 1.0.0   |                                  |
        | io.ggen.json | 1.0.0   |                                  |
        | org.tree.web | 1.0.0   | io.ggen.http ^1, io.ggen.json ^1 |
      When I run "ggen market recommend --based-on io.ggen.http --json"
      Then the packages recommended as used together are
        | package      | because      | reason                                                                 |
        | io.ggen.json | io.ggen.http | is required too by 1 namespace with packages that require io.ggen.http |

      @http
      Examples: over HTTP
        | registry |
        | http     |

      @p2p
      Examples: among peers
        | registry |
        | p2p      |

    @http
    Scenario: A mirror of files has what is similar and what is popular
      Given the registry is mirror
      And a registry of packages with these texts
        | id              | title               | description                                       |
        | io.ggen.retry   | Retrying client     | An HTTP client that retries with jitter           |
        | io.ggen.fetch   | Fetching client     | Another HTTP client, which retries too            |
        | io.ggen.charts  | Charts              | Draws diagrams                                    |
      When I run "ggen market recommend --based-on io.ggen.retry --json"
      Then the only package recommended is io.ggen.fetch, as similar, which has in common "client", "http" and "retries"
      When I run "ggen market recommend --json"
      Then the JSON field "results.0.kind" is "popular"
