@local @index @concurrency @level2
Feature: Several programs make the local index at once
  The first command of a new home makes its index. When several start in the same moment, as in a build farm, each must
  find a sound one: a half-made index was once taken for another program's database.

  Scenario: six programs open the index of a new home in the same moment
    When 6 programs open the index of a new home in the same moment, for each of 60 homes
    Then every one of them has an index that it can write to
