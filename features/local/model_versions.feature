@local @model @level1
Feature: Versions and requirements mean what Cargo's users expect
  As a template user
  I want `^1.2` and its relatives to choose as they do in the tools I know
  So that an upgrade never surprises me

  Scenario: The chain of SemVer 2.0 section 11 is in order
    Then these versions are in ascending order
      | version          |
      | 1.0.0-0          |
      | 1.0.0-1          |
      | 1.0.0-alpha      |
      | 1.0.0-alpha.1    |
      | 1.0.0-alpha.beta |
      | 1.0.0-beta       |
      | 1.0.0-beta.2     |
      | 1.0.0-beta.11    |
      | 1.0.0-rc.1       |
      | 1.0.0            |
      | 1.0.1            |
      | 1.2.0            |
      | 1.10.0           |
      | 2.0.0            |
      | 10.0.0           |

  Scenario Outline: "<text>" is no version
    Then the version "<text>" is refused

    Examples:
      | text                   |
      | (none)                 |
      | 1                      |
      | 1.2                    |
      | 1.2.3.4                |
      | v1.2.3                 |
      | 01.2.3                 |
      | 1.2.3-                 |
      | 1.2.3-01               |
      | 1.2.3-a..b             |
      | 1.2.3+                 |
      | 1.2.3 -a               |
      | -1.2.3                 |
      | 1.2.٣                  |
      | 1.2.3\n                |
      | 1.2.9007199254740992   |

  Scenario Outline: The requirement <requirement> admits <admits> and not <refuses>
    Then the requirement "<requirement>" admits "<admits>"
    And the requirement "<requirement>" does not admit "<refuses>"

    Examples: the caret keeps the leftmost number that is not zero
      | requirement | admits              | refuses             |
      | ^1.2.3      | 1.2.3 1.2.4 1.9.0   | 1.2.2 2.0.0 0.9.9   |
      | 1.2.3       | 1.2.3 1.9.0         | 1.2.2 2.0.0         |
      | ^1.2        | 1.2.0 1.9.9         | 1.1.9 2.0.0         |
      | ^1          | 1.0.0 1.9.9         | 0.9.9 2.0.0         |
      | ^0.2.3      | 0.2.3 0.2.9         | 0.2.2 0.3.0 1.0.0   |
      | ^0.2        | 0.2.0 0.2.9         | 0.3.0 0.1.9         |
      | ^0.0.3      | 0.0.3               | 0.0.2 0.0.4 0.1.0   |
      | ^0.0        | 0.0.0 0.0.9         | 0.1.0               |
      | ^0          | 0.0.0 0.9.9         | 1.0.0               |
      | ^0.0.0      | 0.0.0               | 0.0.1               |

    Examples: the tilde keeps the minor number
      | requirement | admits              | refuses             |
      | ~1.2.3      | 1.2.3 1.2.9         | 1.2.2 1.3.0         |
      | ~1.2        | 1.2.0 1.2.9         | 1.3.0 1.1.9         |
      | ~1          | 1.0.0 1.9.9         | 2.0.0               |

    Examples: comparisons, wildcards and commas
      | requirement       | admits              | refuses           |
      | *                 | 0.0.0 1.2.3 99.0.0  | 1.0.0-rc.1        |
      | 1.*               | 1.0.0 1.9.9         | 2.0.0             |
      | 1.2.*             | 1.2.0 1.2.9         | 1.3.0             |
      | =1.2.3            | 1.2.3 1.2.3+build   | 1.2.4             |
      | =1.2              | 1.2.0 1.2.9         | 1.3.0             |
      | >1.2.3            | 1.2.4 2.0.0         | 1.2.3             |
      | >1.2              | 1.3.0               | 1.2.9             |
      | >=1.2             | 1.2.0 9.0.0         | 1.1.9             |
      | <2                | 1.9.9 0.0.0         | 2.0.0             |
      | <=1.2             | 1.2.9               | 1.3.0             |
      | >=1.0, <2.0       | 1.0.0 1.9.9         | 0.9.9 2.0.0       |
      | >=1.2.3, ^1.1     | 1.2.3               | 1.2.2 2.0.0       |

    Examples: pre-releases only where one of the same numbers is named
      | requirement   | admits                    | refuses                       |
      | ^1.0.0-rc.1   | 1.0.0-rc.1 1.0.0-rc.2 1.0.0 1.1.0 | 1.0.0-beta 1.1.0-rc.1 |
      | >=1.0.0-alpha | 1.0.0-alpha 1.0.0         | 1.0.1-alpha 0.9.9             |
      | >=1.0.0       | 1.0.0                     | 1.1.0-rc.1 1.0.0-rc.1         |

  Scenario Outline: "<text>" is no requirement
    Then the requirement "<text>" is refused

    Examples:
      | text        |
      | (none)      |
      | latest      |
      | ^           |
      | ^^1         |
      | 1.2.3.4     |
      | v1          |
      | >=1 <2      |
      | 1 \|\| 2    |
      | 1.*.3       |
      | *.1         |
      | >1.*        |
      | 1,          |
      | ^1.2.3-     |
      | 1.02        |

  Scenario Outline: "<text>" is no package id: <why>
    Then the package id "<text>" is refused, naming "<why>"

    Examples:
      | text              | why                              |
      | (none)            | needs a namespace and a name     |
      | axum              | needs a namespace and a name     |
      | Io.ggen.axum      | other characters                 |
      | io..axum          | other characters                 |
      | io.ggen.          | other characters                 |
      | .ggen             | other characters                 |
      | io.-axum          | other characters                 |
      | io.axum-          | other characters                 |
      | io.ax_um          | other characters                 |
      | io.ax um          | other characters                 |
      | io.axum\n         | other characters                 |
      | io.ахum           | other characters                 |
      | io.ggen/axum      | other characters                 |
      | io.con            | reserved name on Windows         |
      | lpt1.axum         | reserved name on Windows         |
