@stats @p2p @level4
Feature: A node counts what it hands out and what is installed from it
  As somebody who runs a node
  I want to know what my node does for others
  So that I see that it is of use; of other nodes I can know nothing

  Scenario: A node tells what it handed out, and the other what was installed
    Given ann runs a node, and ben one that joins by it
    And ann publishes io.ggen.rust.core among the peers
    When ben adds io.ggen.rust.core from the peers
    Then ann's node has counted 1 download and no install of io.ggen.rust.core
    And ben's node has counted 1 download and 1 install of io.ggen.rust.core
    And both count 1 version by 1 publisher, on no day

  Scenario: A node that knows nothing yet says so
    Given ann runs a node
    Then for ann "stats --registry p2p" fails with exit code 4 and the code "statistics-none"
