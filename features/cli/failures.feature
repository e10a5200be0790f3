@cli @level1
Feature: Whatever goes wrong is told in one sentence, with a code and an exit that programs can rely on
  As the author of a program that calls this one
  I want troubles of the disk, of the usage and of the program itself told in the same form
  So that I need no case for errors without a code

  Scenario Outline: An error that comes from elsewhere gets a code: <what>
    When a command ends by <what>
    Then it is told on stderr with "<says>", the code "<code>" and exit code <exit>

    Examples:
      | what                                | code        | exit | says                                |
      | a full disk                         | disk-full   | 6    | the disk is full: /data/x           |
      | a quota that is used up             | disk-full   | 6    | the disk is full: /data/x           |
      | a file that may not be read         | file-access | 6    | Permission denied: /data/x          |
      | an option that does not exist       | usage       | 2    | no such option                      |
      | an argument that makes no sense     | usage       | 2    | not a number                        |
      | a defect of the program             | unexpected  | 1    | please report it                    |

  Scenario: A command that the user stops says so
    When a command ends by the user's wish
    Then it is told on stderr with "stopped", no code and exit code 130
