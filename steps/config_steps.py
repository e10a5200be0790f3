"""Steps about settings."""

import tomllib

from behave import given, then, when

from support.market.laws.vectors import unescape
from support.market.settings import Sources, write_together
from support.market.signing import code_of


def sources(context):
    """Return the scenario's sources of settings, made when first asked for."""
    if "sources" not in context:
        context.sources = Sources(context.world.home, context.world.project)
    return context.sources


@given('"{name}" is set by the flag, the environment, the project and the home to {values}')
def step_sources(context, name, values):
    sources(context).set_everywhere(name, values.split(", "))


@given("the environment has {variable}={text}")
def step_environment(context, variable, text):
    sources(context).environ[variable] = unescape(text)


@given("the home's config.toml says: {content}")
def step_home(context, content):
    sources(context).write_home(unescape(content).encode("latin-1"))


@given("the project's ggen.toml says: {content}")
def step_project(context, content):
    sources(context).write_project(unescape(content).encode("latin-1"))


@when("the settings are read")
def step_read(context):
    context.settings = sources(context).read()


@when('the settings are read in the project\'s folder "{below}"')
def step_read_below(context, below):
    context.settings = sources(context).read(below)


@then('the setting "{name}" is {value}, and comes from "{origin}"')
def step_value(context, name, value, origin):
    found = (str(context.settings.value(name)), context.settings.origin(name).kind)
    assert found == (value, origin), found


@then('the setting "{name}" is refused as "{code}", naming "{where}" and "{wanted}"')
def step_value_refused(context, name, code, where, wanted):
    error = code_of(lambda: context.settings.value(name))
    assert (error.code, error.exit_code) == (code, 2)
    assert where in error.message and wanted in error.message, error.message


@then('reading the settings is refused as "{code}", naming "{where}" and "{says}"')
def step_read_refused(context, code, where, says):
    error = code_of(sources(context).read)
    assert (error.code, error.exit_code) == (code, 2)
    assert where in error.message and says in f"{error.message} {error.hint}", error.to_json()


@then('the document says that "{name}" is {value:d} from "{origin}"')
def step_document(context, name, value, origin):
    found = context.world.outcome().json()["settings"][name]
    assert found["value"] == value and found["origin"].startswith(origin), found


@then("the home's config.toml now says: {content}")
def step_home_says(context, content):
    found = (context.world.home / "config.toml").read_text()
    assert found == unescape(content), found


@then("the home has no config.toml")
def step_home_none(context):
    assert not (context.world.home / "config.toml").exists()


@when("these settings are written at the same moment, each by a process of its own")
def step_write_together(context):
    errors = write_together(context.world.home, [(row["name"], row["value"]) for row in context.table])
    assert not errors, errors


@then("all of them are in the home's config.toml")
def step_all_written(context):
    found = tomllib.loads((context.world.home / "config.toml").read_text())
    assert found == {
        "search_limit": 7, "color": "never", "link_mode": "copy", "lock_timeout": 12.5, "key": "work",
        "registry": "corp",
    }, found  # fmt: skip
