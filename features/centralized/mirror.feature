@http @level4
Feature: A registry is written as files that any static file server can serve
  As an operator
  I want the registry's files in a folder
  So that a web server, a bucket or a memory stick is a complete registry for reading

  Background:
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.core@1.1.0 |
      | io.ggen.rust.axum@1.1.0 |

  Scenario: Every file of a mirror is the one that the server answers with
    When I run "ggen market mirror {root}/public --archives"
    And I run the server "ggen"
    Then each file of the mirror is what the server answers for its path
    And the witness verifies the whole log of the mirror

  Scenario: The next run writes what changed, and nothing else
    Given I run "ggen market mirror {root}/public"
    When I run "ggen market mirror {root}/public --json"
    Then the JSON field "packages" is "2"
    And the JSON field "releases" is "3"
    And the JSON field "written" is "0"
    When "io.acme.web@1.0.0" is published here by Alice
    And I run "ggen market mirror {root}/public --json"
    Then the JSON field "log_size" is "4"
    And the mirror has the release "io.acme.web@1.0.0" and all its files
    And nothing but the registry's files is in the mirror

  Scenario: Blobs are shared with the store where the file system can, and documents are for all to read
    When I run "ggen market mirror {root}/public"
    Then the blobs of the mirror take no space of their own, or this file system cannot share
    And its documents can be read by everybody

  @concurrency
  Scenario: Who reads a mirror while it is written never sees half a file, or a release whose files are not there
    Given I run "ggen market mirror {root}/public"
    When 15 releases of "io.acme.web" are published here, each mirrored at once, while somebody reads the mirror
    Then the reader has read whole documents alone, and of each release the tree was there

  Scenario Outline: A folder that is not this registry's mirror is left alone: <what>
    Given a folder "public" that holds <what>
    When I try "ggen market mirror {root}/public --json"
    Then the exit code is 5
    And the error code is "mirror-foreign"
    And the folder "public" is as it was

    Examples:
      | what                           |
      | somebody's pages               |
      | the mirror of another registry |

  Scenario: A file is where a folder of the mirror's path should be
    Given a file "public" of somebody's
    When I try "ggen market mirror {root}/public/files --json"
    Then the exit code is 6
    And the error code is "store-unwritable"
    And the file "public" is as it was

  @crash
  Scenario: A mirror whose writing was killed is completed by the next run
    When writing a mirror to "public" is killed after each of its first renames
    And I run "ggen market mirror {root}/public"
    Then nothing but the registry's files is in the mirror
    And the witness verifies the whole log of the mirror

  @crash @security
  Scenario: Wherever writing a mirror is killed, its checkpoint covers every release that it names, and all files are there
    When "io.acme.web@1.0.0" is published here by Alice
    And I run "ggen market mirror {root}/public"
    And "io.acme.web@1.1.0" is published here by Alice
    And "io.acme.kit@1.0.0" is published here by Alice
    And writing the mirror "public" again is killed before each of its renames
    Then it was killed at least 12 times
    And each time the witness finds every release of the mirror in its log, and its files there

  @concurrency @security
  Scenario: What is published while a mirror is written comes with the next run, and the mirror is whole without it
    When "io.acme.web@1.0.0" is published here by Alice
    And while the mirror "public" is written, "io.acme.web@1.1.0" is published here
    Then the witness finds every release of the mirror in its log, and its files there
    And the mirror has no release "io.acme.web@1.1.0"
    When I run "ggen market mirror {root}/public"
    Then the mirror has the release "io.acme.web@1.1.0" and all its files

  @concurrency @security
  Scenario: A package that appears after the log's head was taken comes with the next run
    When "io.acme.web@1.0.0" is published here by Alice
    And as soon as the mirror "public" has its log's head, "io.acme.kit@1.0.0" is published here
    Then the witness finds every release of the mirror in its log, and its files there
    And the mirror has no release "io.acme.kit@1.0.0"
    When I run "ggen market mirror {root}/public"
    Then the mirror has the release "io.acme.kit@1.0.0" and all its files
