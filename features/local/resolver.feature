@local @resolver @level1
Feature: One version of each package is chosen, the highest that suits everybody
  A template user writes down what the project needs. The resolver chooses one version of each package: the highest
  that all requirements admit. When there is no such choice, it says whose requirement of whom stands in the way, and
  what would work.

  Scenario Outline: The law of choosing: <law>
    Then it holds for every universe tried: "<law>"

    Examples:
      | law                                                                                                          |
      | A choice is found exactly when trying every choice finds one, and otherwise a documented reason is given     |
      | What is chosen meets every requirement, and holds nothing that nobody needs and nothing yanked               |
      | What the project itself requires gets the highest versions that fit, the first id before the next            |
      | The order in which a registry lists and a project requires does not matter, nor how often it is asked        |
      | Each package is listed at most once, however long the search                                                 |
      | What is locked stays, when higher versions appear and when all of it is yanked, as long as it fits           |
      | Each change of ggen.toml that an explanation proposes does make the project resolvable                       |

  Rule: The choice

    Background:
      Given the releases
        | release                | needs                      | yanked        |
        | web.app 1.0.0          |                            |               |
        | web.app 1.2.0          |                            |               |
        | web.app 1.10.0         |                            |               |
        | web.app 2.0.0          |                            |               |
        | web.app 3.0.0-rc.1     |                            |               |
        | web.app 3.0.0-rc.2     |                            |               |
        | web.left 1.0.0         | web.base >=1.0             |               |
        | web.right 1.0.0        | web.base <1.5              |               |
        | web.strict 1.0.0       | web.base =1.0.0            |               |
        | web.strict 2.0.0       | web.base ^2                |               |
        | web.base 1.0.0         |                            |               |
        | web.base 1.4.0         |                            |               |
        | web.base 1.6.0         |                            |               |
        | web.base 2.0.0         |                            | breaks builds |
        | web.hen 1.0.0          | web.egg ^1                 |               |
        | web.egg 1.0.0          | web.hen ^1                 |               |
        | web.self 1.0.0         | web.self ^1                |               |
        | web.early 0.9.0-beta.1 |                            |               |
        | web.ring 1.0.0         |                            |               |
        | web.ring 1.1.0         |                            |               |
        | web.ring 2.0.0         | web.ring =1.0.0            |               |
        | web.ruin 1.0.0         |                            |               |
        | web.ruin 2.0.0         | web.base *; web.ruin <2    |               |

    Scenario Outline: The version chosen: <why>
      When a project requires "<requires>"
      Then it gets "<gets>"

      Examples:
        | why                                                      | requires                        | gets                                            |
        | Without a bound the highest release is taken             | web.app *                       | web.app 2.0.0                                   |
        | A caret stays below the next major version               | web.app ^1.0                    | web.app 1.10.0                                  |
        | A tilde stays below the next minor version               | web.app ~1.2.0                  | web.app 1.2.0                                   |
        | An exact version is taken as it is                       | web.app =1.0.0                  | web.app 1.0.0                                   |
        | A range has both its ends                                | web.app >=1.1, <1.9             | web.app 1.2.0                                   |
        | A pre-release is taken when it is asked for by name      | web.app ^3.0.0-rc.1             | web.app 3.0.0-rc.2                              |
        | An exact pre-release is taken as it is                   | web.app =3.0.0-rc.1             | web.app 3.0.0-rc.1                              |
        | What two packages need is chosen once, to suit both      | web.left *; web.right *         | web.base 1.4.0, web.left 1.0.0, web.right 1.0.0 |
        | A higher release is given up for one whose needs are met | web.left *; web.strict *        | web.base 1.0.0, web.left 1.0.0, web.strict 1.0.0 |
        | A yanked version is not chosen                           | web.base *                      | web.base 1.6.0                                  |
        | Two packages that need each other come together          | web.hen *                       | web.egg 1.0.0, web.hen 1.0.0                    |
        | A package may need itself                                | web.self ^1                     | web.self 1.0.0                                  |
        | A release that excludes itself gives way to the next one | web.ring *                      | web.ring 1.1.0                                  |
        | What only a release given up has needed is left out      | web.ruin *                      | web.ruin 1.0.0                                  |

    Scenario Outline: With pre-releases allowed everywhere, <why>
      When a project requires "<requires>" and allows pre-releases
      Then it gets "<gets>"

      Examples:
        | why                                              | requires      | gets                   |
        | the highest of them is taken                     | web.app *     | web.app 3.0.0-rc.2     |
        | a bound still holds: the next major is not below | web.app ^2    | web.app 2.0.0          |
        | an exact requirement means that version alone    | web.app =2.0.0 | web.app 2.0.0         |
        | a package that has nothing else can be had       | web.early *   | web.early 0.9.0-beta.1 |

    Scenario Outline: What is locked is kept: <why>
      When a project that has locked "<locked>" requires "<requires>"
      Then it gets "<gets>"

      Examples:
        | why                                              | locked             | requires    | gets               |
        | although a higher version is there               | web.app 1.2.0      | web.app ^1  | web.app 1.2.0      |
        | although it is yanked                            | web.base 2.0.0     | web.base *  | web.base 2.0.0     |
        | although it is a pre-release that nobody names   | web.app 3.0.0-rc.1 | web.app *   | web.app 3.0.0-rc.1 |
        | but not when the requirement has left it behind  | web.app 1.2.0      | web.app ^2  | web.app 2.0.0      |
        | but not when it is not there any more            | web.app 1.1.0      | web.app ^1  | web.app 1.10.0     |

    Scenario: A yanked version that was kept is told with its reason
      When a project that has locked "web.base 2.0.0" requires "web.base *"
      Then it is told that "web.base" is yanked: "breaks builds"

  Rule: The reason why there is no choice

    Background:
      Given the releases
        | release              | needs                 | yanked      |
        | web.app 1.0.0        | web.base ^1           |             |
        | web.app 2.0.0        | web.base ^2           |             |
        | web.tool 1.0.0       | web.base =1.1.0       |             |
        | web.base 1.0.0       |                       |             |
        | web.base 1.1.0       |                       |             |
        | web.base 2.0.0       |                       |             |
        | web.lost 1.0.0       | web.bse ^1            |             |
        | web.gone 1.0.0       |                       | leaks a key |
        | web.gone 1.1.0       |                       | leaks a key |
        | web.gone 2.0.0       |                       |             |
        | web.early 1.0.0-rc.1 |                       |             |
        | web.uses 1.0.0       | web.early ^1          |             |

    Scenario Outline: The reason given: <why>
      When a project requires "<requires>"
      Then there is no choice: "<code>", since "<message>"
      And it is proposed: "<hint>"

      Examples:
        | why                                                   | requires                     | code               | message                                                                                                                               | hint                                                                                |
        | No version is in the range                            | web.base ^3                  | unsatisfiable      | no version of web.base satisfies everybody: ggen.toml needs ^3; available: 2.0.0, 1.1.0, 1.0.0                                        | this would work in ggen.toml: web.base = "^2.0.0"                                   |
        | The project and a package contradict each other       | web.base ^2; web.tool *      | unsatisfiable      | no version of web.base satisfies everybody: ggen.toml needs ^2; web.tool@1.0.0 needs =1.1.0; available: 2.0.0, 1.1.0, 1.0.0           | this would work in ggen.toml: web.base = "^1.1.0"                                   |
        | Two packages contradict each other                    | web.app =2.0.0; web.tool *   | unsatisfiable      | no version of web.base satisfies everybody: web.app@2.0.0 needs ^2; web.tool@1.0.0 needs =1.1.0; available: 2.0.0, 1.1.0, 1.0.0       | this would work in ggen.toml: web.app = "^1.0.0"                                    |
        | A package that is not there is named with its user    | web.lost *                   | dependency-missing | there is no package web.bse, which web.lost@1.0.0 needs                                                                               | did you mean web.base?                                                              |
        | A package that the project itself misspells           | web.ap *                     | dependency-missing | there is no package web.ap, which ggen.toml needs                                                                                     | did you mean web.app?                                                               |
        | A package that is like no other                       | io.unheard.of *              | dependency-missing | there is no package io.unheard.of, which ggen.toml needs                                                                              | correct the id in ggen.toml, or take it out: ggen market remove io.unheard.of       |
        | All that fits was yanked                              | web.gone ^1                  | versions-yanked    | every version of web.gone that fits is yanked: 1.1.0 (leaks a key), 1.0.0 (leaks a key); ggen.toml needs ^1                           | not yanked: 2.0.0                                                                   |
        | Only a pre-release fits what the project asks         | web.early ^1                 | only-prereleases   | only pre-releases of web.early fit: 1.0.0-rc.1; ggen.toml needs ^1                                                                    | ask for them: ggen market add 'web.early@^1.0.0-rc.1', or add --pre                 |
        | Only a pre-release fits what a package needs          | web.uses *                   | only-prereleases   | only pre-releases of web.early fit: 1.0.0-rc.1; web.uses@1.0.0 needs ^1                                                               | allow pre-releases everywhere with --pre, or ask the publisher of web.uses to name one |

    Scenario: A search that leads nowhere is given up, and says what to do
      Given seven packages that fight for six places
      When a project requires each of the seven, searching for 500 steps
      Then there is no choice: "resolution-too-deep", since "no choice of versions was found in 500 steps"
      And it is proposed: "write narrower requirements into ggen.toml for the packages you know, then try again"
