@http @security
Feature: The registry's log is an open, signed log that anybody can verify
  As somebody who depends on a registry that others run
  I want its log in a format for which independent tools exist
  So that I need not believe the registry, nor this program

  The formats are C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-tiles. What the product writes is read by a
  witness of the suite that shares no code with it.

  @level1
  Scenario: Published verifier keys read back as they are written
    Then these verifier keys read back
      | key                                                                   |
      | PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW    |
      | sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8  |

  @level1
  Scenario Outline: A verifier key is refused: <what>
    Then the verifier key "<key>" is refused as "log-key-malformed"

    Examples:
      | what                | key                                                                  |
      | another key id      | PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW   |
      | another name        | PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW    |
      | no name             | +c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW               |
      | another algorithm   | PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW   |
      | a key cut short     | PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy       |
      | nothing             | (none)                                                               |

  @level1
  Scenario: A checkpoint is read back by the product and by the standards alone
    Then a checkpoint reads back, and the witness reads the same in it
    And signatures of others and extension lines do not matter

  @level1
  Scenario Outline: A checkpoint is refused that has <what>
    Then a checkpoint with <what> is refused as "<code>"

    Examples:
      | what                          | code                 |
      | nothing                       | checkpoint-malformed |
      | a web page                    | checkpoint-malformed |
      | another size                  | checkpoint-wrong     |
      | another root                  | checkpoint-wrong     |
      | another origin                | checkpoint-wrong     |
      | the signature of another key  | checkpoint-unsigned  |
      | the log of another name       | checkpoint-unsigned  |
      | no signature                  | checkpoint-unsigned  |
      | no time                       | checkpoint-unsigned  |
      | a time alone                  | checkpoint-unsigned  |
      | another time                  | checkpoint-wrong     |
      | no line break at its end      | checkpoint-malformed |
      | bytes behind it               | checkpoint-malformed |
      | line ends of another system   | checkpoint-malformed |
      | a control character           | checkpoint-malformed |
      | bytes that are no text        | checkpoint-malformed |
      | 65 signatures                 | checkpoint-malformed |
      | more than 64 KiB              | checkpoint-malformed |
      | a root in another spelling    | checkpoint-malformed |
      | a short root                  | checkpoint-malformed |
      | a size with a zero before it  | checkpoint-malformed |
      | a negative size               | checkpoint-malformed |
      | an absurd size                | checkpoint-malformed |
      | two lines                     | checkpoint-malformed |
      | the origin of another log, signed by this one | checkpoint-wrong |
      | an empty line in its text     | checkpoint-malformed |

  @level1
  Scenario: A log has the tiles that the standard says
    Then logs of these sizes have these tiles
      | size  | tiles                         |
      | 0     | (none)                        |
      | 1     | 0 p1                          |
      | 255   | 0 p255                        |
      | 256   | 1, 0 p1                       |
      | 257   | 1 p1, 0 p1                    |
      | 70000 | 273 p112, 1 p17, 0 p1         |

  @level1
  Scenario: Proofs computed from tiles are those of the tree
    Then trees of 1, 2, 3, 7, 255, 256, 257, 600 and 66,000 entries in tiles have the root and the proofs of their definition

  @level2
  Scenario: A checkpoint is signed anew when the log grows or the time goes on, and never for a log that shrank
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
    Then the checkpoint asked for at 1000, 1059, 1061, 1090 and 500 seconds shows the times 1000, 1000, 1061, 1061, 500
    And after a longer log was signed it is refused as "log-shrunk"

  @level3
  Scenario: The witness verifies the whole log of a server, and every later head extends the earlier one
    Given these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
      | io.ggen.rust.core@1.1.0 |
    And I run the server "ggen" with "--name registry.acme.example"
    Then the witness verifies the whole log, which holds the records of this home
    Given Alice has published "io.acme.web@1.0.0" over the wire
    When Alice sends a yank of "io.acme.web@1.0.0"
    Then the witness verifies the whole log, which holds the records of this home
    And a proof from the server's tiles shows that it extends the one before
    And no tile or entry is answered beyond the log's end

  @level4
  Scenario: The log's key is made once, for its owner alone, and its name stays
    Given I run the server "ggen" with "--name registry.acme.example"
    Then the file of the log's key has the mode 0600
    And these servers do not start
      | options                | code             |
      | --name other.example   | log-name-fixed   |
      | --name 'a b'           | invalid-log-name |
      | --name a+b             | invalid-log-name |
    When others may read the file of the log's key
    Then these servers do not start
      | options | code            |
      |         | log-key-unsafe  |
    When the file of the log's key is cut short
    Then these servers do not start
      | options | code            |
      |         | log-key-damaged |
    When a folder is where the file of the log's key should be
    Then these servers do not start
      | options | code             |
      |         | store-unwritable |

  @level2
  Scenario: A record that no log could hold is refused when it is published
    Given a package that requires 1,000 others by long names
    When I try "ggen market publish {root}/long --json"
    Then the exit code is 3
    And the error code is "record-too-long"
