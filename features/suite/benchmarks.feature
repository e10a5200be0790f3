@suite @crash @level3
Feature: A benchmark leaves nothing behind, however it ends
  As somebody who measures on a machine that others use as well
  I want each server that a benchmark has started to end with it
  So that no forgotten server falsifies what is measured next

  Scenario Outline: When <who> of it is killed, its servers end, and those whose parent is gone
    Given a benchmark that has started a server, and one in a session of its own whose parent has ended
    When <who> of the benchmark is killed
    Then soon neither the benchmark nor a server of it is there

    Examples:
      | who         |
      | the command |
      | the worker  |

  Scenario: When its time is up and `timeout` ends its process group, its servers end
    Given a benchmark that has started a server, and one in a session of its own whose parent has ended
    When its process group is told to terminate
    Then soon neither the benchmark nor a server of it is there

  Scenario: A benchmark that ends by itself takes along what it has forgotten, and its exit code is told
    Given a benchmark that has started a server, and one in a session of its own whose parent has ended
    When it ends with exit code 3
    Then the command's exit code is 3
    And soon neither the benchmark nor a server of it is there
