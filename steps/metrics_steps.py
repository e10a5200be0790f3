"""Steps that read what scenarios cost."""

from behave import then

from support.suite.forged_product import metrics_in_allure, row_of
from support.suite.forged_suite import verdicts


@then("the table shows for {name} at least {cpu:f} s of processor, {memory:d} MB of memory and {written:d} MB written")
def step_impl(context, name, cpu, memory, written):
    found = row_of(context.ran.stdout, name)
    assert found["CPU s"] >= cpu and found["peak MB"] >= memory and found["written MB"] >= written, found


@then('the table shows for "{name}" less than {cpu:f} s of processor and {written:d} MB written')
def step_impl(context, name, cpu, written):
    found = row_of(context.ran.stdout, name)
    assert found["CPU s"] < cpu and found["written MB"] < written, found


@then("Allure has the same figures for {name}")
def step_impl(context, name):
    figures = verdicts(context.suite.root / "build")[name].metrics
    assert metrics_in_allure(context.suite, name) == {key: float(f"{value:g}") for key, value in figures.items()}


@then("its output has no figures")
def step_impl(context):
    assert context.ran.returncode == 0 and "CPU s" not in context.ran.stdout, context.ran.stdout


@then(
    "the scenario {name} had {count:d} container that used at least {cpu:f} s of processor and {memory:d} MB of memory"
)
def step_impl(context, name, count, cpu, memory):
    found = verdicts(context.suite.root / "build")[name].metrics
    assert found["containers"] == count and found["containers_ready"] > 0, found
    assert found["containers_cpu"] >= cpu and found["containers_memory"] >= memory * 1e6, found
