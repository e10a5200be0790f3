@local @search @index @level2
Feature: What was published is found at once, whatever state the stored search index is in
  The stored index is a derived view. It may lag, be lost, damaged, foreign or busy: the answer is right all the same.

  Scenario: A package is found without a commit, with the stored index left as it is
    Given 300 made-up packages can be searched
    And the search index has been stored
    And the count of documents read begins anew
    And these packages can be searched
      | id               | title | description          |
      | org.acme.newborn | Fresh | published just now   |
    When the packages are searched for "newborn"
    Then the search finds "org.acme.newborn", in this order
    And the search tells nothing
    And no more than 5 documents were read from the package index

  Scenario: A new state replaces the old one, before and after the index is stored
    Given these packages can be searched
      | id            | description  |
      | org.acme.tool | hammers      |
    And the search index has been stored
    When the package org.acme.tool is published again with the description "screwdrivers"
    And the packages are searched for "hammers"
    Then the search finds nothing
    When the packages are searched for "screwdriver"
    Then the search finds "org.acme.tool", in this order
    When the search index is stored
    And the packages are searched for "hammers"
    Then the search finds nothing
    When the packages are searched for "screwdriver"
    Then the search finds "org.acme.tool", in this order

  Scenario: A removed package is found no more, before and after the index is stored
    Given these packages can be searched
      | id             |
      | org.acme.tool  |
      | org.acme.other |
    And the search index has been stored
    When the package org.acme.tool is removed
    And all packages are listed with sort=name
    Then the search finds "org.acme.other", in this order
    When the search index is stored
    And all packages are listed with sort=name
    Then the search finds "org.acme.other", in this order

  Scenario Outline: <count> changes that nobody told the search change nothing in the order of results
    Given 1000 made-up packages can be searched
    And the search index has been stored
    When <count> packages change, and nobody tells the search
    Then common queries give the order that an index made at once gives

    Examples:
      | count |
      | 30    |
      | 300   |

  Scenario Outline: Every page of every order, over several commits and a tail: by <sort>
    Given 150 made-up packages can be searched
    And the search index has been stored
    When 40 packages change, and nobody tells the search
    And the search index is stored
    And 20 packages change, and nobody tells the search
    Then paging through all packages by <sort> in pages of 7 gives the order that sorting gives
    And every facet over all packages is what counting them one by one gives

    Examples:
      | sort      |
      | downloads |
      | name      |
      | updated   |
      | relevance |

  Scenario Outline: The stored index suffers: <damage>
    Given 250 made-up packages can be searched
    And the search index has been stored
    And these packages can be searched
      | id            |
      | org.acme.tool |
    When the search index is stored
    And the stored index suffers: <damage>
    And a new process searches the packages for "org.acme.tool"
    Then the search finds "org.acme.tool", in this order
    And the search tells "the search index <told> and has been rebuilt"
    And common queries give the order that an index made at once gives

    Examples:
      | damage                                | told                         |
      | the folder is gone                    | was missing                  |
      | another package index took its place  | was that of another package index |
      | flipped .fast                         | was damaged                  |
      | flipped .idx                          | was damaged                  |
      | flipped .term                         | was damaged                  |
      | flipped .store                        | was damaged                  |
      | flipped .fieldnorm                    | was damaged                  |
      | flipped .pos                          | was damaged                  |
      | flipped meta.json                     | was damaged                  |
      | flipped stamp.json                    | was damaged                  |
      | truncated .idx                        | was damaged                  |
      | truncated .fast                       | was damaged                  |
      | truncated stamp.json                  | was damaged                  |
      | deleted .term                         | was damaged                  |
      | deleted meta.json                     | was damaged                  |
      | deleted stamp.json                    | was damaged                  |
      | overwritten .store                    | was damaged                  |
      | overwritten meta.json                 | was damaged                  |
      | emptied meta.json                     | was damaged                  |

  Scenario: Damage is noticed in a process that has the index open
    Given 250 made-up packages can be searched
    And the search index has been stored
    When the packages are searched for "io"
    And the stored index suffers: flipped .fast
    And the packages are searched for "io"
    Then the search tells "was damaged and has been rebuilt"
    And common queries give the order that an index made at once gives

  Scenario: The first search makes the index and has nothing to tell
    Given 300 made-up packages can be searched
    When a new process searches the packages for "io"
    Then the search tells nothing

  Scenario: Nothing is written into the index's folder but by who searches or stores
    Given 300 made-up packages can be searched
    When they are written to an index that stays open, and its locks are removed
    Then none of them comes back within 1.5 s

  Scenario: While another process writes the index, what it lacks is searched in memory
    Given 250 made-up packages can be searched
    And the search index has been stored
    And another process is writing the search index
    When 300 packages change, and nobody tells the search
    Then common queries give the order that an index made at once gives

  Scenario: Where the index cannot be written, the answer is made in memory, and the user is told
    Given the search index's place is taken by a file
    And 250 made-up packages can be searched
    Then common queries give the order that an index made at once gives
    And the packages answer from memory

  @level3 @concurrency
  Scenario: Four processes find the index missing at the same time
    When 4 processes search 2000 made-up packages for "io" at once
    Then all of them find the same, and so does this one

  @level3 @crash @concurrency
  Scenario: A process is killed while it makes the index
    Given 4000 made-up packages can be searched
    When a process that makes the index of 4000 packages is killed in the middle
    And 2 processes search 4000 made-up packages for "io" at once
    Then all of them find the same, and so does this one

  @level3
  Scenario: Ten thousand packages are searched
    Given 10000 made-up packages can be searched
    When all packages are listed with limit=20
    Then the search's total is 10000
    And pages of 100 for "io" by relevance give each hit once

  @needs_shared @level3
  Scenario: Over 20,000 real names the golden queries find what people mean
    Given the real catalog's names can be searched
    Then the golden queries have an MRR of at least 0.95 and a recall of at least 0.93
    And the golden queries with one typing error have an MRR of at least 0.90

  @needs_shared @level2
  Scenario: Over the older catalog's packages the golden queries find what people mean
    Given the real catalog's packages can be searched
    Then the golden queries have an MRR of at least 0.98 and a recall of at least 0.98
    And the golden queries with one typing error have an MRR of at least 0.95

  @needs_shared @level1
  Scenario: Every real name has an id of its own
    Then every real name has an id of its own, from which the name is read back
