@http @storage @level1
Feature: A bundle carries many blobs in one stream, and what came whole is kept
  As a template user on a line that breaks
  I want each file that arrived whole to be kept and every wrong byte to be refused
  So that the next try fetches only the rest

  Scenario: The form of a bundle is these bytes, for ever
    Then the bundle of "hello" and "" is, with an empty line at its end
      """
      2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 5
      helloe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0
      """

  Scenario: A bundle is as long as was said, and every blob comes out of it
    Then bundles of 0, 1, 3 and 600 blobs of many sizes have the length that was said, and hold these blobs
    And they do so however the stream is cut into pieces

  Scenario: A large blob is not held in memory
    Then a blob of 64 MiB passes through a bundle in less than 8 MiB of memory

  Scenario: A bundle that was cut anywhere keeps what came whole before
    Then a bundle cut behind each of its bytes is refused as "bundle-cut", and what came whole before is stored

  Scenario Outline: A bundle is refused when <what>
    Then the bundle "<text>" is refused as "<code>"

    Examples:
      | what                             | text                                                                                    | code             |
      | it is empty                      | (none)                                                                                  | bundle-cut       |
      | it begins with something else    | <html>\n                                                                                | bundle-malformed |
      | a size has a sign                | {hello} +5\nhello\n                                                                     | bundle-malformed |
      | a size has a leading zero        | {hello} 05\nhello\n                                                                     | bundle-malformed |
      | a size is absurd                 | {hello} 99999999999999999999\nhello\n                                                   | bundle-malformed |
      | a size is beyond the limit       | {hello} 999999999999999\nhello\n                                                        | bundle-too-large |
      | a digest has capitals            | 2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824 5\nhello\n             | bundle-malformed |
      | there are two blanks             | {hello}  5\nhello\n                                                                     | bundle-malformed |
      | lines end in CR LF               | {hello} 5\r\nhello\r\n                                                                  | bundle-malformed |
      | the first line has no end        | {hello} 5                                                                               | bundle-cut       |
      | the blob is longer than said     | {hello} 4\nhello\n                                                                      | blob-corrupt     |
      | the blob is another              | {hello} 5\nhallo\n                                                                      | blob-corrupt     |
      | bytes follow its end             | {hello} 5\nhello\nx                                                                     | bundle-malformed |
      | there are more blobs than taken  | {hello} 5\nhello{hello} 5\nhello{hello} 5\nhello{hello} 5\nhello\n                      | bundle-too-large |

  Scenario: A wrong blob keeps those before it, and none behind
    Then of a bundle of five blobs, the fourth altered on the way, the first three are stored

  Scenario: A blob that is damaged where it comes from cuts the bundle
    Then writing a bundle of a blob that is not of its digest or of its size raises "blob-corrupt" before the bundle ends
