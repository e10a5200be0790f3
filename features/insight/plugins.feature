@plugins @level4
Feature: Plugins check packages before they are published, as far as the user lets them
  As a publisher in a company with rules of its own
  I want the rules to be checked by code of ours, beside the checks that everybody has
  So that no package is published that breaks them

  Background:
    Given I run "ggen market key new"
    And I run "ggen market init web --id io.acme.web"

  Rule: What a plugin finds is shown, and an error keeps the package out

    Scenario: Without a plugin nothing is found, and nothing is said
      When I run "ggen market plugins list"
      Then the output contains "No plugin is installed."
      When I run "ggen market publish web --json"
      Then the JSON field "findings" is "[]"

    Scenario: An error refuses the package, and what is corrected is published
      Given the plugin "readmes" is installed, with the hook "validate_package"
        """
        from marketplace.plugins.hooks import Finding, hookimpl

        @hookimpl
        def validate_package(package):
            if b"## Support" not in package.read("README.md"):
                yield Finding("error", "README.md", "it does not say where to get support")
        """
      When I try "ggen market publish web"
      Then it fails with exit code 2 and the code "package-refused", and suggests "ggen market plugins block readmes"
      And the error output contains "readmes: README.md: it does not say where to get support"
      When I try "ggen market versions io.acme.web"
      Then the exit code is 4
      Given the file "web/README.md" gains the line "## Support"
      When I run "ggen market publish web"
      Then the output contains "Published io.acme.web"

    Scenario: A dry run asks plugins too, and --json lists what they have found
      Given the plugin "titles" is installed, with the hook "validate_package"
        """
        from marketplace.plugins.hooks import Finding, hookimpl

        @hookimpl
        def validate_package(package):
            return [Finding("error", "package.toml", f"{len(package.files)} files, and {package.manifest['title']!r}")]
        """
      When I try "ggen market publish web --dry-run --json"
      Then the exit code is 2
      And the error has the findings
        | plugin | level | file         | message            |
        | titles | error | package.toml | 3 files, and 'web' |

    Scenario: A warning is shown, and the package is published
      Given the plugin "spelling" is installed, with the hook "validate_package"
        """
        from marketplace.plugins.hooks import Finding, hookimpl

        @hookimpl
        def validate_package(package):
            print("this goes nowhere", flush=True)
            return [Finding("warning", "", f"{package.id} {package.version} is spelt oddly")]
        """
      When I try "ggen market publish web --json"
      Then the exit code is 0
      And just 1 warning of "spelling" is shown: "spelling: io.acme.web 0.1.0 is spelt oddly"
      And the JSON field "findings.0.plugin" is "spelling"
      And the JSON field "published" is "True"

  Rule: The user sees what is installed and decides what each may do

    Background:
      Given the plugin "loud" is installed, with the hook "validate_package"
        """
        import os
        import resource
        from pathlib import Path

        from marketplace.plugins.hooks import Finding, hookimpl

        Path(__file__).with_name("imported").touch()

        @hookimpl
        def validate_package(package):
            limits = [resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]
            known = sorted(name for name in os.environ if name.startswith(("GGEN", "PYTHON", "SUITE", "HOME")))
            there = sorted(os.listdir("/proc/self/fd"))
            print("printed")
            return [Finding("warning", "", f"limits {limits}, knows {known}, in {os.getcwd()}, has {len(there)} files")]
        """

    Scenario: The list tells name, version, hooks, origin and state, and imports nothing
      When I run "ggen market plugins list --json"
      Then the JSON field "plugins.0.name" is "loud"
      And the JSON field "plugins.0.version" is "1.0.0"
      And the JSON field "plugins.0.hooks" is "['validate_package']"
      And the JSON field "plugins.0.origin.distribution" is "ggen-loud"
      And the JSON field "plugins.0.state" is "untrusted"
      And nothing of the plugins was imported

    Scenario: An untrusted plugin has limits, and neither the user's environment nor descriptors
      When I try "ggen market publish web"
      Then the exit code is 0
      And just 1 warning of "loud" is shown: "limits [536870912, 600], knows [], in /, has 6 files"

    Scenario: A trusted plugin runs in the program itself; what it prints is no result
      When I run "ggen market plugins trust loud"
      Then the output contains "Trusted loud 1.0.0 of ggen-loud"
      When I try "ggen market publish web --json"
      Then the exit code is 0
      And the JSON field "published" is "True"
      And the error output contains "GGEN_HOME"
      And the error output contains "printed"
      When I run "ggen market plugins untrust loud"
      And I run "ggen market plugins list"
      Then the output contains "untrusted"

    Scenario: Trust holds for one version of one distribution
      Given I run "ggen market plugins trust loud"
      When version "1.0.1" of the plugin "loud" is installed, with the hook "validate_package"
        """
        """
      And I run "ggen market plugins list --json"
      Then the JSON field "plugins.0.version" is "1.0.1"
      And the JSON field "plugins.0.state" is "untrusted"

    Scenario: A plugin that is blocked is never imported
      When I run "ggen market plugins block loud"
      And I run "ggen market publish web"
      Then nothing of the plugins was imported
      When I run "ggen market plugins list"
      Then the output contains "blocked"
      When I run "ggen market plugins unblock loud"
      And I try "ggen market publish web --dry-run"
      Then the exit code is 5
      And just 1 warning of "loud" is shown: "loud: limits"

    Scenario: One can block a plugin before it is there
      When I run "ggen market plugins block quiet"
      Then the error output contains "no plugin 'quiet' is installed now; it will be blocked when one is"

    Scenario Outline: What is decided about a plugin that is not there is a mistake: <verb>
      When I try "ggen market plugins <verb> lout"
      Then it fails with exit code 4 and the code "plugin-not-found", and suggests "did you mean loud?"

      Examples:
        | verb    |
        | trust   |
        | require |

    Scenario: A project that was cloned cannot have plugins fail by its settings
      Given the file "ggen.toml" is "[market]\nplugin_timeout = 0"
      When I try "ggen market publish web"
      Then the exit code is 0
      And just 1 warning of "loud" is shown: "loud: limits"

    Scenario: The shell completes the names of plugins in a real bash
      Then bash completes these lines
        | line                         | to    |
        | ggen market plugins bl       | block |
        | ggen market plugins block lo | loud  |

    Scenario: Decisions that are made at the same moment are all kept
      Then 8 decisions that are made at the same moment are all kept

    @security
    Scenario Outline: Decisions that are <state> are never taken for none
      Given I run "ggen market plugins block loud"
      And the decisions about plugins are <state>
      When I try "ggen market publish web"
      Then it fails with exit code 3 and the code "<code>", and suggests "<hint>"
      And nothing of the plugins was imported

      Examples:
        | state                  | code                    | hint      |
        | damaged                | plugin-choices-damaged  | backup    |
        | of another format      | plugin-choices-damaged  | backup    |
        | with half a trust      | plugin-choices-damaged  | backup    |
        | open to all            | plugin-choices-unsafe   | chmod 600 |

    Scenario: Decisions that cannot be written are told of
      Given the decisions about plugins are a folder
      When I try "ggen market plugins block loud"
      Then it fails with exit code 6 and the code "store-unwritable", and suggests "permissions"

  Rule: What is required is not done without

    Background:
      Given the plugin "policy" is installed, with the hook "validate_package"
        """
        from marketplace.plugins.hooks import hookimpl

        @hookimpl
        def validate_package(package):
            if package.read("README.md").startswith(b"#"):
                return []
            raise RuntimeError("no heading")
        """
      And I run "ggen market plugins require policy"

    Scenario: A required plugin that answers lets the package through
      When I run "ggen market plugins list"
      Then the output contains "untrusted, required"
      When I run "ggen market publish web"
      Then the output contains "Published"

    Scenario: When it fails nothing is published
      Given the file "web/README.md" is "no heading"
      When I try "ggen market publish web"
      Then it fails with exit code 6 and the code "plugin-required", and suggests "unrequire policy"
      And the error output contains "by the plugin policy, which is required: it raised RuntimeError: no heading"
      When I run "ggen market plugins unrequire policy"
      And I try "ggen market publish web"
      Then the exit code is 0
      And the error output contains "the plugin policy is left out: it raised RuntimeError: no heading"

    Scenario: When it is gone nothing is published
      When the plugin "policy" is removed
      And I try "ggen market publish web"
      Then it fails with exit code 6 and the code "plugin-required", and suggests "unrequire policy"
      And the error output contains "required: it is not installed"
      When I run "ggen market plugins list"
      Then the output contains "refused, required  validate_package  not installed"

    Scenario: When it is blocked nothing is published
      Given I run "ggen market plugins block policy"
      When I try "ggen market publish web --dry-run"
      Then it fails with exit code 6 and the code "plugin-required", and suggests "unrequire policy"
      And the error output contains "required: it is blocked"

    Scenario: When another takes its name nothing is published
      Given the distribution "ggen-other" has the plugin "policy" too, with the hook "validate_package"
        """
        """
      When I try "ggen market publish web"
      Then it fails with exit code 6 and the code "plugin-required", and suggests "unrequire policy"

  Rule: What is dangerous does not come in

    Background:
      Given I run "ggen market publish web"
      And the plugin "scanner" is installed, with the hook "scan_package"
        """
        from pathlib import Path

        from marketplace.plugins.hooks import Finding, hookimpl

        @hookimpl
        def scan_package(package):
            if Path(__file__).with_name("alarm").exists():
                raise RuntimeError("out of order")
            for file in package.files:
                if b"rm -rf" in package.read(file.path):
                    yield Finding("error", file.path, "it removes files")
        """

    Scenario: A sound package is installed and verified
      When I run "ggen market add io.acme.web"
      Then the output contains "+ io.acme.web 0.1.0"
      When I run "ggen market verify"
      Then the output contains "Verified"

    Scenario: What was installed before the scanner was there is found by verify, and stays as it is
      Given a dangerous version "0.2.0" of "io.acme.web" was added before the plugin was there
      When I try "ggen market verify --json"
      Then the exit code is 3
      And the JSON field "packages.0.problems.0.kind" is "unsafe"
      And the JSON field "packages.0.problems.0.path" is "run.sh"
      And the JSON field "packages.0.problems.0.actual" is "scanner: run.sh: it removes files"
      When I try "ggen market verify"
      Then the exit code is 3
      And the output contains "unsafe: run.sh: scanner: run.sh: it removes files"
      And the output contains "choose another version"

    Scenario: An update to a dangerous version changes nothing
      Given I run "ggen market add io.acme.web"
      And a dangerous version "0.1.1" of "io.acme.web" is published before the plugin was there
      When I try "ggen market update"
      Then it fails with exit code 3 and the code "package-unsafe", and suggests "do not use it"
      When I run "ggen market list"
      Then the output contains "0.1.0"
      When I run "ggen market verify"
      Then the output contains "Verified"

    Scenario: A scanner that fails is left out of an install, unless it is required
      Given the scanner is out of order
      When I try "ggen market add io.acme.web"
      Then the exit code is 0
      And just 1 warning of "scanner" is shown: "the plugin scanner is left out: it raised RuntimeError: out of order"
      When I run "ggen market plugins require scanner"
      And I try "ggen market verify"
      Then it fails with exit code 6 and the code "plugin-required", and suggests "unrequire scanner"
      When I run "ggen market remove io.acme.web"
      And I try "ggen market add io.acme.web"
      Then it fails with exit code 6 and the code "plugin-required", and suggests "unrequire scanner"
      And nothing is installed

    Scenario: Packages of an older catalog are checked each by itself
      Given an older catalog with the packages "old-web" and "old-danger"
      When I try "ggen market import old-catalog --json"
      Then the exit code is 3
      And the JSON field "published" is "['io.ggen.old-web@1.0.0']"
      And the JSON field "failed.0.code" is "package-unsafe"
