@local @model @level1
Feature: The model obeys its laws
  As an engineer who builds on the records, trees, versions and requirements of the marketplace
  I want what holds for all of them to be checked with values that nobody chose
  So that an unlucky value does not find a hole first

  Scenario Outline: The law: <law>
    Then it holds for every value tried: "<law>"

    Examples: canonical JSON
      | law                                                                                           |
      | What is encoded and decoded is the same value, and encoded again the same bytes               |
      | The encoding is JSON: an ordinary reader finds the same value                                 |
      | The order in which an object was filled does not show in its encoding                         |
      | White space anywhere outside of a text makes another spelling, which is refused               |
      | Any bytes are either the canonical form of a value or refused as such: nothing else is raised |

    Examples: records
      | law                                                                                                  |
      | A release survives its record, and its statement does not hold its signature                         |
      | A yank survives its record                                                                           |
      | Two releases have one statement only when they are the same release                                  |
      | A record with one byte changed is refused or is another record: it is never read as the same release |

    Examples: trees
      | law                                                             |
      | A tree survives its encoding, content id included               |
      | The order in which files are found does not matter              |
      | Two trees share a content id only when they hold the same files |

    Examples: ids
      | law                                                                      |
      | An id is its namespace, a dot and its name, and parses to itself         |
      | Any text is either an id of the documented form or refused with its code |

    Examples: versions
      | law                                                                                      |
      | Any two versions compare as the semver library compares them                             |
      | Order is total and transitive: sorting any three gives one chain                         |
      | Build metadata changes the version's text and not its precedence                         |
      | Any text is a version exactly when the semver library says so, else refused with its code |

    Examples: requirements
      | law                                                                                                  |
      | Of all releases up to 4.4.4 a requirement admits those that Cargo's rules name, and no other         |
      | A pre-release is admitted only when the requirement names one of the same numbers                    |
      | `=` of a version admits it, caret and tilde of it too, and `<` and `>` of it do not                  |
      | A comma means and, for releases                                                                      |
      | Any text is a requirement or refused with its code; one that is read is read again from its own text |
