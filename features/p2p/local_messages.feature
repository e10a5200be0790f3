@p2p @security
Feature: What is said on the local network is no more than an address to dial, and nobody can say too much
  As a user whose machine is in networks of all kinds
  I want my node to dial only those who speak for themselves there, and to remember little of anybody
  So that nobody in such a network can send it anywhere else, or fill its memory

  @level1
  Scenario: What a node says of itself is read as it was said, and by any other program for DNS
    Then what ann says at 192.0.2.7, with 3 ports, is read as these 3 addresses, for 120 seconds
    And an independent reader finds a PTR, a TXT, an SRV and an A record in it

  @level1
  Scenario Outline: <what> gives <taken>
    When a message from 192.0.2.7 says <said>
    Then a node would dial <taken>

    Examples: What is dialled
      | what                             | said                                                                  | taken            |
      | An address of its own            | dnsaddr=/ip4/192.0.2.7/tcp/4701/p2p/ANN                               | ANN at 192.0.2.7 |
      | Something else beside it         | v=1 dnsaddr=/ip4/192.0.2.7/tcp/4701/p2p/ANN color                     | ANN at 192.0.2.7 |
      | Others' addresses before it      | dnsaddr=/ip4/192.0.2.8/tcp/1/p2p/BEN dnsaddr=/ip4/192.0.2.7/tcp/1/p2p/ANN | ANN at 192.0.2.7 |
      | Another transport before it      | dnsaddr=/ip4/192.0.2.7/udp/1/quic-v1/p2p/ANN dnsaddr=/ip4/192.0.2.7/tcp/1/p2p/ANN | ANN at 192.0.2.7 |

    Examples: What is not
      | what                             | said                                                                  | taken  |
      | The address of another           | dnsaddr=/ip4/192.0.2.8/tcp/4701/p2p/ANN                               | nobody |
      | The listener's own machine       | dnsaddr=/ip4/127.0.0.1/tcp/4701/p2p/ANN                               | nobody |
      | A name that would be looked up   | dnsaddr=/dns4/evil.example/tcp/4701/p2p/ANN                           | nobody |
      | Another transport                | dnsaddr=/ip4/192.0.2.7/udp/4701/quic-v1/p2p/ANN                       | nobody |
      | A way through a relay            | dnsaddr=/ip4/192.0.2.7/tcp/1/p2p/BEN/p2p-circuit/p2p/ANN              | nobody |
      | An address of nobody             | dnsaddr=/ip4/192.0.2.7/tcp/4701                                       | nobody |
      | A key that is none               | dnsaddr=/ip4/192.0.2.7/tcp/4701/p2p/xyz                               | nobody |
      | A port that is none              | dnsaddr=/ip4/192.0.2.7/tcp/99999/p2p/ANN                              | nobody |
      | No address                       | dnsaddr=                                                              | nobody |
      | Nothing                          | nothing                                                               | nobody |
      | An address after sixteen others  | sixteen addresses of others, then its own                             | nobody |

  @level1
  Scenario: Garbage of 20,000 kinds is read as nothing, or as what is left of it, and never fails
    Then random bytes, and messages with bytes changed, cut off or doubled, are all read without an error

  @level1
  Scenario Outline: <what> is bounded
    When <source> say <count> <things> each
    Then <kept> of them count

    Examples:
      | what                          | source         | count | things                   | kept |
      | What one machine may be       | 1 machine      | 100   | names                    | 8    |
      | How many machines are heard   | 2,000 machines | 1     | names                    | 1024 |
      | What one machine may say      | 1 machine      | 100   | messages within a second | 64   |

  @level1
  Scenario: A name counts for the time that it was told for, or until its own machine takes it back
    When 192.0.2.7 tells of ann for 120 seconds
    Then ann counts after 119 seconds, and not after 121
    When 192.0.2.7 tells of ann for 120 seconds
    And 192.0.2.8 takes ann back
    Then ann still counts
    When 192.0.2.7 takes ann back
    Then ann counts no more
    When 192.0.2.7 tells of ann for 2147483647 seconds
    Then ann counts after 4499 seconds, and not after 4501

  @level1
  Scenario: Who is new at an address is heard, however much somebody else has said there before
    When 192.0.2.7 tells of 100 names, and then of ann
    Then ann still counts

  @level2
  Scenario: Nodes that were cut off until they had forgotten each other are found again, and none talks without need
    Given ann's and ben's nodes in one network, on a clock of their own
    Then each finds the other within 2 seconds
    When they are cut off from each other for 10 minutes
    Then neither has heard of the other
    When the cut is mended
    Then each finds the other within 11 seconds
    And neither has told of itself more often than once a second
    When ann's node ends
    Then ben's has heard of nobody
    When ben's node gets the address 192.0.2.9
    Then who listens hears of it at 192.0.2.9 within 11 seconds
