@plugins @http @level4
Feature: A plugin brings a scheme for addresses of registries, and is not believed
  As an operator of machines without a network
  I want to reach a registry by a way of our own
  So that everything works as over HTTP, and is checked as much

  Background:
    Given I run "ggen market key new"
    And these packages are published
      | id          | version | needs |
      | io.acme.web | 1.0.0   |       |
    And a mirror of them is written to "public"
    And somebody else has a home of their own
    And the plugin "shelf" is installed, with the hook "read_location"
      """
      from pathlib import Path
      from urllib.parse import urlsplit

      from marketplace.plugins.hooks import hookimpl

      def read(location, path):
          file = Path(urlsplit(location).path, path)
          return file.read_bytes() if file.is_file() else None

      @hookimpl
      def read_location(location, path, start, length):
          data = read(location, path)
          return None if data is None else data[start : start + length]
      """
    And I run "ggen market registry add corp shelf://{root}/public"

  Scenario: All that reads a registry reads it through the plugin
    When I run "ggen market add io.acme.web --registry corp"
    And I run "ggen market verify"
    Then the output contains "Verified: 1 package"
    When I run "ggen market info io.acme.web --registry corp --json"
    Then the JSON field "registry" is "corp"
    When I run "ggen market registry list --json"
    Then the JSON field "registries.0.name" is "corp"

  Scenario: What is larger than one answer is read piece by piece
    Given a version "1.1.0" of "io.acme.web" with a file of 9,000,001 bytes is in the mirror
    When I run "ggen market add io.acme.web --registry corp"
    Then the output contains "+ io.acme.web 1.1.0"
    When I run "ggen market verify"
    Then the output contains "Verified: 1 package"

  Scenario: Nothing can be published that way, and no token is kept for it
    Given I run "ggen market key new --name mine"
    And I run "ggen market init form --id io.other.form"
    When I try "ggen market publish form --registry corp --key mine"
    Then it fails with exit code 2 and the code "registry-read-only", and suggests "mirror"
    When I try "ggen market registry login corp --token-file /dev/null"
    Then it fails with exit code 2 and the code "registry-read-only", and suggests "nothing is to be done"

  @security
  Scenario Outline: A plugin that answers <what> is found out, and nothing is installed
    Given the plugin "shelf" answers "<path>" with <answer>
    When I try "ggen market add io.acme.web --registry corp --json"
    Then the exit code is <exit>
    And the error code is "<code>"
    And nothing is installed

    Examples:
      | what                     | path          | answer                           | exit | code                    |
      | other bytes for a file   | blobs/        | data[:-1] + b"!"                 | 3    | blob-corrupt            |
      | another document         | packages/     | data.replace(b"1.0.0", b"9.9.9") | 3    | signature-wrong         |
      | no log                   | log/          | None                             | 3    | log-missing             |
      | text that is no document | registry.json | b"<html>"                        | 3    | document-malformed      |
      | an endless file          | registry.json | data * 10_000_000                | 6    | registry-unavailable    |

  @security
  Scenario Outline: A plugin that answers <what>, whatever it was asked for, is found out too
    Given the plugin "shelf" answers <answer>, whatever it was asked for
    When I try "ggen market add io.acme.web --registry corp"
    Then it fails with exit code 6 and the code "registry-unavailable", and suggests "ggen market plugins list"
    And the error output contains "it answered what is not at most 4194304 bytes"

    Examples:
      | what                      | answer           |
      | more bytes than there are | bytes(5_000_000) |
      | no base64                 | {"base64": "!"}  |

  Scenario Outline: When the plugin <fails>, that registry cannot answer, and the next in the order is asked
    Given the plugin "shelf" answers "<path>" with <answer>
    And I run "ggen market config plugin_timeout 8"
    When I try "ggen market add io.acme.web --registry corp"
    Then it fails with exit code 6 and the code "registry-unavailable", and suggests "ggen market plugins list"
    And the error output contains "corp: the plugin shelf cannot be asked: <told>"
    And nothing is installed
    Given the registry "spare" is at the same folder, by another plugin
    When I try "ggen market add io.acme.web --registry 'corp | spare' --json"
    Then the exit code is 0
    And the JSON field "degraded" is "True"

    Examples:
      | fails        | path     | answer                       | told |
      | raises       | packages | 1 / 0                        | it raised ZeroDivisionError |
      | hangs        | packages | __import__("time").sleep(99) | it took longer than 8 s |
      | ends         | packages | __import__("os")._exit(3)    | its process ended with exit code 3 |
      | answers text | packages | "x" * 10                     | it answered what is not at most 4194304 bytes |

  Scenario: An address wants the plugin of its scheme, when it is added and when it is asked
    When I try "ggen market registry add other tape:///dev/nst0"
    Then it fails with exit code 2 and the code "registry-scheme-unknown", and suggests "install the plugin tape"
    When I run "ggen market plugins block shelf"
    And I try "ggen market add io.acme.web --registry corp"
    Then it fails with exit code 6 and the code "registry-unavailable", and suggests "ggen market plugins list"
    And the error output contains "the plugin shelf cannot be asked: it is blocked"
    When I run "ggen market plugins unblock shelf"
    And the plugin "shelf" is removed
    And I try "ggen market versions io.acme.web --registry corp"
    Then it fails with exit code 6 and the code "registry-unavailable", and suggests "ggen market plugins list"
    And the error output contains "the plugin shelf cannot be asked: it is not installed"

  @security
  Scenario Outline: The built-in scheme <scheme> cannot be taken by a plugin
    Given the distribution "ggen-taker" has the plugin "<scheme>" too, with the hook "read_location"
      """
      raise RuntimeError("it was imported")
      """
    When I run "ggen market plugins list"
    Then the output contains "<scheme>: <scheme> is no scheme that a plugin can bring"
    When I try "ggen market registry add other <scheme>://127.0.0.1:1/"
    Then the exit code is <exit>
    When I try "ggen market add io.acme.web --registry corp"
    Then the exit code is 0
    And just 1 warning of "is left out" is shown: "the plugin <scheme> is left out: <scheme> is no scheme"

    Examples:
      | scheme | exit |
      | http   | 0    |
      | https  | 0    |
      | file   | 2    |
      | local  | 2    |
      | p2p    | 2    |
