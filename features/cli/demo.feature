@cli @demo @level4
Feature: The demo shows a newcomer the whole path
  As a newcomer
  I want one command that publishes, searches, installs and catches a tampered file before my eyes
  So that I know what this does before I read anything

  @smoke
  Scenario: The demo runs from the first key to the caught tampering and leaves nothing behind
    When the demo is run
    Then the demo has shown these lines in this order
      | line                                     |
      | $ ggen market key new                    |
      | $ ggen market publish examples/          |
      | Published io.ggen.rust.axum              |
      | $ ggen market search 'rust web'          |
      | io.ggen.rust.axum                        |
      | $ ggen market add io.ggen.rust.axum      |
      | $ ggen market install                    |
      | $ ggen market list                       |
      | $ ggen market verify                     |
      | Somebody slips a line                    |
      | $ ggen market verify                     |
      | README.md                                |
      | $ ggen market verify --fix               |
      | $ ggen market verify                     |
      | Done in                                  |
    And the demo has left nothing behind

  Scenario Outline: A demo whose step <what> stops with an error
    Then a demo whose step is "<command>" that should say "<says>" and end with <exit> fails

    Examples:
      | what                         | command        | says       | exit |
      | says something else          | key list       | all is well | 0   |
      | fails unexpectedly           | key export     | (none)     | 0    |
      | succeeds where it should not | key list       | (none)     | 3    |
