@plugins @level4
Feature: A plugin mends what a manifest says before it is signed, and nothing after that
  As a publisher of many packages
  I want their descriptions to be made alike by a program
  So that they are found, and what I sign is what is published

  Background:
    Given I run "ggen market key new"
    And the package "web" says of itself
      """
      [package]
      id = "io.acme.web"
      version = "1.0.0"
      title = "Web"   # as the shop shows it
      description = "Templates for a web application"
      license = "mit"
      tags = ["Web"]

      [dependencies]
      """

  Rule: What a plugin may change is changed before it is signed

    Background:
      Given the plugin "house" is installed, with the hook "transform_manifest"
        """
        from marketplace.plugins.hooks import hookimpl

        @hookimpl
        def transform_manifest(manifest):
            return {"license": manifest["license"].upper(), "title": f"{manifest['title']} {manifest['version']}", "tags": []}
        """

    Scenario: The release has the new fields, each change is told, and the folder stays as it is
      When I run "ggen market publish web"
      Then the error output contains "note: house: license 'mit' becomes 'MIT'"
      And the error output contains "note: house: title 'Web' becomes 'Web 1.0.0'"
      When I run "ggen market info io.acme.web --json"
      Then the JSON field "manifest.license" is "MIT"
      And the JSON field "manifest.tags" is "[]"
      And the file "web/package.toml" still says "license = "mit""
      When I run "ggen market add io.acme.web"
      And I run "ggen market verify"
      Then the output contains "Verified"
      And the installed manifest of "io.acme.web" says "title = "Web 1.0.0"   # as the shop shows it"

    Scenario: --json lists the changes, and a dry run makes them too
      When I run "ggen market publish web --dry-run --json"
      Then the JSON field "changes.0.plugin" is "house"
      And the JSON field "changes.0.field" is "license"
      And the JSON field "changes.0.before" is "mit"
      And the JSON field "changes.0.after" is "MIT"

    Scenario: What checks packages sees what was changed
      Given the plugin "licences" is installed, with the hook "validate_package"
        """
        from marketplace.plugins.hooks import Finding, hookimpl

        @hookimpl
        def validate_package(package):
            text = package.read("package.toml").decode()
            return [Finding("warning", "", f"{package.manifest['license']} {'MIT' in text} {len(text) == package.files[0].size}")]
        """
      When I try "ggen market publish web"
      Then the exit code is 0
      And just 1 warning of "licences" is shown: "licences: MIT True True"

    Scenario: What is as the plugin wants it is not changed
      Given the package "form" says of itself
        """
        [package]
        id = "io.acme.form"
        version = "1.0.0"
        description = "Forms"
        license = "MIT"
        """
      And the plugin "house" is installed, with the hook "transform_manifest"
        """
        from marketplace.plugins.hooks import hookimpl

        @hookimpl
        def transform_manifest(manifest):
            return {"license": manifest["license"], "tags": []}
        """
      When I run "ggen market publish form --json"
      Then the JSON field "changes" is "[]"

    Scenario: An archive has its content id already, and is published as it is
      Given I run "ggen market pack web -o web.gpack"
      When I run "ggen market publish web.gpack --json"
      Then the JSON field "changes" is "[]"
      When I run "ggen market info io.acme.web --json"
      Then the JSON field "manifest.license" is "mit"

    Scenario: Packages of an older catalog are mended as they come in
      Given an older catalog with the packages "old-web" and "old-cli"
      When I try "ggen market import old-catalog"
      Then the exit code is 0
      When I run "ggen market info io.ggen.old-web --json"
      Then the JSON field "manifest.title" is "Old web 1.0.0"

  Rule: What it may not change stays as the publisher wrote it

    @security
    Scenario Outline: A plugin that wants <what> is left out, and the manifest stays as it was
      Given the plugin "hostile" is installed, with the hook "transform_manifest"
        """
        from marketplace.plugins.hooks import hookimpl

        @hookimpl
        def transform_manifest(manifest):
            return <answer>
        """
      When I try "ggen market publish web --json"
      Then the exit code is 0
      And the JSON field "id" is "io.acme.web"
      And the JSON field "version" is "1.0.0"
      And the JSON field "changes" is "[]"
      And just 1 warning of "hostile" is shown: "the plugin hostile is left out: <told>"
      When I run "ggen market info io.acme.web --json"
      Then the JSON field "manifest.license" is "mit"

      Examples:
        | what                    | answer                                       | told |
        | another id              | {"id": "io.evil.web"}                        | it wants to change 'id': it may change title, |
        | another version         | {"license": "MIT", "version": "2.0.0"}       | it wants to change 'version' |
        | other requirements      | {"dependencies": {"io.evil.web": "*"}}       | it wants to change 'dependencies' |
        | a number for a text     | {"license": 7}                               | it gives license a value of another kind |
        | a text for a list       | {"tags": "web"}                              | it gives tags a value of another kind |
        | what no manifest may be | {"description": "x" * 5000}                  | what it wants is no sound manifest |
        | no description          | {"description": ""}                          | what it wants is no sound manifest |
        | terminal escapes        | {"title": "a" + chr(27) + "[31mred"}                 | what it wants is no sound manifest |
        | a list                  | ["license"]                                  | it answered what is no table of fields |
        | to raise                | {}["license"]                                | it raised KeyError |
