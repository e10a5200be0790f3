"""Steps about settings that verbs honour."""

import fcntl
from pathlib import Path

from behave import given, then, when

from support.market import terminal
from support.market.troubles import damage


@then('the JSON list "{path}" has {count:d} entries')
def step_json_list(context, path, count):
    assert len(context.world.json_at(path)) == count, context.world.outcome()


@given('somebody else holds the lock "{path}"')
def step_hold(context, path):
    file = Path(path.format(home=context.world.home, project=context.world.project)).open("a")  # noqa: SIM115 - closed when the scenario ends
    fcntl.flock(file, fcntl.LOCK_EX)
    context.world.defer(file.close)


@then("the installed files are copies")
def step_copies(context):
    links = damage.link_counts(context.world.project)
    assert links == {1}, links


@then("the installed files are links")
def step_links(context):
    links = damage.link_counts(context.world.project)
    assert min(links) > 1, links


@given('the stored files of "{id_}" are lost')
def step_lost(context, id_):
    damage.lose_files(context.world.home, id_)


@then('the JSON field "{path}" is the public key "{name}"')
def step_public_key(context, path, name):
    found = context.world.json_at(path)
    assert found == context.world.run(f"ggen market key export {name}").stdout.strip()


@then('these commands end with exit code {code:d} and the code "{error}"')
def step_all_fail(context, code, error):
    for row in context.table:
        outcome = context.world.attempt(f"ggen market {row['command']} --json")
        assert (context.world.exit_code(), outcome.error()["code"]) == (code, error), outcome


def extra(text):
    """Return the variables that `NAME=VALUE` sets; none for an empty text."""
    return dict([text.split("=", 1)]) if text else {}


@when('"{command}" runs on a terminal with "{environment}"')
@when('"{command}" runs on a terminal with ""')
def step_terminal(context, command, environment=""):
    context.exit_code, context.written = terminal.on_terminal(context.world, command, extra(environment))


@when('"{command}" runs in a pipe with "{environment}"')
@when('"{command}" runs in a pipe with ""')
def step_pipe(context, command, environment=""):
    context.written = terminal.in_pipe(context.world, command, extra(environment))


@then("what it wrote has colours")
def step_colours(context):
    assert "\x1b[" in context.written and context.written.strip(), context.written


@then("what it wrote has no colours")
def step_no_colours(context):
    assert "\x1b" not in context.written and context.written.strip(), context.written
