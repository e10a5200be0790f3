@stats @local @level4
Feature: What a registry counts is exact, day by day, and tells nothing of anybody
  As a publisher or an operator
  I want to know what is downloaded, installed, searched for and published, and when
  So that I see what is used, and nobody can see who uses it

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id                | version | needs |
      | io.ggen.rust.core | 1.0.0   |       |
      | io.ggen.rust.axum | 1.0.0   |       |

  Rule: Everything is counted once, on its day

    @smoke
    Scenario: Installs, searches and publications are told for each day
      Given I run "ggen market search axum"
      And I run "ggen market search nothing-is-called-so"
      And I run "ggen market add io.ggen.rust.axum"
      And 1 day passes
      And these packages are published
        | id                | version | needs                  |
        | io.ggen.rust.axum | 1.1.0   | io.ggen.rust.core ^1.0 |
      And I run "ggen market update"
      And 2 days pass
      And I run "ggen market search rust"
      Then the statistics of the last 4 days are
        | day        | downloads | installs | versions | publishers | searches | misses |
        | 2026-01-01 | 1         | 1        | 2        | 1          | 2        | 1      |
        | 2026-01-02 | 2         | 2        | 1        | 1          | 0        | 0      |
        | 2026-01-03 | 0         | 0        | 0        | 0          | 0        | 0      |
        | 2026-01-04 | 0         | 0        | 0        | 0          | 1        | 0      |
        | total      | 3         | 3        | 3        | 1          | 3        | 1      |
      And the statistics of "io.ggen.rust.axum" of the last 2 days are
        | day        | downloads | installs | versions | publishers |
        | 2026-01-03 | 0         | 0        | 0        | 0          |
        | 2026-01-04 | 0         | 0        | 0        | 0          |
        | total      | 2         | 2        | 2        | 1          |
      And of each of its versions is told
        | version | downloads | installs |
        | 1.0.0   | 1         | 1        |
        | 1.1.0   | 1         | 1        |

    Scenario: What changes nothing is not counted
      Given I run "ggen market add io.ggen.rust.axum"
      When I run "ggen market install"
      And I run "ggen market verify"
      And I run "ggen market info io.ggen.rust.axum"
      And I run "ggen market search rust --offset 1"
      Then the statistics of the last 1 day are
        | day        | downloads | installs | versions | publishers | searches | misses |
        | 2026-01-01 | 1         | 1        | 2        | 1          | 0        | 0      |
        | total      | 1         | 1        | 2        | 1          | 0        | 0      |

    Scenario: People read a table of the days on which something happened
      Given I run "ggen market add io.ggen.rust.axum"
      And 3 days pass
      When I run "ggen market stats --days 10"
      Then the output contains "all packages  counted by local since 2026-01-01"
      And the output contains "2026-01-01  1          1         2         1           0         0"
      And the output contains "nothing on the other 9 of 10 days"
      When I run "ggen market stats io.ggen.rust.axum --days 2"
      Then the output contains "nothing on 2 of 2 days"
      And the output contains "1.0.0    1          1"

    Scenario: Searching ranks by downloads at once
      Given I run "ggen market add io.ggen.rust.core"
      When I run "ggen market search rust --min-downloads 1 --json"
      Then the JSON field "total" is "1"
      And the JSON field "results.0.downloads" is "1"

    @level2
    Scenario: A day ends at midnight in UTC, whatever the zone of the clock
      Given a registry whose clock says "2026-03-08T23:59:59+00:00"
      When a search is made there at "2026-03-08T23:59:59+00:00"
      And a search is made there at "2026-03-08T22:30:00-05:00"
      And a search is made there at "2026-03-09T00:00:00+00:00"
      Then it has counted 1 search on "2026-03-08" and 2 on "2026-03-09"

    @level2
    Scenario: Two publishers are two, on a day and for ever, however often they publish
      Given a registry whose clock says "2026-03-08T12:00:00+00:00"
      When Alice publishes "io.acme.web" there 3 times, and Bob "org.bob.web" once
      And a day later Alice publishes "io.acme.web" there 1 time
      Then it has counted 2 publishers on "2026-03-08" and 1 on "2026-03-09", and 2 in all

  Rule: What cannot be told is an error with the next step

    Scenario: A package that nobody has published
      When I try "ggen market stats io.ggen.rust.axm"
      Then it fails with exit code 4 and the code "package-not-found", and suggests "io.ggen.rust.axum"

    Scenario: A number of days that cannot be meant
      When I try "ggen market stats --days 0"
      Then it fails with exit code 2 and the code "usage", and suggests "--help"

    @http
    Scenario: A mirror counts nothing
      Given the registry is mirror
      When I try "ggen market stats"
      Then it fails with exit code 4 and the code "statistics-none", and suggests "--registry"
      When I try "ggen market stats io.ggen.rust.axum"
      Then it fails with exit code 4 and the code "statistics-none", and suggests "--registry"

    @faults
    Scenario: Damaged numbers are told, and nothing else fails for them
      Given I run "ggen market add io.ggen.rust.axum"
      And the file of the statistics is damaged
      When I try "ggen market stats"
      Then it fails with exit code 3 and the code "statistics-corrupt", and suggests "counting begins anew"
      When I try "ggen market doctor --json"
      Then the exit code is 3
      And the doctor finds "statistics" to be "fail", and says "counting begins anew"
      When I run "ggen market search rust"
      And I try "ggen market add io.ggen.rust.core"
      Then the exit code is 0
      When the folder of the statistics is moved away
      Then the statistics of the last 1 day are
        | day        | downloads | installs | versions | publishers | searches | misses |
        | 2026-01-01 | 0         | 0        | 2        | 1          | 0        | 0      |
        | total      | 1         | 0        | 2        | 1          | 0        | 0      |

    Scenario: Downloads that an earlier version counted are in the totals, on no day
      Given an earlier version has counted 7 downloads of "io.ggen.rust.core"
      And I run "ggen market add io.ggen.rust.core"
      Then the statistics of "io.ggen.rust.core" of the last 1 day are
        | day        | downloads | installs | versions | publishers |
        | 2026-01-01 | 1         | 1        | 1        | 1          |
        | total      | 8         | 1        | 1        | 1          |
      When I run "ggen market info io.ggen.rust.core --json"
      Then the JSON field "stats.downloads" is "8"

  Rule: Nobody can see who it was

    Scenario: Words of a search, people and folders are written nowhere
      Given I run "ggen market search 'my secret project at Umbrella'"
      And I run "ggen market add io.ggen.rust.axum"
      And I run "ggen market stats"
      Then nothing below the statistics holds "Umbrella", the user's name, the machine's name or the project's folder
