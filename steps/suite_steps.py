"""Steps that try the suite's own tools on small suites."""

from behave import given, then, when

from support.forged_suite import ForgedSuite


@given("a small suite of its own")
def step_impl(context):
    context.suite = ForgedSuite(context.world.project)


@given('its file "{name}" is')
def step_impl(context, name):
    context.suite.write(name, context.text + "\n")


@when("the suite is linted")
def step_impl(context):
    context.ran = context.suite.run("support.gherkin_lint")


@then('the lint finds only "{finding}"')
def step_impl(context, finding):
    found = context.ran.stdout.splitlines()
    assert context.ran.returncode == 1 and len(found) == 1, context.ran
    assert finding in found[0], found


@then("the lint finds nothing")
def step_impl(context):
    assert (context.ran.returncode, context.ran.stdout) == (0, ""), context.ran
