@p2p @level4
Feature: Two users share packages without a server
  As a publisher without a server
  I want those who run a node to find and fetch what I publish
  So that nobody has to keep a registry running for us

  @smoke
  Scenario: What one user publishes, the other finds, adds and verifies
    Given ann runs a node, and ben one that joins by it
    When ann publishes io.ggen.rust.core among the peers
    Then ann is told that 1 peer has it, and that 1 provider record names her
    And her node's status shows io.ggen.rust.core@1.0.0 with 1 record, when it was refreshed, and that it expires 48 hours later
    And ben finds io.ggen.rust.core by "rust core" among the peers
    When ben adds io.ggen.rust.core from the peers
    Then ben's project has io.ggen.rust.core verified, and locked to ann's key

  @quality
  Scenario: Among peers the quality is measured where the content is, and unknown where it is not
    Given ann runs a node, and ben one that joins by it
    When ann publishes io.ggen.rust.core among the peers
    Then the quality of io.ggen.rust.core is measured on ann's machine, and unknown on ben's
    When ben adds io.ggen.rust.core from the peers
    Then the quality of io.ggen.rust.core is the same on ann's machine and on ben's

  Scenario: A yank reaches the others, and so does its taking back
    Given ann runs a node, and ben one that joins by it
    And ann publishes io.ggen.rust.core among the peers
    When ann yanks io.ggen.rust.core@1.0.0 among the peers because of "a hole"
    Then ben is shown io.ggen.rust.core@1.0.0 as yanked because of "a hole"
    When ann takes the yank of io.ggen.rust.core@1.0.0 back among the peers
    Then ben is shown io.ggen.rust.core@1.0.0 as not yanked

  Scenario: A publication that reaches nobody is no success, and spreads when somebody comes
    Given ann runs a node
    When ann tries to publish io.ggen.rust.core among the peers
    Then ann is refused with exit code 6 and the code "publish-unreached"
    When ben runs a node that joins by ann's
    Then ben comes to know io.ggen.rust.core

  Scenario: Without a running node every verb says how to start one
    Given ann, who runs no node
    Then for ann these fail with exit code 6, the code "node-not-running" and a hint at "ggen market node run"
      | verb                                        |
      | search rust --registry p2p                  |
      | info io.ggen.rust.core --registry p2p       |
      | versions io.ggen.rust.core --registry p2p   |
      | add io.ggen.rust.core --registry p2p        |
      | node status                                 |
      | node peers                                  |

  Scenario: A node that cannot have its address says so, and does not share another's
    Given ann runs a node
    Then for ben a node on these addresses fails with exit code 6 and the code "address-unavailable"
      | listen                 | why                             |
      | ann's                  | Address already in use          |
      | /ip4/203.0.113.9/tcp/0 | Cannot assign requested address |

  Scenario: A node keeps its name and what it knows, and ends when it is told to
    Given ann runs a node, and ben one that joins by it
    And ann publishes io.ggen.rust.core among the peers
    When ann ends her node, and runs it again
    Then it has ended with exit code 0
    And ann's node has the same id, and still knows io.ggen.rust.core
