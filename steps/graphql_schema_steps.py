"""Steps about the check of GraphQL's schema."""

from behave import given, then, when

from marketplace.server.graph.schema import SDL
from support.suite import graphql_schema
from support.suite.forged_suite import PROJECT, run_tool


@given('a copy of the product\'s schema of GraphQL in which "{here}" stands for "{there}"')
def step_copy(context, here, there):
    text = SDL.read_text(encoding="utf-8")
    assert there in text, there
    context.copy = context.world.root / "copy.graphql"
    context.copy.write_text(text.replace(there, here, 1), encoding="utf-8")


@when("the copy is compared with what is served")
def step_compare(context):
    context.ran = run_tool(PROJECT, "support.suite.graphql_schema", str(context.copy))


@then('it differs in "{here}" and "{there}", and how it is renewed is told')
def step_differs(context, here, there):
    lines = context.ran.stdout.splitlines()
    assert context.ran.returncode == 1, context.ran
    assert any(line.startswith("-") and here in line for line in lines), lines
    assert any(line.startswith("+") and there in line for line in lines), lines
    assert f"`{graphql_schema.COMMAND} --write`" in lines[-1], lines


@when("the copy is written anew")
def step_write(context):
    context.ran = run_tool(PROJECT, "support.suite.graphql_schema", "--write", str(context.copy))


@then("it is the product's schema of GraphQL again")
def step_same(context):
    assert (context.ran.returncode, context.ran.stdout) == (0, ""), context.ran
    assert context.copy.read_text(encoding="utf-8") == SDL.read_text(encoding="utf-8")
