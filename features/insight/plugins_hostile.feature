@plugins @security @level4
Feature: A plugin that is broken or hostile costs the user nothing but its answer
  As a publisher who has installed plugins of others
  I want one that misbehaves to be named and left out
  So that I publish today, and know whom to ask

  Background:
    Given I run "ggen market key new"
    And I run "ggen market init web --id io.acme.web"
    And the plugin "sound" is installed, with the hook "validate_package"
      """
      from marketplace.plugins.hooks import Finding, hookimpl

      @hookimpl
      def validate_package(package):
          return [Finding("warning", "README.md", f"it has {len(package.read('README.md'))} bytes")]
      """

  Scenario Outline: A plugin that <what> is named once and left out; the rest goes on
    Given a plugin is installed that <what>
    When I try "ggen market publish web"
    Then the exit code is 0
    And the output contains "Published io.acme.web"
    And just 1 warning of "hostile" is shown: "the plugin hostile is left out: <told>"
    And just 1 warning of "sound" is shown: "sound: README.md: it has"
    And no process that a plugin has started is left

    Examples:
      | what                                  | told |
      | raises when it is imported            | it raised RuntimeError: not today |
      | leaves when it is imported            | it raised SystemExit: 3 |
      | has a syntax error                    | it raised SyntaxError |
      | hangs when it is imported             | it took longer than 8 s |
      | raises in the hook                    | it raised RuntimeError: not today |
      | raises what has no words              | it raised Mute |
      | hangs                                 | it took longer than 8 s |
      | is always busy                        | it took longer than 8 s |
      | asks for a file for ever              | it took longer than 8 s |
      | eats memory                           | it raised MemoryError |
      | ends its process                      | its process ended with exit code 0 |
      | ends its process group                | its process ended with exit code 137 |
      | answers what is no list               | it answered what is no list of at most 1000 findings |
      | answers what JSON cannot say          | it raised TypeError |
      | answers without an end                | it |
      | answers 100 MB                        | its answer is longer than 8388608 bytes |
      | answers a finding about no file       | a finding of its is about '/etc/passwd', which is no file of the package |
      | answers a finding without words       | a finding of its has no message of at most 500 characters |
      | answers a level of its own            | a finding of its has the level 'fatal', not error or warning |
      | writes into the answers               | it said what is no answer |
      | writes bytes into the answers         | it said what is no answer |
      | asks for half a file                  | it asked for what is no part of a file |
      | answers half a finding                | a finding of its has not just level, file and message |
      | asks for a file that is not there     | it raised KeyError: '../../etc/passwd' |
      | implements no hook                    | it raised TypeError: its metadata names validate_package, but it implements no hook |
      | implements a hook that does not exist | it raised TypeError: unknown hook 'validate_everything' |
      | wants an argument that does not exist | it raised TypeError: Plugin 'hostile' for hook 'validate_package' |

  Scenario Outline: What a plugin that <what> has started ends with it
    Given a plugin is installed that <what>
    When I try "ggen market publish web"
    Then the exit code is 0
    And plugins have started 1 processes, and none is left

    Examples:
      | what                        |
      | leaves children behind      |
      | leaves grandchildren behind |

  @crash
  Scenario: When the command is killed its plugins end with all that they have started
    Given the plugin "hostile" is installed, with the hook "validate_package"
      """
      import os, subprocess, time
      from pathlib import Path

      from marketplace.plugins.hooks import hookimpl

      @hookimpl
      def validate_package(package):
          child = subprocess.Popen(["sleep", "600"], start_new_session=True)
          Path(__file__).parents[1].joinpath("pids").write_text(f"{child.pid}\n{os.getpid()}\n{os.getppid()}\n")
          time.sleep(600)
      """
    When "ggen market publish web" is killed while a plugin is at work
    Then plugins have started 3 processes, and none is left

  Scenario Outline: Metadata of which <what> is refused without importing anything
    Given metadata names the plugin "<name>", the hook "<hook>" and the object "<object>"
    When I try "ggen market publish web"
    Then the exit code is 0
    And just 1 warning of "is left out" is shown: "<told>"
    And just 1 warning of "sound" is shown: "sound: README.md: it has"
    When I run "ggen market plugins list --json"
    Then the JSON field "plugins.0.state" is "refused"
    When I try "ggen market plugins trust <name>"
    Then it fails with exit code 2 and the code "plugin-refused", and suggests "ask its author"

    Examples:
      | what                      | name     | hook               | object    | told |
      | the hook does not exist   | a-hostile | validate_packages | hostile   | there is no hook 'validate_packages' |
      | the object is no name     | a-hostile | validate_package  | os;sleep  | its entry points name 'os;sleep', not one object |
      | the name is none          | A/../B    | validate_package  | hostile   | 'A/../B' is not a plugin's name |

  Scenario Outline: A distribution with <what> is named and left out
    Given a distribution of a plugin has <what>
    When I try "ggen market publish web"
    Then the exit code is 0
    And just 1 warning of "is left out" is shown: "the plugin ggen-odd-1.0.0.dist-info is left out: its metadata cannot be read"
    And just 1 warning of "sound" is shown: "sound: README.md: it has"
    When I run "ggen market plugins list"
    Then the output contains "ggen-odd-1.0.0.dist-info: its metadata cannot be read"

    Examples:
      | what                                       |
      | entry points in no encoding that there is  |
      | no metadata but its entry points           |
      | no version                                 |
      | metadata in no encoding that there is      |

  Scenario: Of two plugins with one name neither is used
    Given the distribution "ggen-imitation" has the plugin "sound" too, with the hook "validate_package"
      """
      raise RuntimeError("it was imported")
      """
    When I try "ggen market publish web"
    Then the exit code is 0
    And just 1 warning of "sound" is shown: "ggen-sound has a plugin of that name too: remove one of them"

  Scenario Outline: A package that changes while <whose> plugin looks at it is told of, and not the plugin
    Given the plugin "hostile" is installed, with the hook "validate_package"
      """
      from pathlib import Path

      from marketplace.plugins.hooks import hookimpl

      @hookimpl
      def validate_package(package):
          Path(__file__).parents[1].joinpath("project", "web", "README.md").unlink(missing_ok=True)
          package.read("README.md")
      """
    And I run "ggen market plugins <verb> hostile"
    When I try "ggen market publish web"
    Then it fails with exit code 3 and the code "file-changed", and suggests "run the command again"
    And just 0 warning of "left out" is shown: "nothing"

    Examples:
      | whose        | verb    |
      | an untrusted | untrust |
      | a trusted    | trust   |

  Scenario: A trusted plugin that raises is named and left out too
    Given a plugin is installed that raises in the hook
    And I run "ggen market plugins trust hostile"
    When I try "ggen market publish web"
    Then the exit code is 0
    And just 1 warning of "hostile" is shown: "the plugin hostile is left out: it raised RuntimeError: not today"
    And just 1 warning of "sound" is shown: "sound: README.md: it has"
