@local @archive @level2
Feature: The archive of a package is the same everywhere, and gives back the very files
  As a publisher
  I want the bytes of my package's archive to depend on its files alone
  So that anybody can make it again and compare

  @smoke @level3
  Scenario Outline: Packed under <zone>, <locale> and umask <umask>, the sample gives the same bytes
    Given the sample package, written in the order and with the times and modes of seed <seed>
    When it is packed by a process with TZ=<zone>, LC_ALL=<locale>, PYTHONHASHSEED=<seed> and the umask <umask>
    Then the archive has 811 bytes and the digest sha256:dafd4c595950979d97c3e7e21d899e7a8572376ca2f89aef97cbe7dd2f80e24d

    Examples:
      | zone             | locale      | umask | seed |
      | UTC              | C           | 0022  | 1    |
      | Asia/Kathmandu   | C.UTF-8     | 0077  | 2    |
      | America/St_Johns | tr_TR.UTF-8 | 0000  | 3    |
      | Pacific/Apia     | POSIX       | 0027  | 4    |

  Scenario: Any tar program reads the files back
    Given the sample package, written in the order and with the times and modes of seed 5
    When it is packed
    Then what the system's tar program unpacks is the same tree

  @level1
  Scenario Outline: Of any archive, <law>
    Then it holds for every archive tried: "<law>"

    Examples:
      | law                                                                     |
      | what is packed is unpacked to the same tree and packs to the same bytes |
      | a damaged archive is refused or holds the same tree                     |
      | a changed tar is refused or is what packing its files gives             |

  Scenario Outline: A file that becomes <how> between hashing and packing is noticed
    Given the sample package has been read
    And an earlier archive in the place of the new one
    When its file "<file>" is replaced by <how>
    Then packing it is refused as "file-changed" naming "<file>"
    And the earlier archive is as it was and nothing lies beside it

    Examples:
      | how                      | file             |
      | other bytes              | README.md        |
      | more bytes               | README.md        |
      | more bytes               | templates/Z.tmpl |
      | fewer bytes              | README.md        |
      | nothing                  | README.md        |
      | a fifo                   | README.md        |
      | a link to the same bytes | README.md        |
      | a folder that is a link  | templates/Z.tmpl |
