@http @faults @level4
Feature: A fetch that is cut short costs the project nothing, and the same command succeeds
  As a template user
  I want to end a slow install, or to run out of disk in one, without a second thought
  So that all I have to do is to run it again

  @crash
  Scenario Outline: It is killed while <what> arrives from files
    Given the publisher publishes io.acme.kit 1.0.0 with "a.bin 3000000, b.bin 1000"
    And the registry "mirror" has it as files alone<how>
    And I run "ggen market config registry mirror"
    And requests of "mirror" for "<pattern>" meet "stall after=2500000"
    When "ggen market add io.acme.kit" is killed after 500000 bytes
    Then the project is as empty as it was
    When I run "ggen market add io.acme.kit --quiet" whatever it tells
    And I run "ggen market verify"
    Then the output contains "Verified"
    And no unfinished transfer is left
    And nothing temporary is left in the home

    Examples:
      | what       | how                | pattern     |
      | an archive |                    | /archives/* |
      | a file     | , without archives | /blobs/*    |

  @crash
  Scenario: It is killed while a batch arrives, and what it was writing is cleared away by a fetch an hour later
    Given the registry "corp" is served, behind a fault proxy
    And I run "ggen market key new"
    And the package io.acme.kit 1.0.0 with "a.bin 3000000, b.bin 1000"
    And the package io.acme.web 1.0.0 with "a.bin 1000"
    And I run "ggen market publish {root}/packages/io.acme.kit/1.0.0"
    And I run "ggen market publish {root}/packages/io.acme.web/1.0.0"
    And requests of "corp" for "POST /api/v1/batch" meet "stall after=2500000"
    When "ggen market add io.acme.kit" is killed after 500000 bytes
    Then the project is as empty as it was
    When I run "ggen market add io.acme.kit --quiet" whatever it tells
    And I run "ggen market verify"
    Then the output contains "Verified"
    Given a killed command has left an unpacked archive in the cache
    And what was left behind is 61 min old
    When I run "ggen market add io.acme.web"
    Then nothing temporary is left in the home

  @requires_root
  Scenario Outline: The disk with the cache is full while <what> arrives from files
    Given the publisher publishes io.acme.kit 1.0.0 with "a.bin 3000000, b.bin 1000"
    And the home lies on a disk of 9000 kilobytes
    And the registry "mirror" has it as files alone<how>
    And I run "ggen market config registry mirror"
    And the disk is filled up to <left> kilobytes
    When I try "ggen market add io.acme.kit"
    Then it fails with exit code 6 and the code "disk-full", and suggests "free some space"
    And the error output contains "<says>"
    And the project is as empty as it was
    And nothing temporary is left in the home
    When the disk has room again
    And I run "ggen market add io.acme.kit" whatever it tells
    And I run "ggen market verify"
    Then the output contains "Verified"

    Examples:
      | what                      | how                | left | says               |
      | an archive                |                    | 1000 | /cache/registries/ |
      | the content of an archive |                    | 4000 | the content store  |
      | a file                    | , without archives | 1000 | /cache/registries/ |

  @requires_root
  Scenario: The disk with the cache is full while a batch arrives
    Given the registry "corp" is served, behind a fault proxy
    And the home is moved to a disk of 9000 kilobytes
    And I run "ggen market key new"
    And the package io.acme.kit 1.0.0 with "a.bin 3000000, b.bin 1000"
    And I run "ggen market publish {root}/packages/io.acme.kit/1.0.0"
    And the disk is filled up to 1000 kilobytes
    When I try "ggen market add io.acme.kit"
    Then it fails with exit code 6 and the code "disk-full", and suggests "free some space"
    And the error output contains "the disk is full: the content store"
    And the project is as empty as it was
    And nothing temporary is left in the home
    When the disk has room again
    And I run "ggen market add io.acme.kit" whatever it tells
    And I run "ggen market verify"
    Then the output contains "Verified"
