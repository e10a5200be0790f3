@http @level4
Feature: A project is installed over the network with few requests, each byte checked, and no byte twice
  As a template user
  I want packages from a registry of plain files, mirrored by whoever likes to
  So that I depend on nobody's server, and trust none of them

  Rule: Few requests

    Background:
      Given a publisher has published
        | id           | version | needs           |
        | io.acme.base | 1.0.0   |                 |
        | io.acme.web  | 1.0.0   | io.acme.base ^1 |
      And the registry "mirror" has it as files alone
      And I run "ggen market config registry mirror"

    @smoke
    Scenario: A fresh install asks for each package's document and one archive; a second one asks for nothing
      When I run "ggen market add io.acme.web --json"
      Then "mirror" received, in any order
        | method | path                                           | status |
        | GET    | /packages/io.acme.web.json                     | 200    |
        | GET    | /packages/io.acme.base.json                    | 200    |
        | GET    | /registry.json                                 | 200    |
        | GET    | /log/checkpoint                                | 200    |
        | GET    | /log/tile/0/000.p/2                            | 200    |
        | GET    | /archives/sha256/(io.acme.web@1.0.0).gpack     | 200    |
        | GET    | /archives/sha256/(io.acme.base@1.0.0).gpack    | 200    |
      And the JSON field "sources.0.registry" is "mirror"
      When I run "ggen market install --json"
      Then "mirror" received nothing more
      And the JSON field "degraded" is "False"
      When I run "ggen market verify"
      Then the output contains "Verified"
      And "mirror" received nothing more

    Scenario: The documents of packages that are needed together are asked for together, each once
      Given a publisher has published
        | id           | version | needs                            |
        | io.acme.deep | 1.0.0   |                                  |
        | io.acme.one  | 1.0.0   | io.acme.base ^1                  |
        | io.acme.two  | 1.0.0   | io.acme.base ^1, io.acme.deep ^1 |
        | io.acme.tree | 1.0.0   | io.acme.deep ^1                  |
      And the registry "mirror" is brought up to date
      And "mirror" takes 1500 ms to answer for a package
      When I run "ggen market add io.acme.one io.acme.two io.acme.tree io.acme.web"
      Then "mirror" received these for packages, in any order, and so many at the same time
        | path                         | status | together |
        | /packages/io.acme.one.json   | 200    | 4        |
        | /packages/io.acme.two.json   | 200    | 4        |
        | /packages/io.acme.tree.json  | 200    | 4        |
        | /packages/io.acme.web.json   | 200    | 4        |
        | /packages/io.acme.base.json  | 200    | 2        |
        | /packages/io.acme.deep.json  | 200    | 2        |
      Given the kept answers are 6 min old
      And "mirror" was asked for enough
      When I run "ggen market outdated"
      Then "mirror" received these for packages, in any order, and so many at the same time
        | path                         | status | together |
        | /packages/io.acme.one.json   | 304    | 4        |
        | /packages/io.acme.two.json   | 304    | 4        |
        | /packages/io.acme.tree.json  | 304    | 4        |
        | /packages/io.acme.web.json   | 304    | 4        |
        | /packages/io.acme.base.json  | 304    | 2        |
        | /packages/io.acme.deep.json  | 304    | 2        |
      When I run "ggen market outdated"
      Then "mirror" received nothing more

    @faults
    Scenario: A registry that cannot answer is not asked for all that a project needs
      Given a publisher has published 20 packages, each of which needs all before it
      And the registry "mirror" is brought up to date
      And I run "ggen market versions many.lib.p19"
      And "mirror" was asked for enough
      And requests of "mirror" for "*" meet "always 501"
      When I try "ggen market add many.lib.p19 --json"
      Then the exit code is 6
      And the error code is "registry-unavailable"
      And "mirror" received at most 6 requests

    @fallback
    Scenario: What the first registry does not have is asked of the next, together too
      Given the registry "first" has io.other alone
      And "first" takes 1500 ms to answer for a package
      And "mirror" takes 1500 ms to answer for a package
      When I run "ggen market add io.acme.base io.acme.web --registry first,mirror"
      Then "first" received these for packages, in any order, and so many at the same time
        | path                        | status | together |
        | /packages/io.acme.base.json | 404    | 2        |
        | /packages/io.acme.web.json  | 404    | 2        |
      And "mirror" received these for packages, in any order, and so many at the same time
        | path                        | status | together |
        | /packages/io.acme.base.json | 200    | 2        |
        | /packages/io.acme.web.json  | 200    | 2        |

    Scenario: What is here already is not fetched again
      Given I run "ggen market add io.acme.web"
      And "mirror" was asked for enough
      And the installed packages are removed by hand
      When I run "ggen market install --json"
      Then the JSON field "bytes_fetched" is "0"
      And "mirror" received, in any order
        | method | path         | status |
        | GET    | /yanked.json | 200    |

    Scenario: An upgrade transfers only the files that changed
      Given the publisher publishes io.acme.kit 1.0.0 with "a.bin 400000, b.bin 300000, c.bin 200000, d.bin 1000"
      And the registry "mirror" is brought up to date
      And I run "ggen market add io.acme.kit"
      And the publisher publishes io.acme.kit 1.1.0 with "a.bin 400000, b.bin 300000, c.bin 200000, d.bin 2000"
      And the registry "mirror" is brought up to date
      And the kept answers are 6 min old
      And "mirror" was asked for enough
      When I run "ggen market update --json"
      Then "mirror" received, in any order
        | method | path                                                | status |
        | GET    | /packages/io.acme.kit.json                          | 200    |
        | GET    | /registry.json                                      | 304    |
        | GET    | /log/checkpoint                                     | 200    |
        | GET    | /log/tile/0/000.p/4                                 | 200    |
        | GET    | /blobs/sha256/(io.acme.kit@1.1.0)                   | 200    |
        | GET    | /blobs/sha256/(d.bin of io.acme.kit@1.1.0)          | 200    |
        | GET    | /blobs/sha256/(package.toml of io.acme.kit@1.1.0)   | 200    |
      When I run "ggen market verify"
      Then the output contains "Verified"

    Scenario: A registry that has no archives is fetched file by file
      Given the registry "bare" has it as files alone, without archives
      When I run "ggen market add io.acme.base --registry bare --json"
      Then "bare" received, in any order
        | method | path                                              | status |
        | GET    | /packages/io.acme.base.json                       | 200    |
        | GET    | /registry.json                                    | 200    |
        | GET    | /log/checkpoint                                   | 200    |
        | GET    | /log/tile/0/000.p/2                               | 200    |
        | GET    | /archives/sha256/(io.acme.base@1.0.0).gpack       | 404    |
        | GET    | /blobs/sha256/(io.acme.base@1.0.0)                | 200    |
        | GET    | /blobs/sha256/(README.md of io.acme.base@1.0.0)   | 200    |
        | GET    | /blobs/sha256/(package.toml of io.acme.base@1.0.0) | 200   |

    Scenario Outline: What an archive of <size> bytes holds is unpacked <where>
      Given the publisher publishes io.acme.kit 1.0.0 with "a.bin <size>"
      And the registry "mirror" is brought up to date
      Then "ggen market add io.acme.kit" makes <count> folders to unpack in
      When I run "ggen market verify"
      Then the output contains "Verified"

      Examples:
        | size    | where       | count |
        | 100000  | in memory   | 0     |
        | 9000000 | in a folder | 1     |

    Scenario: A yank reaches those who have the version locked, and keeps them working
      Given I run "ggen market add io.acme.base"
      And the publisher yanks io.acme.base@1.0.0
      And the registry "mirror" is brought up to date
      And the installed packages are removed by hand
      When I try "ggen market install"
      Then the exit code is 0
      And the error output contains "io.acme.base is yanked: broken; it stays because it is locked"
      Given the kept answers are 6 min old
      When I try "ggen market add io.acme.base@^1 -C {root} --json"
      Then the exit code is 5
      And the error code is "versions-yanked"

  @faults
  Rule: What breaks goes on

    Background:
      Given the publisher publishes io.acme.kit 1.0.0 with "a.bin 3000000"
      And the registry "mirror" has it as files alone
      And I run "ggen market config registry mirror"

    Scenario: A transfer that breaks off goes on where it was
      Given requests of "mirror" for "/archives/*" meet "truncate after=1000000, reset after=500000"
      When I run "ggen market add io.acme.kit --quiet" whatever it tells
      Then "mirror" received these for archives
        | status | range            | content-range           |
        | 200    |                  |                         |
        | 206    | bytes=1000000-   | bytes 1000000           |
        | 206    | bytes=1500000-   | bytes 1500000           |
      When I run "ggen market verify"
      Then the output contains "Verified"

    Scenario: A part that is not the one asked for is thrown away, and the transfer begins again
      Given requests of "mirror" for "/archives/*" meet "truncate after=1000000, content-range by=5"
      When I run "ggen market add io.acme.kit --quiet" whatever it tells
      Then "mirror" received these for archives
        | status | range            |
        | 200    |                  |
        | 206    | bytes=1000000-   |
        | 200    |                  |
      When I run "ggen market verify"
      Then the output contains "Verified"

    Scenario: A server that ignores the range begins again
      Given requests of "mirror" for "/archives/*" meet "truncate after=1000000, whole"
      When I run "ggen market add io.acme.kit --quiet" whatever it tells
      Then "mirror" received these for archives
        | status | range            |
        | 200    |                  |
        | 200    | bytes=1000000-   |
        | 200    |                  |
      When I run "ggen market verify"
      Then the output contains "Verified"

    @crash
    Scenario: A command that is killed in a transfer leaves what it has, and the next one goes on
      Given requests of "mirror" for "/archives/*" meet "stall after=1000000"
      When "ggen market add io.acme.kit" is killed after 900000 bytes
      And I run "ggen market add io.acme.kit --quiet"
      Then the last request for archives to "mirror" had the status 206
      And no unfinished transfer is left
      When I run "ggen market verify"
      Then the output contains "Verified"

  @security
  Rule: Wrong bytes are never installed

    Background:
      Given the publisher publishes io.acme.kit 1.0.0 with "a.bin 50000, b.bin 50000"
      And the registry "first" has it as files alone
      And the registry "second" has it as files alone

    Scenario Outline: One registry alone that sends <what> is not believed, and not asked again for it
      Given requests of "first" for "<pattern>" meet "always <fault>"
      When I try "ggen market add io.acme.kit --registry first --json"
      Then the exit code is <exit>
      And the error code is "<code>"
      And the project has no file ".ggen/packages"
      And the project has no file "ggen.lock"

      Examples:
        | what                        | pattern     | fault           | exit | code                 |
        | a damaged archive           | /archives/* | corrupt at=2000 | 3    | archive-damaged      |
        | a login page for an archive | /archives/* | portal          | 6    | registry-unavailable |
        | garbage for a document      | /packages/* | garbage-body    | 3    | document-malformed   |
        | a login page for a document | /packages/* | portal          | 6    | registry-unavailable |

    Scenario: The archive of another release is not believed
      Given the publisher publishes io.acme.kit 1.1.0 with "a.bin 50000"
      And the registry "first" is brought up to date
      But "first" sends the archive of io.acme.kit@1.0.0 for that of io.acme.kit@1.1.0
      When I try "ggen market add io.acme.kit --registry first --json"
      Then the exit code is 3
      And the error code is "release-mismatch"
      And the project has no file ".ggen/packages"

    Scenario: A wrong bit in a small file is found by its digest
      Given the registry "bare" has it as files alone, without archives
      And requests of "bare" for "/blobs/*" meet "always corrupt at=10"
      When I try "ggen market add io.acme.kit --registry bare --json"
      Then the exit code is 3
      And the error code is "blob-corrupt"
      And the error output contains "bare: the"
      And the project has no file ".ggen/packages"

    Scenario: More bytes than the release says are not taken
      Given the publisher publishes io.acme.big 1.0.0 with "a.bin 3000000"
      And the registry "bare" has it as files alone, without archives
      But "bare" sends 5000000 bytes for a.bin of io.acme.big@1.0.0
      When I try "ggen market add io.acme.big --registry bare --json"
      Then the exit code is 3
      And the error code is "registry-answer-invalid"
      And no unfinished transfer is left
      And the project has no file ".ggen/packages"

    Scenario: A registry whose batches lack what it says to have is unavailable
      Given "first" says that it has an interface, and answers each batch with nothing
      When I try "ggen market add io.acme.kit --registry first --json"
      Then the exit code is 6
      And the error code is "registry-unavailable"
      And the error output contains "first did not send all of io.acme.kit@1.0.0 though it has it"
      And the project has no file ".ggen/packages"

    Scenario: Wrong bytes from the first are followed by one more try, from the second
      Given requests of "first" for "/archives/*" meet "always corrupt at=2000"
      When I try "ggen market add io.acme.kit --registry first,second --json"
      Then the exit code is 0
      And the error output contains "first sent wrong bytes"
      And the JSON field "sources.0.outcome" is "invalid"
      And the JSON field "sources.1.registry" is "second"
      When I run "ggen market verify"
      Then the output contains "Verified"

    Scenario: Wrong bytes from two are an error, and no third is asked
      Given the registry "third" has it as files alone
      And requests of "first" for "/archives/*" meet "always corrupt at=2000"
      And requests of "second" for "/archives/*" meet "always corrupt at=2000"
      When I try "ggen market add io.acme.kit --registry first,second,third --json"
      Then the exit code is 3
      And the error code is "archive-damaged"
      And "third" received nothing more

    Scenario: Wrong bytes from both are an error
      Given requests of "first" for "/archives/*" meet "always corrupt at=2000"
      And requests of "second" for "/archives/*" meet "always corrupt at=2000"
      When I try "ggen market add io.acme.kit --registry first,second --json"
      Then the exit code is 3
      And the error code is "archive-damaged"

    Scenario: Bytes that the lock names may come from any, though the first refuses none and answers nothing
      Given I run "ggen market add io.acme.kit --registry first"
      And the fetched content is lost
      And requests of "first" for "*" meet "always 501"
      When I try "ggen market install --registry first,second --json"
      Then the exit code is 0
      And the JSON field "degraded" is "True"
      And the JSON field "installed.0.id" is "io.acme.kit"

  @fallback
  Rule: An answer says where it is from, and how old it is

    Background:
      Given a publisher has published
        | id           | version | needs |
        | io.acme.base | 1.0.0   |       |
        | org.open.kit | 1.0.0   |       |
      And the registry "corp" has io.acme alone, and the namespace io.acme is bound to it
      And the registry "public" has org.open alone
      And I run "ggen market config registry 'public | corp'"

    Scenario: A search merges what all of them have, and names them
      When I run "ggen market search suite --json"
      Then the JSON field "total" is "2"
      And the JSON field "results.0.registry" is "corp"
      And the JSON field "results.1.registry" is "public"
      And the JSON field "degraded" is "False"

    Scenario: A search in which one does not answer is said to be degraded
      Given requests of "public" for "*" meet "always 501"
      When I try "ggen market search suite --json"
      Then the exit code is 0
      And the JSON field "degraded" is "True"
      And the JSON field "sources.0.outcome" is "unavailable"
      And the JSON field "sources.1.outcome" is "found"
      And the JSON field "total" is "1"

    Scenario: What was kept stands in, and the user is told how old it is
      Given I run "ggen market info io.acme.base"
      And the kept answers are 2 h old
      And requests of "corp" for "*" meet "always 501"
      When I try "ggen market versions io.acme.base"
      Then the exit code is 0
      And the error output contains "what it said 2 hours ago is used"
      Given the kept answers are 47 h old
      When I try "ggen market versions io.acme.base --json"
      Then the exit code is 6
      And the error code is "registry-unavailable"

    @security
    Scenario: The name of a private package never reaches the public registry
      When I run "ggen market search io.acme.base"
      And I run "ggen market info io.acme.base"
      And I run "ggen market add io.acme.base org.open.kit"
      And I run "ggen market outdated"
      And I run "ggen market versions io.acme.base --registry public"
      And I try "ggen market info io.acme.none --json"
      Then the exit code is 4
      And no request that "public" received names "acme"
      When I try "ggen market search acme.none --json"
      Then the exit code is 0

    Scenario: Offline everything that was looked up is there, and what was not is named
      Given I run "ggen market add io.acme.base"
      And the fetched content is lost
      And "corp" was asked for enough
      When I run "ggen market versions io.acme.base --offline"
      Then the output contains "1.0.0"
      When I try "ggen market install --offline --json"
      Then the exit code is 6
      And the error code is "offline-miss"
      And the error output contains "ggen market install"
      When I try "ggen market versions org.open.kit --offline --json"
      Then the exit code is 6
      And the error code is "offline-miss"
      And the error output contains "`ggen market versions org.open.kit` without --offline"
      And "corp" received nothing more
