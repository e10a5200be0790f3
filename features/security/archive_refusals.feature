@security @archive @level2
Feature: A hostile archive is refused before it can do anything
  As somebody who publishes or installs what others have packed
  I want every archive but the honest one to be refused, by the same rule at every door
  So that nothing outside of the staging area is touched, whoever checked before

  Scenario Outline: An archive with <case> is refused
    Given an archive with <case>
    When it is published and installed
    Then each door refuses it as "<code>" naming "<entry>"
    And nothing of it is left and nothing else was touched

    Examples: paths
      | case                                 | code                     | entry                    |
      | a path to the parent                 | path-traversal           | ../evil.txt              |
      | a path through the parent            | path-traversal           | templates/../../evil.txt |
      | a dot in a path                      | path-traversal           | templates/./evil.txt     |
      | an empty component                   | path-traversal           | templates//evil.txt      |
      | an absolute path                     | path-absolute            | /etc/evil.txt            |
      | a drive letter                       | path-absolute            | C:/evil.txt              |
      | a drive-relative path                | path-absolute            | c:evil.txt               |
      | a backslash                          | path-backslash           | templates?..?evil.txt    |
      | a network path                       | path-backslash           | ??host?share?evil.txt    |
      | a long component                     | path-too-long            | xxxxxxxxxxxx*            |
      | a long path                          | path-too-long            | xxxxxxxxxxxx*            |
      | a deep path                          | path-too-deep            | x/x/x/x/x/x/*            |
      | an escape character                  | path-control-character   | evil?x1b?2J.txt          |
      | a line feed                          | path-control-character   | evil?n.txt               |
      | a delete character                   | path-control-character   | evil?x7f.txt             |
      | a C1 control                         | path-control-character   | evil?x9b.txt             |
      | a line separator                     | path-control-character   | evil?u2028.txt           |
      | a bidi override                      | path-bidi                | evil?u202etxt.exe        |
      | a bidi isolate                       | path-bidi                | evil?u2066.txt           |
      | a zero-width character               | path-invisible           | evil?u200b.txt           |
      | a soft hyphen                        | path-invisible           | ev?xadil.txt             |
      | two names equal but for case         | path-collision           | readme.txt               |
      | two names equal but for sharp s      | path-collision           | straße.txt               |
      | two names equal but for Unicode form | path-collision           | café.txt                 |
      | two names equal but for width        | path-collision           | ｅvil.txt                 |
      | two folders equal but for case       | path-collision           | templates/b.txt          |
      | one name twice                       | path-duplicate           | evil.txt                 |
      | a file that is a folder too          | path-file-and-folder     | evil                     |
      | a file that is a folder but for case | path-file-and-folder     | EVIL                     |
      | a Windows device                     | path-reserved            | con                      |
      | a Windows device with an extension   | path-reserved            | templates/Aux.txt        |
      | a Windows port                       | path-reserved            | COM1                     |
      | a Windows port with a superscript    | path-reserved            | lpt².tmpl                |
      | a Windows console                    | path-reserved            | conin$                   |
      | a trailing dot                       | path-trailing-dot        | evil.                    |
      | a trailing space                     | path-trailing-dot        | templates /evil.txt      |
      | an alternate stream                  | path-forbidden-character | evil.txt:stream          |
      | a wildcard                           | path-forbidden-character | evil*.txt                |
      | the product's folder                 | path-marker              | .ggen/packages/evil.txt  |
      | the product's folder in capitals     | path-marker              | templates/.GGEN/evil.txt |
      | the product's lock                   | path-marker              | ggen.lock                |
      | the product's project file           | path-marker              | templates/ggen.toml      |
      | the product's staging mark           | path-marker              | .ggen-staged-00          |
      | the product's short name             | path-marker              | GGEN~1/journal.json      |
      | a git folder                         | path-version-control     | .git/config              |
      | a git folder's short name            | path-version-control     | git~1/config             |
      | a mercurial folder                   | path-version-control     | templates/.hg/hgrc       |

    Examples: names that are not UTF-8
      | case                       | code                   | entry                      |
      | a name in Latin 1          | path-not-utf8          | caf?udce9.txt              |
      | a lone surrogate in a name | path-not-utf8          | evil?udced?udca0?udc80.txt |
      | a zero byte in a name      | path-control-character | evil.txt?x00.png           |

    Examples: kinds and modes
      | case                                  | code         | entry      |
      | a symbolic link                       | entry-link   | passwd     |
      | a symbolic link and a file through it | entry-link   | templates  |
      | a hard link                           | entry-link   | passwd     |
      | a link in an extended header          | entry-link   | passwd     |
      | a character device                    | entry-device | zero       |
      | a block device                        | entry-device | sda        |
      | a fifo                                | entry-fifo   | pipe       |
      | a socket                              | entry-kind   | socket     |
      | a folder                              | entry-folder | templates/ |
      | a sparse file                         | entry-sparse | sparse     |
      | a sparse file in an extended header   | entry-sparse | sparse     |
      | a contiguous file                     | entry-kind   | run.sh     |
      | a file of the oldest kind             | entry-kind   | run.sh     |
      | a setuid bit                          | entry-mode   | run.sh     |
      | a setgid bit                          | entry-mode   | run.sh     |
      | a mode writable by all                | entry-mode   | run.sh     |
      | a mode in another spelling            | entry-mode   | run.sh     |

    Examples: headers
      | case                           | code                  | entry        |
      | a wrong header checksum        | header-checksum       | run.sh       |
      | a checksum in another spelling | header-checksum       | run.sh       |
      | a GNU header                   | archive-format        | run.sh       |
      | an owner                       | archive-not-canonical | run.sh       |
      | an owner by name               | archive-not-canonical | run.sh       |
      | a time                         | archive-not-canonical | run.sh       |
      | a path in the prefix field     | archive-not-canonical | run.sh       |
      | a name after a zero byte       | archive-not-canonical | run.sh       |
      | a size in base 256             | entry-size            | run.sh       |
      | a negative size                | entry-size            | run.sh       |
      | a size that is no number       | entry-size            | run.sh       |
      | the largest octal size         | package-too-large     | run.sh       |
      | a size beyond the archive      | archive-truncated     | run.sh       |
      | another order                  | archive-not-canonical | package.toml |
      | bytes hidden after a file      | archive-not-canonical | run.sh       |

    Examples: extended headers
      | case                                      | code                  | entry         |
      | a size that differs in an extended header | pax-size              | xxxxxxxxxxxx* |
      | an unknown record                         | pax-record            | xxxxxxxxxxxx* |
      | a record longer than its header           | pax-malformed         | PaxHeader     |
      | a record shorter than itself              | pax-malformed         | PaxHeader     |
      | a record without a length                 | pax-malformed         | PaxHeader     |
      | a record without its line feed            | pax-malformed         | PaxHeader     |
      | a path given twice                        | archive-not-canonical | xxxxxxxxxxxx* |
      | an extended header that is not needed     | archive-not-canonical | run.sh        |
      | an extended header without a path         | pax-malformed         | PaxHeader     |
      | an extended header with an empty path     | pax-malformed         | PaxHeader     |
      | an endless extended header                | pax-malformed         | PaxHeader     |
      | two extended headers                      | pax-malformed         | xxxxxxxxxxxx* |
      | an extended header at the end             | pax-malformed         | xxxxxxxxxxxx* |
      | a global header                           | pax-global            | GlobalHead    |
      | a GNU long name                           | entry-long-name       | ././@LongLink |
      | a GNU long link                           | entry-long-name       | ././@LongLink |

    Examples: bombs
      | case                                  | code                   | entry |
      | a ratio above 20 to 1                 | archive-ratio          | -     |
      | a ratio hidden by the declared length | archive-damaged        | -     |
      | too many files                        | package-too-many-files | 10000 |
      | too many bytes                        | package-too-large      | zeros |
      | a long archive                        | archive-too-large      | -     |
      | a window of two GiB                   | archive-format         | -     |

    Examples: the frame and what surrounds it
      | case                                 | code                   | entry        |
      | an empty file                        | archive-format         | -            |
      | no archive at all                    | archive-format         | -            |
      | a bare tar                           | archive-format         | -            |
      | a gzip archive                       | archive-format         | -            |
      | a zip before the archive             | archive-format         | -            |
      | a zip after the archive              | archive-trailing-data  | -            |
      | a skippable frame before the archive | archive-format         | -            |
      | a skippable frame after the archive  | archive-trailing-data  | -            |
      | a second archive behind the first    | archive-several-frames | -            |
      | a tar in two frames                  | archive-several-frames | -            |
      | one byte after the archive           | archive-trailing-data  | -            |
      | bytes after the tar                  | archive-trailing-data  | -            |
      | a tar after the tar                  | archive-trailing-data  | -            |
      | zeros after the tar                  | archive-trailing-data  | -            |
      | a single zero block and more         | archive-not-canonical  | -            |
      | a single zero block                  | archive-truncated      | package.toml |
      | a tar without an end                 | archive-truncated      | package.toml |
      | a frame that is cut short            | archive-truncated      | -            |
      | a frame cut in its header            | archive-truncated      | -            |
      | a frame cut before its first block   | archive-truncated      | -            |
      | a frame without a checksum           | archive-format         | -            |
      | a frame without a length             | archive-format         | -            |
      | a frame with a wrong checksum        | archive-damaged        | -            |
      | a reserved block                     | archive-damaged        | -            |

    Examples: the manifest
      | case                                 | code               | entry           |
      | no files                             | archive-empty      | -               |
      | no manifest                          | manifest-missing   | package.toml    |
      | a manifest in a folder alone         | manifest-missing   | package.toml    |
      | a manifest in capitals               | manifest-ambiguous | Package.toml    |
      | two manifests                        | path-collision     | package.toml    |
      | a manifest twice                     | path-duplicate     | package.toml    |
      | a manifest that is not TOML          | manifest-invalid   | package.toml    |
      | a manifest above a MiB               | manifest-invalid   | package.toml    |
      | a manifest that names a missing file | file-missing       | ../../README.md |
