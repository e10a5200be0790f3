"""Steps that measure small suites and read the coverage map."""

import shlex

from behave import given, then, when

from support.suite.coverage_map import Count
from support.suite.forged_product import add_product, change_table, map_in_allure, rows_of_page
from support.suite.report import references_elsewhere


@given('its product is a till whose "change" is critical')
def step_impl(context):
    add_product(context.suite)


@given('its table of critical functions has "{new}" for "{old}"')
def step_impl(context, new, old):
    change_table(context.suite, old, new)


@when('its coverage is measured with "{arguments}"')
def step_impl(context, arguments):
    context.ran = context.suite.run("support.suite.run_coverage", *shlex.split(arguments))


@when("its coverage is measured")
def step_impl(context):
    context.ran = context.suite.run("support.suite.run_coverage")


@when("the map is drawn again")
def step_impl(context):
    context.ran = context.suite.run("support.suite.run_coverage", "--again")


@then('the map has "{text}"')
def step_impl(context, text):
    assert any(text in line for line in context.ran.stdout.splitlines()), (context.ran.stdout, context.ran.stderr)


@then('{ran:d} of {total:d} is shown as "{shown}"')
def step_impl(context, ran, total, shown):
    assert Count(total, ran).shown == shown, Count(total, ran).shown


@then("it has exit code {code:d}")
def step_impl(context, code):
    assert context.ran.returncode == code, (context.ran.stdout, context.ran.stderr)


@then('Allure shows the map as {status} with "{text}"')
def step_impl(context, status, text):
    found = map_in_allure(context.suite)
    assert found.status == status and text in found.message, found
    assert all("sums.py:1 change" in attachment for attachment in found.attachments), found
    assert len(found.attachments) == 2, found


@then("the page of the map shows")
def step_impl(context):
    found = rows_of_page(context.suite)
    for row in context.table.rows:
        assert tuple(row) in found, found


@then("the page of the map loads nothing")
def step_impl(context):
    page = (context.suite.root / "build" / "coverage" / "index.html").read_text(encoding="utf-8")
    assert references_elsewhere(page) == []
