@cli @level4
Feature: Long work shows how far it is, to people only
  As somebody who waits before a terminal
  I want to see that something happens
  So that I do not stop what is not stuck; a program that reads the output is spared

  Scenario: What may take long has a bar on a terminal, and none in a pipe
    Given a home with packages, and a project that uses one
    And I run "ggen market init big --id io.acme.big"
    Then each of these shows a bar on a terminal, and none in a pipe, under --json or with --quiet
      | command                      |
      | pack big                     |
      | publish big                  |
      | import old-catalog           |
      | add io.ggen.rust.axum        |
      | update                       |
      | verify                       |
      | cache verify                 |
