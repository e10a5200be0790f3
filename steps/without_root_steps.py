"""Steps about a user who is not root."""

from behave import given, then, when

from support.trials import without_root


@given("a user who is not root, on a machine that lets users make namespaces")
def step_user(context):
    if not without_root.may_make_namespaces():
        context.scenario.skip("this machine lets no user but root make namespaces")


@when("the user runs {first} and {second} on the host engine")
def step_run(context, first, second):
    context.outcome = without_root.run([first, second])


@then("at least {count:d} of their scenarios pass, none fails, and the rest are skipped")
def step_passed(context, count):
    counts = context.outcome.counts
    assert counts["passed"] >= count and set(counts) <= {"passed", "skipped"}, context.outcome
