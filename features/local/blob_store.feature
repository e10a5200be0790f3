@local @storage @level2
Feature: A content store keeps bytes under their digest
  One contract for every store: whoever writes to a store need not know where it keeps its blobs.

  Scenario Outline: The <store> store gives back what was put and keeps equal bytes once
    Given a <store> store
    When the bytes "hello" are put twice
    Then reading their digest gives "hello"
    And streaming their digest gives "hello"
    And the store counts 1 blob of 5 bytes
    And the store lists just that digest
    And the store's verification finds nothing

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: The <store> store keeps the empty blob too
    Given a <store> store
    When the bytes "" are put twice
    Then reading their digest gives ""
    And the store counts 1 blob of 0 bytes

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: The <store> store gives back <size> bytes piece by piece
    Given a <store> store
    When <size> made-up bytes are put
    Then streaming their digest gives those bytes again

    Examples:
      | store      | size    |
      | filesystem | 1048576 |
      | fetched    | 1048576 |
      | filesystem | 3000001 |
      | fetched    | 3000001 |
      | memory     | 1048576 |
      | memory     | 3000001 |

  Scenario Outline: The <store> store refuses <trouble> and keeps nothing
    Given a <store> store
    When putting the bytes "hello" with <trouble> is tried
    Then it is refused with "<code>"
    And the store counts 0 blobs of 0 bytes

    Examples:
      | store      | trouble            | code           |
      | filesystem | another digest     | blob-corrupt   |
      | fetched    | another digest     | blob-corrupt   |
      | memory     | another digest     | blob-corrupt   |
      | filesystem | a limit of 4 bytes | blob-too-large |
      | fetched    | a limit of 4 bytes | blob-too-large |
      | memory     | a limit of 4 bytes | blob-too-large |
      | filesystem | a limit of 0 bytes | blob-too-large |
      | fetched    | a limit of 0 bytes | blob-too-large |
      | memory     | a limit of 0 bytes | blob-too-large |

  Scenario Outline: The <store> store takes bytes of just the limit, under the digest that was expected
    Given a <store> store
    When the bytes "hello" are put with their digest and a limit of 5 bytes
    Then reading their digest gives "hello"

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: The <store> store refuses to read more than it is asked for
    Given a <store> store
    When the bytes "hello" are put twice
    And reading their digest with a limit of 4 bytes is tried
    Then it is refused with "blob-too-large"

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: The <store> store says that it lacks a blob when it is asked to <action> it
    Given a <store> store
    When to <action> the digest of "never put" is tried
    Then it is refused with "blob-missing"
    And the store has no digest of "never put"

    Examples:
      | store      | action |
      | filesystem | read   |
      | fetched    | read   |
      | filesystem | open   |
      | fetched    | open   |
      | memory     | read   |
      | memory     | open   |

  Scenario Outline: The <store> store makes nothing of a digest that is none: <action> <digest>
    Given a <store> store
    When to <action> the digest "<digest>" is tried
    Then it is refused with "digest-malformed"

    Examples:
      | store      | action | digest                  |
      | filesystem | read   | sha256:../../etc/passwd |
      | fetched    | read   | sha256:../../etc/passwd |
      | memory     | read   | sha256:../../etc/passwd |
      | filesystem | has    | hello                   |
      | fetched    | has    | hello                   |
      | memory     | has    | hello                   |
      | filesystem | open   | sha512:00               |
      | fetched    | open   | sha512:00               |
      | memory     | open   | sha512:00               |

  Scenario Outline: A stream that breaks in the middle leaves nothing in the <store> store
    Given a <store> store
    When a stream that breaks after 100000 bytes is put
    Then the store counts 0 blobs of 0 bytes
    And nothing is left of it in the scenario's folder

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  @concurrency
  Scenario Outline: Eight threads put the same 300000 bytes into the <store> store
    Given a <store> store
    When 8 threads put the same 300000 made-up bytes at the same moment
    Then the store counts 1 blob of 300000 bytes
    And streaming their digest gives those bytes again

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: Collecting garbage in the <store> store removes what nobody needs, and tells so before
    Given a <store> store
    When the bytes "kept" and "gone" are put
    Then a dry run of collecting garbage but for "kept" would free 1 blob of 4 bytes
    And the store counts 2 blobs of 8 bytes
    And collecting garbage but for "kept" frees 1 blob of 4 bytes
    And the store counts 1 blob of 4 bytes

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: The <store> store takes many blobs together, those that it lacks and each once
    Given a <store> store
    When 300 different blobs are put together, each twice over, and one of them was there
    Then 299 were stored, and the one that was there was not opened
    And the store counts 300 blobs
    And reading each of them gives what was put

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: Among many blobs put together to the <store> store <trouble> is refused
    Given a <store> store
    When 300 different blobs are put together, and of the last <trouble>
    Then it is refused with "<code>"
    And the store's verification finds nothing
    And the last of them is not there, nor a staged file

    Examples:
      | store      | trouble                        | code           |
      | filesystem | the bytes are others           | blob-corrupt   |
      | fetched    | the bytes are others           | blob-corrupt   |
      | memory     | the bytes are others           | blob-corrupt   |
      | filesystem | there are more bytes than said | blob-too-large |
      | fetched    | there are more bytes than said | blob-too-large |
      | memory     | there are more bytes than said | blob-too-large |

  Scenario Outline: When nobody can tell what is needed, the <store> store deletes nothing
    Given a <store> store
    When the bytes "kept" and "gone" are put
    And garbage is collected by a list that breaks in the middle
    Then the store counts 2 blobs of 8 bytes

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario Outline: Whatever is done to the <store> store, it holds what a plain dictionary would
    Then any sequence of operations on a <store> store gives what a plain dictionary gives

    Examples:
      | store      |
      | filesystem |
      | fetched    |
      | memory     |

  Scenario: A blob larger than the whole memory store is refused as it comes
    Given a memory store of 10 bytes
    When putting the bytes "12345678901" is tried
    Then it is refused with "store-full"
    And the store counts 0 blobs of 0 bytes

  Scenario: A memory store that is full refuses more, and loses nothing
    Given a memory store of 10 bytes
    When the bytes "123456" are put twice
    And putting the bytes "7890abc" is tried
    Then it is refused with "store-full"
    And reading their digest gives "123456"
