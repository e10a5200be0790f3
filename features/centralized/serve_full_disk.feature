@http @faults @requires_root @level3
Feature: On a full disk a server says so, and goes on serving
  As a publisher and a reader
  I want a full disk to refuse what cannot be kept and nothing else
  So that the registry survives it

  Scenario: Publishing is refused as a problem of the server, and reading goes on
    Given the home lies on a disk of 12000 kilobytes
    And these packages of the sample catalog are published
      | package                 |
      | io.ggen.rust.core@1.0.0 |
    And I run the server "ggen"
    When Alice sends a bundle of 20 MB and a part of a blob of 20 MB
    Then both are answered with 507 "disk-full"
    And the document of "io.ggen.rust.core" lists 1.0.0, as signed here
    And nothing temporary is left in the home
    When Alice sends the blobs and the release of "io.acme.web@1.0.0" with a token for "io.acme"
    Then it is answered with 201
