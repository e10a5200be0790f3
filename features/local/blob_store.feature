@local @storage @level2
Feature: The content store keeps bytes under their digest
  Both back ends keep one contract.

  @smoke
  Scenario Outline: The <store> store gives back what was put and keeps equal bytes once
    Given a <store> store
    When the bytes "hello" are put twice
    Then reading their digest gives "hello"
    And the store counts 1 blob of 5 bytes

    Examples:
      | store      |
      | filesystem |
      | memory     |

  Scenario Outline: The <store> store refuses <trouble> and keeps nothing
    Given a <store> store
    When putting the bytes "hello" with <trouble> is tried
    Then it is refused with "<code>"
    And the store counts 0 blobs of 0 bytes

    Examples:
      | store      | trouble            | code           |
      | filesystem | another digest     | blob-corrupt   |
      | memory     | another digest     | blob-corrupt   |
      | filesystem | a limit of 4 bytes | blob-too-large |
      | memory     | a limit of 4 bytes | blob-too-large |

  Scenario Outline: Collecting garbage in the <store> store removes what nobody needs
    Given a <store> store
    When the bytes "kept" and "gone" are put and garbage is collected but for "kept"
    Then the store counts 1 blob of 4 bytes

    Examples:
      | store      |
      | filesystem |
      | memory     |

  Scenario: A blob damaged on disk is never read as if it were sound
    Given a filesystem store
    And the bytes "hello" were put and their file was changed on disk
    When reading their digest is tried
    Then it is refused with "blob-corrupt"
    And the store's verification names the blob as "corrupt"

  Scenario: An installed file edited in place does not damage the store
    Given a filesystem store
    And the bytes "hello" were put and installed by link
    When the installed file is edited in place
    Then reading their digest gives "hello"
