@cli @demo @docs @level4
Feature: The README's tour works word by word
  As a newcomer who types what the README says
  I want every line to do what stands behind it
  So that my first five minutes are not spent on a page that lies

  @smoke
  Scenario: The tour is taken in an empty home and an empty folder
    When the README's tour is taken
    Then each of its lines ended as the page says
    And these lines of it showed
      | line                                    | shows             |
      | ggen market key new                     | ed25519:          |
      | ggen market search hello                | io.acme.hello     |
      | ggen market list                        | io.acme.hello     |
      | ggen market verify                      | README.md         |
    And the home and the folder hold
      | file                                      |
      | project/ggen.toml                         |
      | project/ggen.lock                         |
      | project/.ggen/packages/io.acme.hello/README.md |
