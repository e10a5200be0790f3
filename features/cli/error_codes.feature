@cli @docs @level1
Feature: Every error code is documented, and every documented code is one
  As the author of a program that calls this one
  I want one table of the codes that I may meet
  So that I can react to each

  Scenario: The table and the code agree, with the exits
    Then docs/errors.md lists exactly the codes that the product raises, each with its exit

  Scenario Outline: A table <what> is found out
    Then a table of codes <what> differs from the product

    Examples:
      | what                    |
      | that lacks one          |
      | that has one too many   |
      | with a wrong exit       |
