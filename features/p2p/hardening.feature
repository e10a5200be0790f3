@p2p @level2
Feature: What libp2p 0.8.1 lacks is mended, and each mend is still needed
  As the keeper of the node
  I want to know of each mend what the library does without it
  So that a mend goes when the library no longer needs it, and never earlier

  Scenario Outline: What ends the process does not end the node: <row>
    When two hosts of the library try "<row>"
    Then "<as it is>" without our mends, and "<mended>" with them

    Examples: one frame of a hostile peer
      | row             | as it is         | mended      |
      | garbage         | the process ends | it is named |
      | bad key         | the process ends | it is named |
      | raising handler | the process ends | it is named |

    Examples: a peer whose stream ends in the moment in which it is banned
      | row             | as it is         | mended      |
      | dropped twice   | the process ends | it is gone  |

  Scenario Outline: What is lost in silence is not lost: <row>
    When two hosts of the library try "<row>"
    Then "<as it is>" without our mends, and "<mended>" with them

    Examples: three hundred messages, published within seconds, at once, for a reader that comes late
      | row              | as it is       | mended        |
      | ten a second     | some are lost  | all come      |
      | slots            | some are lost  | all come      |
      | slow reader      | some are lost  | all come      |
      | outside the mesh | nobody is told | they are told |

  Scenario Outline: Who keeps a node busy, or late for its honest peers, is kept off: <row>
    When two hosts of the library try "<row>"
    Then "<as it is>" without our mends, and "<mended>" with them

    Examples:
      | row            | as it is            | mended               |
      | known already  | it asks again       | it has it            |
      | graft flood    | each is answered    | it is named          |
      | unknown grafts | they are answered   | they are ignored     |
      | unknown prunes | they are remembered | they are forgotten   |
      | named in a prune | it is dialled     | it is ignored        |
      | silent server  | nobody is found     | the others are found |
      | banned         | it is dialled       | it is refused        |
      | avoided        | it stays            | it is kept out       |

  Scenario Outline: What is not noticed, or takes too long, is noticed in seconds: <row>
    When two hosts of the library try "<row>"
    Then "<as it is>" without our mends, and "<mended>" with them

    Examples:
      | row            | as it is                | mended             |
      | frozen         | it counts as connected  | it is noticed      |
      | failed dial    | it is not tried         | it is tried again  |
      | dial           | a quarter of a second   | less               |
      | window updates | each short read         | half a window      |
      | small reads    | twice for each          | once for all       |
      | whole reads    | it is copied twice      | it is handed on    |
      | rest of a message | 59988 bytes are copied | it is left where it is |
      | growing buffer | it is moved as it grows | it is put together once |
      | forged         | nobody is named         | it is named        |
      | log lines      | one for each            | none               |

  Scenario Outline: What a host says of itself and takes from others is what it should: <row>
    When two hosts of the library try "<row>"
    Then "<as it is>" without our mends, and "<mended>" with them

    Examples:
      | row             | as it is         | mended                  |
      | nameless record | it is taken      | it is refused           |
      | prefix          | /ipfs/kad/1.0.0  | /ggen/kad/1.0.0         |
      | routing table   | it is not in it  | it is in it             |
      | announced       | 0.0.0.0          | one that can be dialled |
      | plaintext       | plaintext too    | noise alone             |
      | no resolver     | it cannot be imported | it is imported     |

  Scenario: However bytes come and are read, they are the same, and single ones cost no more than others
    Then the pieces of a stream give what one buffer would, for 5,000 turns of coming and taking
    And 100,000 pieces of a single byte are kept as one
    And messages of all lengths are read in parts of all lengths, and then the connection has ended
    And a frame of which a part has come is told as broken off
