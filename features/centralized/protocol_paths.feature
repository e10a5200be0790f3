@http @level1
Feature: Every file of a registry has one path, and no other spelling of it
  As an operator who puts a registry's files behind any static file server
  I want each file to have exactly one path
  So that no spelling leads around a rule or to another file

  Scenario Outline: A path names <what>, and is built from what it names
    Then the path "<path>" names the <kind>, and is built from it again

    Examples:
      | what                                  | kind       | path                                                                                    |
      | the root document                     | registry   | registry.json                                                                           |
      | the list of yanks                     | yanked     | yanked.json                                                                             |
      | the list of categories                | categories | categories.json                                                                         |
      | the catalog                           | catalog    | catalog.json                                                                            |
      | a package document                    | package    | packages/io.acme.web.json                                                               |
      | a package whose name is json          | package    | packages/io.json.json                                                                   |
      | a release record                      | release    | releases/io.acme.web/1.2.3-rc.1.json                                                    |
      | what was measured of a release        | quality    | quality/io.acme.web/1.2.3-rc.1.json                                                     |
      | a release with build metadata         | release    | releases/io.acme.web/1.2.3+linux.json                                                   |
      | downloads                             | downloads  | downloads/io.acme.web.json                                                              |
      | a blob                                | blob       | blobs/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824           |
      | an archive                            | archive    | archives/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.gpack  |
      | the checkpoint                        | checkpoint | log/checkpoint                                                                          |
      | a full tile                           | tile       | log/tile/0/000                                                                          |
      | the tile of the standard's example    | tile       | log/tile/0/x001/x234/067                                                                |
      | a partial tile                        | tile       | log/tile/1/x001/000.p/255                                                               |
      | a bundle of entries                   | entries    | log/tile/entries/x001/234                                                               |
      | a partial bundle of entries           | entries    | log/tile/entries/000.p/1                                                                |

  Scenario: A plus sign in a version may be quoted
    Then the path "releases/io.acme.web/1.0.0%2Blinux.json" names the release "io.acme.web@1.0.0+linux"

  Scenario: A version that fits no file name has no file of its own
    Then a version of 250 characters has a path that names it, and one of 251 has none

  Scenario Outline: Nothing has the path of <what>
    Then the path "<path>" names nothing

    Examples:
      | what                                   | path                                                                                     |
      | nothing                                | (none)                                                                                   |
      | the root                               | /                                                                                        |
      | a first slash                          | /registry.json                                                                           |
      | two slashes                            | packages//io.acme.web.json                                                               |
      | a way up                               | packages/../registry.json                                                                |
      | a quoted way up                        | blobs/sha256/%2e%2e%2f%2e%2e%2fregistry.json                                             |
      | a way up in backslashes                | packages/..\\registry.json                                                               |
      | a quoted letter                        | packages/io.acme.we%62.json                                                              |
      | capitals in an id                      | packages/IO.acme.web.json                                                                |
      | an id of one segment                   | packages/web.json                                                                        |
      | a reserved name                        | packages/io.acme.nul.json                                                                |
      | no suffix                              | packages/io.acme.web                                                                     |
      | a NUL                                  | packages/io.acme.web\x00.json                                                            |
      | a line break at the end                | packages/io.acme.web.json\n                                                              |
      | a full-width letter                    | packages/io.acme.\uff57eb.json                                                           |
      | a version in other words               | releases/io.acme.web/1.0.json                                                            |
      | a leading zero in a version            | releases/io.acme.web/1.00.0.json                                                         |
      | a small letter in what is quoted       | releases/io.acme.web/1.0.0%2blinux.json                                                  |
      | a release without a version            | releases/io.acme.web.json                                                                |
      | a digest in capitals                   | blobs/sha256/2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824            |
      | a short digest                         | blobs/sha256/2cf24dba                                                                    |
      | a long digest                          | blobs/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982400          |
      | another algorithm                      | blobs/md5/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824               |
      | a line break behind a digest           | blobs/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n          |
      | an archive without its suffix          | archives/sha256/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824         |
      | a tile number of two digits            | log/tile/0/00                                                                            |
      | a tile number of four digits           | log/tile/0/1000                                                                          |
      | leading groups of zeros                | log/tile/0/x000/001                                                                      |
      | a group without its x                  | log/tile/0/001/234                                                                       |
      | a level with a leading zero            | log/tile/01/000                                                                          |
      | a level beyond 63                      | log/tile/64/000                                                                          |
      | a full tile written as a partial one   | log/tile/0/000.p/256                                                                     |
      | an empty partial tile                  | log/tile/0/000.p/0                                                                       |
      | digits of another script               | log/tile/0/00\u0663                                                                      |
      | something else in the folder           | log/tile                                                                                 |
