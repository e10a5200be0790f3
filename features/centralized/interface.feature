@http @level4
Feature: With a registry that has an interface everything lacking is one request, and publishing is three
  As a template user or a publisher
  I want few requests, and broken ones to go on where they were
  So that a slow or shaky network costs me seconds and nothing else

  Background:
    Given the registry "corp" is served, behind a fault proxy
    And I run "ggen market key new"

  Rule: Publishing

    Scenario: What the registry lacks is sent, then the signed release; a second version sends what changed
      Given the package io.acme.kit 1.0.0 with "a.bin 400000, b.bin 1000"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.0.0 --json"
      Then "corp" received exactly
        | method | path             | status |
        | GET    | /registry.json   | 200    |
        | POST   | /api/v1/missing  | 200    |
        | POST   | /api/v1/blobs    | 200    |
        | POST   | /api/v1/releases | 201    |
      Given the package io.acme.kit 1.1.0 with "a.bin 400000, b.bin 2000"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.1.0"
      Then the output contains "3 new blobs"
      And "corp" received exactly
        | method | path             | status |
        | GET    | /registry.json   | 304    |
        | POST   | /api/v1/missing  | 200    |
        | POST   | /api/v1/blobs    | 200    |
        | POST   | /api/v1/releases | 201    |

    @faults @retry
    Scenario: A receipt that got lost is no conflict: the release is published once, and the publisher is told so
      Given the package io.acme.kit 1.0.0 with "a.bin 1000"
      And requests of "corp" for "POST /api/v1/releases" meet "lose"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.0.0" whatever it tells
      Then "corp" received exactly
        | method | path             | status |
        | GET    | /registry.json   | 200    |
        | POST   | /api/v1/missing  | 200    |
        | POST   | /api/v1/blobs    | 200    |
        | POST   | /api/v1/releases | reset  |
        | POST   | /api/v1/releases | 200    |
      When I run "ggen market versions io.acme.kit --json"
      Then the JSON field "versions.0.version" is "1.0.0"

    @crash @faults
    Scenario: A server that is killed when it has just published, and could not say so, has the release once
      Given the package io.acme.kit 1.0.0 with "a.bin 1000"
      And requests of "corp" for "POST /api/v1/releases" meet "lose, reset, reset, reset, pass"
      When I try "ggen market publish {root}/packages/io.acme.kit/1.0.0 --json"
      Then the exit code is 6
      And the error code is "registry-unavailable"
      And "corp" received exactly
        | method | path             | status |
        | GET    | /registry.json   | 200    |
        | POST   | /api/v1/missing  | 200    |
        | POST   | /api/v1/blobs    | 200    |
        | POST   | /api/v1/releases | reset  |
        | POST   | /api/v1/releases | reset  |
        | POST   | /api/v1/releases | reset  |
        | POST   | /api/v1/releases | reset  |
      When the server of "corp" is killed, and started again
      And I try "ggen market publish {root}/packages/io.acme.kit/1.0.0"
      Then it fails with exit code 5 and the code "version-exists", and suggests "nothing is to be done"
      And the error output contains "is already published with this content"
      And "corp" received exactly
        | method | path             | status |
        | POST   | /api/v1/missing  | 200    |
        | POST   | /api/v1/releases | 200    |
      And the log of "corp" is sound and has 1 entries
      When I run "ggen market add io.acme.kit"
      And I run "ggen market verify"
      Then the output contains "Verified"

    @faults @retry
    Scenario: A bundle that is cut on the way is sent again
      Given the package io.acme.kit 1.0.0 with "a.bin 400000"
      And requests of "corp" for "POST /api/v1/blobs" meet "cut-upload after=100000"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.0.0" whatever it tells
      And I run "ggen market add io.acme.kit"
      And I run "ggen market verify"
      Then the output contains "Verified"

    @faults @retry
    Scenario: A file of many megabytes goes in parts, and after a break from where the registry has it
      Given the package io.acme.kit 1.0.0 with "a.bin 17000000"
      And requests of "corp" for "PATCH /api/v1/uploads/*" meet "pass, cut-upload after=3000000"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.0.0" whatever it tells
      Then "corp" received these
        | method | status |
        | GET    | 200    |
        | POST   | 200    |
        | HEAD   | 200    |
        | PATCH  | 204    |
        | PATCH  | reset  |
        | HEAD   | 200    |
        | PATCH  | 204    |
        | POST   | 200    |
        | POST   | 201    |
      When I run "ggen market add io.acme.kit"
      And I run "ggen market verify"
      Then the output contains "Verified"

    @faults @retry
    Scenario: A part that meets what the registry still writes of an earlier one is sent again from where that ended
      Given the package io.acme.kit 1.0.0 with "a.bin 17000000"
      And requests of "corp" for "PATCH /api/v1/uploads/*" meet "pass, 409"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.0.0" whatever it tells
      Then "corp" received these
        | method | status |
        | GET    | 200    |
        | POST   | 200    |
        | HEAD   | 200    |
        | PATCH  | 204    |
        | PATCH  | 409    |
        | HEAD   | 200    |
        | PATCH  | 204    |
        | PATCH  | 204    |
        | POST   | 200    |
        | POST   | 201    |

    Scenario: A dry run asks whether the version is there, and sends nothing
      Given the package io.acme.kit 1.0.0 with "a.bin 1000"
      When I run "ggen market publish {root}/packages/io.acme.kit/1.0.0 --dry-run --json"
      Then the JSON field "published" is "False"
      And "corp" received exactly
        | method | path                       | status |
        | GET    | /packages/io.acme.kit.json | 404    |
      Given I run "ggen market publish {root}/packages/io.acme.kit/1.0.0"
      When I try "ggen market publish {root}/packages/io.acme.kit/1.0.0 --dry-run --json"
      Then the exit code is 5
      And the error code is "version-exists"

    @import @security
    Scenario: A catalog is imported into it, in the namespace that the token is for
      Given a catalog of the older shape with the sound entry "good"
      And its entry "web" has a sound manifest with: tags = ["old"]
      And the catalog is written
      When I try "ggen market import {root}/catalog --json"
      Then the exit code is 7
      And the JSON field "published" is "[]"
      And the JSON field "failed.1.code" is "namespace-denied"
      Given the token for "corp" is one for "io.ggen"
      When I run "ggen market import {root}/catalog --json" whatever it tells
      Then the JSON field "published" is "['io.ggen.good@1.0.0', 'io.ggen.web@1.0.0']"

    @import @faults
    Scenario: An import that the registry refuses from the second package on says so, and goes on when it is run again
      Given a catalog of the older shape with the sound entry "good"
      And its entry "web" has a sound manifest with: tags = ["old"]
      And the catalog is written
      And the token for "corp" is one for "io.ggen"
      And requests of "corp" for "POST /api/v1/releases" meet "pass, 501"
      When I try "ggen market import {root}/catalog --json"
      Then the exit code is 6
      And the JSON field "published" is "['io.ggen.good@1.0.0']"
      And the JSON field "failed.0.code" is "registry-unavailable"
      When I run "ggen market import {root}/catalog --json" whatever it tells
      Then the JSON field "published" is "['io.ggen.web@1.0.0']"
      And the JSON field "unchanged" is "['io.ggen.good@1.0.0']"

    @security
    Scenario: Without a token nothing is published, and a token for another namespace is refused
      Given the package org.other.kit 1.0.0 with "a.bin 1000"
      When I try "ggen market publish {root}/packages/org.other.kit/1.0.0 --json"
      Then the exit code is 7
      And the error code is "namespace-denied"
      Given I run "ggen market registry logout corp"
      When I try "ggen market publish {root}/packages/org.other.kit/1.0.0 --json"
      Then the exit code is 7
      And the error code is "token-missing"

  Rule: Installing

    Background:
      Given the package io.acme.kit 1.0.0 with "a.bin 1500000, b.bin 1500000, c.bin 100000"
      And I run "ggen market publish {root}/packages/io.acme.kit/1.0.0"
      And "corp" was asked for enough

    Scenario: Everything lacking is one request, and a second install is none
      When I run "ggen market add io.acme.kit --json"
      Then "corp" received exactly
        | method | path                       | status |
        | GET    | /packages/io.acme.kit.json | 200    |
        | GET    | /registry.json             | 304    |
        | GET    | /log/checkpoint            | 200    |
        | POST   | /api/v1/batch              | 200    |
      When I run "ggen market install --json"
      Then "corp" received nothing more

    Scenario: An upgrade transfers what changed
      Given I run "ggen market add io.acme.kit"
      And the package io.acme.kit 1.1.0 with "a.bin 1500000, b.bin 1500000, c.bin 200000"
      And I run "ggen market publish {root}/packages/io.acme.kit/1.1.0"
      And "corp" was asked for enough
      When I run "ggen market update --json"
      Then "corp" received these
        | path                       | status |
        | /packages/io.acme.kit.json | 200    |
        | /registry.json             | 304    |
        | /log/checkpoint            | 200    |
        | /log/tile/0/000.p/2        | 200    |
        | /api/v1/batch              | 200    |
      And the JSON field "updated.0.version" is "1.1.0"
      And fewer than 201000 bytes came for the last batch

    @faults
    Scenario: An upgrade that needs a file whose fetched copy was lost asks for that file by itself
      Given I run "ggen market add io.acme.kit"
      And the package io.acme.kit 1.1.0 with "a.bin 1500000, b.bin 1500000, c.bin 200000"
      And I run "ggen market publish {root}/packages/io.acme.kit/1.1.0"
      And the fetched copy of a.bin of io.acme.kit@1.0.0 is lost
      And "corp" was asked for enough
      When I run "ggen market update --json"
      Then "corp" received these
        | path                       | status |
        | /packages/io.acme.kit.json | 200    |
        | /registry.json             | 304    |
        | /log/checkpoint            | 200    |
        | /log/tile/0/000.p/2        | 200    |
        | /api/v1/batch              | 200    |
        | /api/v1/batch              | 200    |
      When I run "ggen market verify"
      Then the output contains "Verified"

    @faults @retry
    Scenario: A batch that breaks off goes on with what is still lacking
      Given requests of "corp" for "POST /api/v1/batch" meet "truncate after=2000000"
      When I run "ggen market add io.acme.kit" whatever it tells
      Then two batches came, the second with fewer than 1800000 bytes
      When I run "ggen market verify"
      Then the output contains "Verified"

    @faults @retry
    Scenario: A batch that breaks off more often than is tried again goes on while something comes
      Given requests of "corp" for "POST /api/v1/batch" meet "truncate after=2000000, truncate, truncate, truncate"
      When I run "ggen market add io.acme.kit" whatever it tells
      Then 5 batches came, the last with fewer than 1700000 bytes
      When I run "ggen market verify"
      Then the output contains "Verified"

    @faults
    Scenario: A registry that cannot make batches now is unavailable
      Given requests of "corp" for "POST /api/v1/batch" meet "always 501"
      When I try "ggen market add io.acme.kit --json"
      Then the exit code is 6
      And the error code is "registry-unavailable"
      And the project has no file "ggen.lock"

    @faults
    Scenario: A registry that has its interface no more gives the files
      Given requests of "corp" for "POST /api/v1/batch" meet "always 404"
      When I run "ggen market add io.acme.kit"
      Then "corp" received these
        | method | status |
        | GET    | 200    |
        | GET    | 304    |
        | GET    | 200    |
        | POST   | 404    |
        | GET    | 200    |
      When I run "ggen market verify"
      Then the output contains "Verified"

    @faults
    Scenario: A registry that has lost a file says so, and nothing is installed
      Given the registry has lost the file c.bin of io.acme.kit@1.0.0
      When I try "ggen market add io.acme.kit --json"
      Then the exit code is 4
      And the error code is "blob-missing"
      And "corp" received these
        | method | path                       | status |
        | GET    | /packages/io.acme.kit.json | 200    |
        | GET    | /registry.json             | 304    |
        | GET    | /log/checkpoint            | 200    |
        | POST   | /api/v1/batch              | 200    |
        | POST   | /api/v1/batch              | 404    |
      And the project has no file ".ggen/packages"

    @security @faults
    Scenario: A batch with a wrong bit is refused, and nothing is installed
      Given requests of "corp" for "POST /api/v1/batch" meet "always corrupt at=900000"
      When I try "ggen market add io.acme.kit --json"
      Then the exit code is 3
      And the error code is "blob-corrupt"
      And the project has no file ".ggen/packages"

    @security
    Scenario: A release whose signature was changed on the way is never installed
      Given the signature of io.acme.kit@1.0.0 is another one on the way
      When I try "ggen market add io.acme.kit --json"
      Then the exit code is 3
      And the error code is "signature-wrong"
      And the project has no file "ggen.lock"
