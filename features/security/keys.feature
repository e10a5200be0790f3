@security @level2
Feature: Signing keys are kept safe
  As a publisher
  I want my key to be readable by me alone, and a key that others could read to be refused
  So that nobody publishes in my name

  Background:
    Given an empty folder for keys

  Scenario Outline: A new key's file is its owner's alone, also with the umask <umask>
    When the signing key "work" is made while the umask is <umask>
    Then the file of the key "work" has the mode 0600, its folder 0700
    And the folder for keys holds only work.key

    Examples:
      | umask |
      | 0000  |
      | 0022  |
      | 0077  |

  Scenario: A key that is read back signs, and nothing shown gives the secret away
    When the signing key "work" is made
    Then the key read back signs as the key that was made
    And exporting it gives the public half, and nothing shown holds the secret half

  Scenario: Keys are listed by name with the time of their creation
    Given the signing key "work"
    And the signing key "home"
    Then the keys are listed with the times of their creation
      | name | created              |
      | home | 2026-01-01T00:00:00Z |
      | work | 2026-01-01T00:00:00Z |

  Scenario: A key is never overwritten
    Given the signing key "work"
    Then making the signing key "work" is refused as "key-exists" with exit code 5
    And the key read back signs as the key that was made
    And the folder for keys holds only work.key

  Scenario: A link that waits under the new key's name is not followed
    Given somebody has placed a link named "work.key" that leads elsewhere
    Then making the signing key "work" is refused as "key-exists" with exit code 5
    And nothing was written elsewhere

  Scenario Outline: A key file with the mode <mode> is refused
    Given the signing key "work"
    And the file of the key "work" has been given the mode <mode>
    Then using the signing key "work" is refused as "key-file-unsafe" with exit code 3
    And the refusal says "chmod 600"

    Examples:
      | mode |
      | 0640 |
      | 0604 |
      | 0620 |
      | 0602 |
      | 0610 |
      | 0644 |
      | 0666 |

  Scenario: A key in a folder that others can write is refused
    Given the signing key "work"
    And the folder for keys has been given the mode 0770
    Then using the signing key "work" is refused as "key-folder-unsafe" with exit code 3

  Scenario Outline: A key file that is <something> is refused without waiting
    Given the signing key "work"
    And the file of the key "work" is <something>
    Then using the signing key "work" is refused as "key-file-unsafe" with exit code 3

    Examples:
      | something    |
      | a link to it |
      | a folder     |
      | a fifo       |

  Scenario Outline: A damaged key file is refused: <rewrite>
    Given the signing key "work"
    And the key "work" is rewritten by: <rewrite>
    Then using the signing key "work" is refused as "key-file-malformed" with exit code 3

    Examples:
      | rewrite                |
      | nothing left           |
      | the first line alone   |
      | another format         |
      | another public key     |
      | another secret         |
      | capital digits         |
      | a line more            |
      | bytes that are no text |

  Scenario: Without a key the next step is named
    Then using the signing key "any" is refused as "no-signing-key" with exit code 4
    And the refusal says "ggen market key new"

  Scenario: The only key is used without naming it
    Given the signing key "work"
    Then without naming a key, "work" is used

  Scenario: Of several keys one must be named
    Given the signing key "work"
    And the signing key "home"
    Then using the signing key "any" is refused as "key-ambiguous" with exit code 2
    And the refusal says "--key (home, work)"

  Scenario: An unknown key is answered with those there are
    Given the signing key "work"
    Then using the signing key "wrok" is refused as "key-not-found" with exit code 4
    And the refusal says "there are: work"

  Scenario Outline: "<name>" is no name for a key
    Then making the signing key "<name>" is refused as "invalid-key-name" with exit code 2

    Examples:
      | name                                                              |
      | (none)                                                            |
      | .hidden                                                           |
      | ../work                                                           |
      | a/b                                                               |
      | -work                                                             |
      | wörk                                                              |
      | work\n                                                            |
      | work\x00                                                          |
      | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa |
