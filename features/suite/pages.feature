@suite @docs @level1
Feature: The pages lead where they say
  A reader who follows a link finds a page, and the code that a page names is there.

  Scenario: No link leads nowhere
    Then every link from one page to another leads to a file, and so does every file that a page names
