@security @level2
Feature: A publisher's key is pinned on first use
  As a template user
  I want the first key that signs for a namespace to be remembered, and any other to stop me
  So that nobody can slip me a package in another's name

  Background:
    Given a home that trusts nobody yet

  @smoke
  Scenario: The first release of a namespace pins its key and says so
    When Alice's release io.acme.web@1.0.0 is checked
    Then the check says that it pinned the namespace on first use
    And the namespace "io.acme" is pinned to Alice

  Scenario: The second release of a publisher pins nothing new
    Given Alice's release io.acme.web@1.0.0 has been checked
    When Alice's release io.acme.cli@2.0.0 is checked
    Then the check says that nothing new was pinned

  @smoke
  Scenario: Another key for a pinned namespace stops with the way to compare and to trust it
    Given Alice's release io.acme.web@1.0.0 has been checked
    Then Mallory's release io.acme.web@1.0.1 is refused as "key-changed"
    And the refusal names both keys and the command that trusts Mallory for "io.acme"
    And the refusal says "over another channel"
    And the namespace "io.acme" is pinned to Alice

  Scenario Outline: A pin holds for its namespace alone, not for <namespace>
    Given Alice's release io.acme.web@1.0.0 has been checked
    When Bob's release <spec> is checked
    Then the check says that it pinned the namespace on first use
    And the namespace "<namespace>" is pinned to Bob
    And the namespace "io.acme" is pinned to Alice

    Examples:
      | namespace    | spec                   |
      | io.acme.web  | io.acme.web.tool@1.0.0 |
      | io           | io.acme@1.0.0          |
      | io.acme2     | io.acme2.web@1.0.0     |

  Scenario: A new key that the user trusts takes the old one's place
    Given Alice's release io.acme.web@1.0.0 has been checked
    When the namespace "io.acme" is trusted to Bob
    Then Bob's release io.acme.web@2.0.0 is accepted
    And Alice's release io.acme.web@1.0.0 is refused as "key-changed"

  Scenario: What the old key has signed stays good when the user says so
    Given Alice's release io.acme.web@1.0.0 has been checked
    When the namespace "io.acme" is trusted to Bob and what was signed before is kept
    Then Bob's release io.acme.web@2.0.0 is accepted
    And Alice's release io.acme.web@1.0.0 is accepted
    And Mallory's release io.acme.web@3.0.0 is refused as "key-changed"
    And the namespace "io.acme" is pinned to Bob

  Scenario: Trusting a third key without keeping drops the first and the second
    Given the namespace "io.acme" is trusted to Alice
    When the namespace "io.acme" is trusted to Bob and what was signed before is kept
    And the namespace "io.acme" is trusted to Carol
    Then Alice's release io.acme.web@1.0.0 is refused as "key-changed"
    And Bob's release io.acme.web@1.0.0 is refused as "key-changed"

  Scenario: A revoked key is refused in every namespace, pinned or not
    Given Alice's release io.acme.web@1.0.0 has been checked
    When Alice's key is revoked because "the laptop was stolen"
    Then Alice's release io.acme.web@1.0.0 is refused as "key-revoked"
    And the refusal says "the laptop was stolen"
    And Alice's release io.other.web@1.0.0 is refused as "key-revoked"
    And the namespace "io.other" is not pinned
    And trusting Alice for "io.acme" is refused as "key-revoked"

  Scenario: A revoked key that was kept is refused too
    Given Alice's release io.acme.web@1.0.0 has been checked
    And Alice's key is revoked because "the laptop was stolen"
    When the namespace "io.acme" is trusted to Bob and what was signed before is kept
    Then Alice's release io.acme.web@1.0.0 is refused as "key-revoked"

  Scenario: A missing signature is as bad as a wrong one
    Then Alice's release io.acme.web@1.0.0 without its signature is refused as "signature-missing"
    And the namespace "io.acme" is not pinned

  Scenario: A package that was signed and is now unsigned is refused
    Given Alice's release io.acme.web@1.0.0 has been checked
    Then Alice's release io.acme.web@1.0.1 without its signature is refused as "signature-missing"

  Scenario Outline: A signature that was made for another <what> is refused, and pins nothing
    Then Alice's release io.acme.web@1.0.0 with another <what> is refused as "signature-wrong"
    And the namespace "io.acme" is not pinned

    Examples:
      | what            |
      | id              |
      | version         |
      | build metadata  |
      | content         |
      | size            |
      | number of files |
      | dependencies    |
      | manifest        |
      | time            |
      | key             |

  Scenario: The publisher of a release may yank it
    Given Alice's release io.acme.web@1.0.0 has been checked
    Then Alice's yank of io.acme.web@1.0.0, published by Alice, is accepted
    And Mallory's yank of io.acme.web@1.0.0, published by Alice, is refused as "yank-key-wrong"

  Scenario: The owner of the new key may yank what a stolen key has signed, the thief may not
    Given Alice's release io.acme.web@1.0.0 has been checked
    And Alice's key is revoked because "the laptop was stolen"
    And the namespace "io.acme" is trusted to Bob
    Then Bob's yank of io.acme.web@1.0.0, published by Alice, is accepted
    And Alice's yank of io.acme.web@1.0.0, published by Alice, is refused as "key-revoked"

  Scenario: The signature of a release is none for a yank of it
    Then Alice's signature of the release io.acme.web@1.0.0 on a yank of it is refused as "signature-wrong"

  Scenario Outline: A trust store that is <what> is an error, and never "nothing is pinned"
    Given the trust store holds what the table's cell says: <content>
    Then Alice's release io.acme.web@1.0.0 is refused as "trust-store-damaged"
    And trusting Alice for "io.acme" is refused as "trust-store-damaged"
    And the trust store is as it was

    Examples:
      | what                        | content                                                                               |
      | empty                       | (none)                                                                                |
      | no JSON                     | pins                                                                                  |
      | cut short                   | {"format": 1, "pins": {"io.acme": "{key}"                                             |
      | a list                      | []                                                                                    |
      | of a later format           | {"format": 2, "pins": {}, "kept": {}, "revoked": {}}                                  |
      | without pins                | {"format": 1, "kept": {}, "revoked": {}}                                              |
      | without revocations         | {"format": 1, "pins": {}, "kept": {}}                                                 |
      | holding no key              | {"format": 1, "pins": {"io.acme": "ed25519:00"}, "kept": {}, "revoked": {}}           |
      | holding a number for a key  | {"format": 1, "pins": {"io.acme": 1}, "kept": {}, "revoked": {}}                      |
      | naming a namespace twice    | {"format": 1, "pins": {"a": "{key}", "a": "{key}"}, "kept": {}, "revoked": {}}        |
      | not UTF-8                   | \xff\xfe                                                                              |
      | nested too deep             | {"format": 1, "pins": {"io.acme": "{key}"}, "kept": [[[[]]]], "revoked": {}}          |

  Scenario Outline: A trust store that somebody else can have written is not believed: <what>
    Given Alice's release io.acme.web@1.0.0 has been checked
    And the trust store <what>
    Then Alice's release io.acme.web@1.0.1 is refused as "trust-store-unsafe"

    Examples:
      | what                      |
      | can be written by others  |
      | is a pipe without writers |

    @requires_root
    Examples: for whom another user's file is there to be had
      | what                    |
      | belongs to another user |

  Scenario Outline: Only a real namespace and a sound key can be trusted: <what>
    Then trusting the key "<key>" for "<namespace>" is refused as "<code>"

    Examples:
      | what                       | namespace | code              | key                                                                      |
      | a namespace with capitals  | Io.Acme   | invalid-namespace | ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a |
      | an empty namespace         | (none)    | invalid-namespace | ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a |
      | a key of another algorithm | io.acme   | key-malformed     | rsa:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a     |
      | a key anybody can sign for | io.acme   | key-small-order   | ed25519:0100000000000000000000000000000000000000000000000000000000000000 |

  @level3 @concurrency
  Scenario: Of several first publishers at the same moment exactly one pins the namespace
    When these people publish io.acme.web@1.0.0 at the same moment, each from a process of its own
      | person |
      | Alice  |
      | Bob    |
      | Carol  |
      | Dave   |
      | Erin   |
      | Frank  |
    Then exactly one of them pinned the namespace and the others were refused as "key-changed"
    And the namespace "io.acme" is pinned to the one who was told so

  @concurrency
  Scenario Outline: Who looked before there was a pin, and is overtaken by <faster>, is told "<told>"
    When Alice's release io.acme.web@1.0.0 is checked while <faster>'s release io.acme.kit@1.0.0 makes the pin
    Then the check says "<told>"
    And the namespace "io.acme" is pinned to <faster>

    Examples:
      | faster  | told        |
      | Alice   | known       |
      | Mallory | key-changed |
