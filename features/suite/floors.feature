@suite @level1
Feature: The house stands on its floors
  Whoever reads a part needs only what is below it, and the cleanroom can be lifted out for another project.

  Scenario: Nothing imports upward
    Then every room of the product stands on a floor, and imports only from lower ones

  Scenario: What is critical is in the code
    Then the table of the coverage map has a component for every file, and names functions that are there

  Scenario: The cleanroom does without the product
    Then the cleanroom imports nothing of the product
