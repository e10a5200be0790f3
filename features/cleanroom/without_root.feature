@cleanroom @level4 @requires_root
Feature: Rooms without the rights of root
  As a newcomer who has neither Docker nor the rights of root
  I want rooms in namespaces of my own all the same
  So that `make test` tells me whether the product works here

  @security @use.with_engine=host
  Scenario: A user who is not root has rooms in namespaces, without the limits that only root can set
    Given a user who is not root, on a machine that lets users make namespaces
    When the user runs features/cleanroom/containers.feature and features/cleanroom/policies.feature on the host engine
    Then at least 15 of their scenarios pass, none fails, and the rest are skipped
