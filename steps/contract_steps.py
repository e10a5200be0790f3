"""Steps about what all verbs promise."""

from behave import given, then, when

from support.market import contract, terminal
from support.market.laws.vectors import unescape
from support.market.troubles import damage


@given("a home with packages, and a project that uses one")
def step_prepared(context):
    contract.prepare(context.world)


@when("the home's node runs")
def step_node(context):
    contract.run_node(context.world)


@then("each verb's help has a usage, a summary and an example that runs, in this order")
def step_examples(context):
    context.verbs = getattr(context, "verbs", set()) | {row["verb"] for row in context.table}
    for row in context.table:
        assert context.world.run(f"ggen market {row['verb']} --help").stdout
        contract.run_example(context.world, row["verb"])


@then("each verb prints one JSON document and nothing else, in this order")
def step_documents(context):
    context.verbs = getattr(context, "verbs", set()) | {row["verb"] for row in context.table}
    for row in context.table:
        contract.one_document(context.world, row["verb"], row["arguments"], row["fields"].split())


@then("these are all verbs there are but those about the node")
@then('these are all verbs there are but "{families}" and those about the node')
def step_all(context, families=""):
    wanted = contract.verbs() - contract.node_verbs() - set(families.split())
    assert context.verbs == wanted, context.verbs ^ wanted


@then("these are all verbs about the node")
def step_all_of_node(context):
    assert context.verbs == contract.node_verbs(), context.verbs ^ contract.node_verbs()


@then('each verb refuses "{arguments}" with exit code {code:d}, one error on stderr and nothing on stdout')
def step_refuse(context, arguments, code):
    for verb in sorted(contract.verbs()):
        contract.refuses(context.world, verb, arguments, code)


@given('the title of the package in "{folder}" is "{title}"')
def step_title(context, folder, title):
    path = context.world.project / folder / "package.toml"
    escaped = "".join(f"\\u{ord(c):04x}" for c in unescape(title))
    path.write_text(path.read_text().replace("title = ", f'title = "{escaped}" # ', 1))


@given('somebody writes "{title}" into the titles of the index')
def step_title_in_index(context, title):
    damage.change_titles(context.world.home, unescape(title))


@then("nothing in its output steers the terminal")
def step_no_escape(context):
    outcome = context.world.outcome()
    steering = {c for c in outcome.stdout + outcome.stderr if not c.isprintable() and c != "\n"}
    assert not steering, outcome


@then('the reader of "{command}" may stop after one line without a word on stderr')
def step_pipe_ends(context, command):
    found = contract.after_one_line(context.world, command)
    assert found == (0, ""), found


@then("bash completes these lines")
def step_completes(context):
    for row in context.table:
        found = contract.completions(context.world, row["line"])
        assert row["to"] in found, (row["line"], found)


@then("each of these shows a bar on a terminal, and none in a pipe, under --json or with --quiet")
def step_bars(context):
    for row in context.table:
        command = f"ggen market {row['command']}"
        code, written = terminal.on_terminal(context.world, command)
        assert code == 0 and terminal.BAR in written, f"{command}: {code}, {written!r}"
        spared = [terminal.on_terminal(context.world, f"{command} {flag}")[1] for flag in ("--json", "--quiet")]
        spared.append(terminal.in_pipe(context.world, command, {}))
        assert not any(terminal.BAR in text for text in spared), f"{command}: {spared}"
