"""Steps that try the suite's own tools on small suites."""

import shlex
import signal

from behave import given, step, then, when

from support.suite.forged_suite import PROJECT, ForgedSuite, run_tool, verdicts
from support.suite.report import references_elsewhere
from support.trials import restless


@given("a small suite of its own")
def step_impl(context):
    context.suite = ForgedSuite(context.world.project)


@given('its file "{name}" is')
def step_impl(context, name):
    context.suite.write(name, context.text + "\n")


@when("the suite is linted")
def step_impl(context):
    context.ran = context.suite.run("support.suite.gherkin_lint")


@then('the lint finds only "{finding}"')
def step_impl(context, finding):
    found = context.ran.stdout.splitlines()
    assert context.ran.returncode == 1 and len(found) == 1, context.ran
    assert finding in found[0], found


@then("this suite begins without a complaint on a machine without the extra p2p")
def step_lint_without_peers(_context):
    ran = run_tool(PROJECT, "support.suite.without_peers")
    assert (ran.stdout, ran.returncode) == ("", 0), (ran.stdout, ran.stderr)


@then("the lint finds nothing")
def step_impl(context):
    assert (context.ran.returncode, context.ran.stdout) == (0, ""), context.ran


@given("it has steps that go wrong in every way")
def step_impl(context):
    context.suite.add_odd_steps()


@when("the suite is run")
def step_impl(context):
    context.ran = context.suite.run("support.suite.run_suite")


@when('the suite is run with "{arguments}"')
def step_impl(context, arguments):
    context.ran = context.suite.run("support.suite.run_suite", *shlex.split(arguments))


@step("its features are run {times:d} times in a row")
def step_impl(context, times):
    context.ran = context.suite.run("support.suite.flakes", f"--runs={times}")


@when('its features are run {times:d} times in a row with "{arguments}"')
def step_impl(context, times, arguments):
    context.ran = context.suite.run("support.suite.flakes", f"--runs={times}", *shlex.split(arguments))


@when('its {feature} is run and gets {name} when "{file}" is there')
def step_impl(context, feature, name, file):
    context.ran = context.suite.interrupt(signal.Signals[name], file, "support.suite.run_suite", feature)


@when('its features are run again and again until they get {name} when "{file}" is there')
def step_impl(context, name, file):
    context.ran = context.suite.interrupt(signal.Signals[name], file, "support.suite.flakes", "--runs=9", "--workers=2")


@when('behave is run by itself with "{arguments}"')
def step_impl(context, arguments):
    folder = context.suite.root / "tmp"
    folder.mkdir()
    context.ran = run_tool(context.suite.root, "behave", *shlex.split(arguments), TMPDIR=str(folder))


@then("none of its temporary files is left")
def step_impl(context):
    left = [path.name for path in (context.suite.root / "tmp").iterdir()]
    assert not left, left


@when("the project's own {feature} is run with the driver {driver}")
def step_impl(context, feature, driver):
    build = context.world.root / driver
    context.ran = run_tool(PROJECT, "support.suite.run_suite", feature, f"-Ddriver={driver}", f"--build={build}")


@then('it ends with "{line}" and exit code {code:d}')
def step_impl(context, line, code):
    ending = context.ran.stdout.rstrip().rpartition("\n")[2]
    assert (ending, context.ran.returncode) == (line, code), (context.ran.stdout, context.ran.stderr)


@then("it is refused with exit code {code:d}")
def step_impl(context, code):
    assert (context.ran.stdout, context.ran.returncode) == ("", code), (context.ran.stdout, context.ran.stderr)


@then('its output has "{text}"')
def step_impl(context, text):
    assert text in context.ran.stdout + context.ran.stderr, (context.ran.stdout, context.ran.stderr)


@then('its output has no "{text}"')
def step_impl(context, text):
    assert text not in context.ran.stdout + context.ran.stderr, (context.ran.stdout, context.ran.stderr)


@then('it tells of "{first}" before "{second}"')
def step_impl(context, first, second):
    told = context.ran.stderr + context.ran.stdout
    assert 0 <= told.find(first) < told.find(second), told


@then("the verdicts are")
def step_impl(context):
    found = verdicts(context.suite.root / "build")
    for name, kind, says in context.table.rows:
        assert found[name].kind == kind, found[name]
        assert says in found[name].reason + found[name].output, found[name]
    assert len(found) == len(context.table.rows), sorted(found)


@then("Allure reports")
def step_impl(context):
    found = context.suite.allure()
    for name, status, says in context.table.rows:
        assert found[name]["status"] == status, found[name]
        assert says in (found[name].get("statusDetails") or {}).get("message", ""), found[name]
    assert len(found) == len(context.table.rows), sorted(found)


@then('Allure gives "{name}" the tags {tags}')
def step_impl(context, name, tags):
    labels = context.suite.allure()[name]["labels"]
    assert {label["value"] for label in labels if label["name"] == "tag"} == set(tags.split()), labels


@then('the suite has no file "{name}"')
def step_impl(context, name):
    assert not (context.suite.root / name).exists(), name


@then('the suite has the file "{name}" with "{text}"')
def step_impl(context, name, text):
    found = [path.read_text(encoding="utf-8") for path in context.suite.root.glob(name)]
    assert len(found) == 1 and text in found[0], found


@then("both drivers gave the same verdicts, all of them passed")
def step_impl(context):
    by_driver = [verdicts(context.world.root / name) for name in ("process", "inprocess")]
    kinds = [{name: verdict.kind for name, verdict in found.items()} for found in by_driver]
    assert kinds[0] == kinds[1] and set(kinds[0].values()) == {"passed"}, kinds


@given("the page {page}")
def step_impl(context, page):
    context.page = page


@then('it would load "{found}"')
def step_impl(context, found):
    loads = references_elsewhere(context.page)
    assert len(loads) == 1 and found in loads[0], loads


@then("it would load nothing")
def step_impl(context):
    assert references_elsewhere(context.page) == []


@when("its report is made")
def step_impl(context):
    context.ran = context.suite.run("support.suite.report")


@when("its report is made on a machine without Node.js")
def step_impl(context):
    context.ran = run_tool(context.suite.root, "support.suite.report", PATH=str(context.world.home))


@then("there is no report")
def step_impl(context):
    assert context.ran.returncode == 1 and not (context.suite.root / "build" / "report").exists(), context.ran


@then("of 1,000 looks at such a process none overlooks it")
def step_never_overlooked(_context):
    overlooked = restless.times_overlooked(1_000)
    assert not overlooked, overlooked
