@local @storage @level2
Feature: The content store on disk withstands the disk and its neighbours
  What is once stored is never changed, and never read when it was.

  Scenario: A blob damaged on disk is never read as if it were sound
    Given a filesystem store
    And the bytes "hello" were put and their file was changed on disk
    When reading their digest is tried
    Then it is refused with "blob-corrupt"
    And the store's verification names the blob as "corrupt"

  Scenario: A blob's file that somebody replaced by a link is not followed
    Given a filesystem store
    And the bytes "hello" were put and their file was replaced by a link to the same bytes
    When reading their digest is tried
    Then it is refused with "blob-corrupt"

  Scenario: Where no link can be made, an installed file is a copy with the same bytes
    Given a filesystem store
    When the bytes "hello" are put and installed on another file system
    Then the installed file is a file of its own with the bytes "hello"

  Scenario: A file that another project edits while it is linked is made anew
    Given a filesystem store
    When a package is laid out and another project edits its file 1 time
    Then it is laid out with the bytes that were published

  Scenario: A file that another project edits again and again is never taken for what was published
    Given a filesystem store
    When a package is laid out and another project edits its file 2 times
    Then it is refused with "blob-corrupt"

  Scenario: A damaged blob is replaced when the same bytes are put again, and what was there is kept aside
    Given a filesystem store
    And the bytes "hello" were put and their file was changed on disk
    When the bytes "hello" are put twice
    Then reading their digest gives "hello"
    And the store's verification finds nothing
    And the store has put 1 damaged file aside, and said so

  Scenario: An installed file edited in place does not damage the store
    Given a filesystem store
    And the bytes "hello" were put and installed by link
    When the installed file is edited in place
    Then reading their digest gives "hello"

  Scenario: A stored file is read-only, and putting the same bytes again does not touch it
    Given a filesystem store
    When the bytes "hello" are put twice
    Then the blob's file is read-only and was written once

  Scenario Outline: A file that was hashed as it was written is taken over from <where>
    Given a filesystem store
    When a file with the bytes "hello" is taken over from <where>
    Then reading their digest gives "hello"
    And the blob's file is read-only and was written once
    And the file is no longer where it was

    Examples:
      | where               |
      | beside the store    |
      | another file system |

  Scenario: A file is taken over in the place of a damaged blob, which is kept aside
    Given a filesystem store
    And the bytes "hello" were put and their file was changed on disk
    When a file with the bytes "hello" is taken over from beside the store
    Then reading their digest gives "hello"
    And the store has put 1 damaged file aside, and said so
    And the file is no longer where it was

  Scenario: A stored file has the same permissions whatever the umask of the one who stored it
    Given a filesystem store
    When the bytes "hello" are put under the umask 077
    Then the blob's file is read-only and was written once

  Scenario: A folder of the store that is a link is not written through
    Given a filesystem store
    And the folder for the bytes "hello" is a link to another folder
    When putting the bytes "hello" is tried
    Then it is refused with "store-unsafe"
    And the other folder is empty

  Scenario: A staged file that is swapped for another before it gets its name is refused
    Given a filesystem store
    When the bytes "hello" are put and somebody swaps the staged file
    Then it is refused with "staged-changed"
    And the store counts 0 blobs of 0 bytes

  Scenario: Nobody can guess the name of a staged file
    Given a filesystem store
    When 20 blobs are put and the names of their staged files are noted
    Then all names differ, and each has at least 96 random bits

  Scenario: What a killed writer left is collected, and files that are none of the store's are left alone
    Given a filesystem store
    And a staged file was left by a killed process
    And a file of somebody else lies among the blobs
    When all garbage is collected
    Then no staged file is left
    And the store's verification names the stranger's file as "foreign"

  @level3
  Scenario: 500 megabytes pass through the store in constant memory
    Given a filesystem store
    When a process of its own puts and reads a stream of 500000000 bytes
    Then its memory has grown by less than 64 MB
    And the store counts 1 blob of 500000000 bytes

  @level3 @concurrency
  Scenario: Four processes put the same blobs at the same moment
    Given a filesystem store
    When 4 processes put the same 50 blobs at the same moment
    Then the store counts 50 blobs
    And the store's verification finds nothing
    And no staged file is left
