@local @search @level2
Feature: Searching finds packages by name, words and filters, the best match first
  A template user types what comes to mind: a name, its beginning, a misspelt name, words of the description.

  Background:
    Given these packages can be searched
      | id                 | title            | description                         | category  | tags      | keywords | license    | authors            | downloads | updated_at           |
      | io.ggen.rust.axum  | Axum web service | Routes and handlers for the web     | web       | rust,http | server   | MIT        | Ada <ada@x.org>    | 10        | 2026-01-03T00:00:00Z |
      | io.ggen.axum-extra | Extra handlers   | More routes                         | web       | rust      | server   | Apache-2.0 | Ada <ada@x.org>    | 900       | 2026-01-01T00:00:00Z |
      | io.ggen.axun       | Something else   | Matrices and vectors                | data      | math      | numbers  | MIT        | Grace              | 5000      | 2026-01-02T00:00:00Z |
      | io.ggen.tower      | Middleware       | Layers that fit around axum         | web       | rust      | layers   | mit        | Grace,Ada          | 7000      | 2026-01-04T00:00:00Z |
      | org.acme.reports   | Report generator | Generating invoices from ontologies | reporting | sparql    | invoices | BSD        | Grace              | 0         | 2026-01-05T00:00:00Z |

  @smoke
  Scenario: An exact name comes before its beginning, that before a typing error, that before a word of the text
    When the packages are searched for "axum"
    Then the search finds "io.ggen.rust.axum, io.ggen.axum-extra, io.ggen.axun, io.ggen.tower", in this order

  Scenario: Popularity decides between equals and never lifts a package out of its tier
    Given these packages can be searched
      | id                 | description     | downloads  |
      | org.tiers.zapper   | exact           | 0          |
      | org.tiers.zapperly | prefix          | 1          |
      | org.tiers.zapperio | popular prefix  | 5000       |
      | org.tiers.zappor   | typing error    | 9000000000 |
      | org.tiers.other    | text of zapper  | 9000000000 |
    When the packages are searched for "zapper"
    Then the search finds "org.tiers.zapper, org.tiers.zapperio, org.tiers.zapperly, org.tiers.zappor, org.tiers.other", in this order

  Scenario: A misspelt word is read as the word it misspells, with all its forms
    Given these packages can be searched
      | id            | description      |
      | org.acme.one  | testing of forms |
      | org.acme.two  | tests of input   |
    When the packages are searched for "testng"
    Then the search finds "org.acme.one, org.acme.two", in this order

  Scenario Outline: The package io.ggen.rust.axum answers to <form>
    When the packages are searched for "<form>" with limit=1
    Then the search finds "io.ggen.rust.axum", in this order

    Examples:
      | form              |
      | io.ggen.rust.axum |
      | rust.axum         |
      | ggen.rust.axum    |
      | axum              |
      | IO.GGEN.RUST.AXUM |
      | rust axum         |
      | io/ggen/rust/axum |
      | Axum web service  |

  Scenario: A namespace lists what is in it, the most used first
    When the packages are searched for "io.ggen"
    Then the search finds "io.ggen.tower, io.ggen.axun, io.ggen.axum-extra, io.ggen.rust.axum", in this order

  Scenario Outline: English word forms are one word: <text>
    When the packages are searched for "<text>"
    Then the search finds "org.acme.reports", in this order

    Examples:
      | text                  |
      | generates invoice     |
      | generation            |
      | ontology              |
      | reporting generators  |

  Scenario Outline: A typing error is forgiven: <text>
    When the packages are searched for "<text>" with limit=1
    Then the search finds "<id>", in this order

    Examples:
      | text        | id                 |
      | axmu-extra  | io.ggen.axum-extra |
      | towr        | io.ggen.tower      |
      | tpwer       | io.ggen.tower      |
      | reprots     | org.acme.reports   |
      | invioces    | org.acme.reports   |
      | ontolgoeis  | org.acme.reports   |
      | middlewrae  | io.ggen.tower      |

  Scenario Outline: More typing errors than are forgiven find nothing: <text>
    When the packages are searched for "<text>"
    Then the search finds nothing

    Examples:
      | text       |
      | twr0x      |
      | ixwm       |
      | qeporxqs   |

  Scenario Outline: The filter <options> leaves <total> of five
    When all packages are listed with <options>
    Then the search's total is <total>

    Examples:
      | options                          | total |
      | category=web                     | 3     |
      | category=WEB                     | 3     |
      | keyword=server                   | 2     |
      | tag=rust                         | 3     |
      | author=Ada <ada@x.org>           | 2     |
      | author=ada                       | 3     |
      | author=Grace                     | 3     |
      | license=MIT                      | 3     |
      | min_downloads=900                | 3     |
      | min_downloads=901                | 2     |
      | category=web, tag=rust, license=mit, min_downloads=11 | 1 |
      | category=nowhere                 | 0     |
      | min_downloads=99999999999999999999999 | 0 |

  Scenario: A filter holds for a typed text too, and facets count only what is found
    When the packages are searched for "axum" with license=MIT
    Then the search finds "io.ggen.rust.axum, io.ggen.axun, io.ggen.tower", in this order
    And the search's total is 3
    And the facet "category" counts "web 2, data 1"
    And the facet "license" counts "MIT 3"

  Scenario Outline: Sorting by <sort>
    When all packages are listed with sort=<sort>
    Then the search finds "<ids>", in this order

    Examples:
      | sort      | ids                                                                                      |
      | downloads | io.ggen.tower, io.ggen.axun, io.ggen.axum-extra, io.ggen.rust.axum, org.acme.reports     |
      | relevance | io.ggen.tower, io.ggen.axun, io.ggen.axum-extra, io.ggen.rust.axum, org.acme.reports     |
      | name      | io.ggen.axum-extra, io.ggen.axun, io.ggen.rust.axum, io.ggen.tower, org.acme.reports     |
      | updated   | org.acme.reports, io.ggen.tower, io.ggen.rust.axum, io.ggen.axun, io.ggen.axum-extra     |

  Scenario: Facets count over all hits, not over the page
    When all packages are listed with limit=1
    Then the search's total is 5
    And the facet "category" counts "web 3, data 1, reporting 1"
    And the facet "license" counts "MIT 3, Apache-2.0 1, BSD 1"
    And the facet "author" counts "Grace 3, Ada <ada@x.org> 2, Ada 1"
    And the facet "tag" counts "rust 3, http 1, math 1, sparql 1"

  Scenario Outline: What was typed is marked where it is shown: <text>
    When the packages are searched for "<text>" with limit=1
    Then the first result's highlights are "<shown>"

    Examples:
      | text           | shown                                        |
      | axum           | id: axum; title: Axum                        |
      | generation     | title: generator; description: Generating    |
      | middlew        | title: Middleware                            |
      | route          | description: routes                          |
      | midleware      | title: Middleware                            |

  Scenario Outline: A page that cannot be is refused: <options>
    Then searching with <options> is refused as "<code>"

    Examples:
      | options                  | code          |
      | offset=-1                | page-invalid  |
      | limit=101                | page-invalid  |
      | limit=-1                 | page-invalid  |
      | offset=9981, limit=20    | page-too-deep |

  Scenario Outline: A misspelt id brings suggestions: <text>
    Then "<text>" brings the suggestions "<ids>"

    Examples:
      | text              | ids               |
      | io.ggen.rust.axmu | io.ggen.rust.axum |
      | org.acme.report   | org.acme.reports  |
      | towre             | io.ggen.tower     |

  Scenario Outline: A hostile text is a harmless search: <kind>
    When this hostile text is searched: <kind>
    Then it is answered with less than 2 seconds of processor, and a plain search still finds io.ggen.tower

    Examples:
      | kind                |
      | syntax              |
      | unbalanced          |
      | wildcards           |
      | fuzzy bomb          |
      | one long word       |
      | a megabyte of words |
      | controls            |
      | lone surrogate      |
      | regular expression  |
      | only punctuation    |
      | blanks              |
      | many scripts        |
      | combining marks     |
      | filter              |

  Scenario: These queries find what people mean
    Then every one of these queries finds its package first
      | query                | first              |
      | axum                 | io.ggen.rust.axum  |
      | axum ex              | io.ggen.axum-extra |
      | web service          | io.ggen.rust.axum  |
      | routes for the web   | io.ggen.rust.axum  |
      | invoices             | org.acme.reports   |
      | report               | org.acme.reports   |
      | matrices and vectors | io.ggen.axun       |
      | layers around axum   | io.ggen.tower      |
      | sparql               | org.acme.reports   |
