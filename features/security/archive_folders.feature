@security @archive @level2
Feature: A package folder is read without following what leads out of it
  As a publisher
  I want nothing to be published that I did not put into the folder
  So that a link in a checkout does not publish my private files

  Scenario Outline: A folder with <something> is refused
    Given a package folder with <something>
    Then reading the folder is refused as "<code>" naming "<entry>"

    Examples:
      | something                       | code             | entry              |
      | a link to a file                | entry-not-a-file | thing              |
      | a link to a folder              | entry-not-a-file | thing              |
      | a link to a file of the package | entry-not-a-file | thing              |
      | a link that leads nowhere       | entry-not-a-file | thing              |
      | a fifo                          | entry-not-a-file | thing              |
      | a socket                        | entry-not-a-file | thing              |
      | a setuid file                   | entry-mode       | thing              |
      | a name that is not UTF-8        | path-not-utf8    | thing?udce9        |
      | PACKAGE.TOML                    | path-collision   | package.toml       |
      | readme.md                       | path-collision   | readme.md          |
      | ggen.lock                       | path-marker      | ggen.lock          |
      | templates/aux.tmpl              | path-reserved    | templates/aux.tmpl |

  Scenario Outline: What tools leave in <something> is passed over
    Given a package folder with <something>
    Then reading the folder gives the sample's files alone

    Examples:
      | something                      |
      | .git/config                    |
      | templates/.svn/entries         |
      | __pycache__/x.pyc              |
      | .DS_Store                      |
      | .ggen/packages/io.acme.x/x.txt |

  Scenario: A link planted while an archive is being unpacked is not followed
    Given an archive is being unpacked and somebody puts a link to another folder in the way
    Then unpacking is refused as "staging-tampered" and the other folder stays empty

  Scenario: An archive is not unpacked among the files of others
    Given a staging folder in which something lies already
    Then unpacking a sound archive there is refused as "staging-not-empty" and what lies there is kept
