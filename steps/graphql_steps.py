"""Steps about the graph of a served registry."""

import json

from behave import then, when

from support.centralized import graph


@when("this is asked")
def step_ask(context):
    context.answer = graph.ask(context.server, context.text)


@then("the answer is")
def step_answer(context):
    assert context.answer == {"data": json.loads(context.text)}, json.dumps(context.answer)


@then('searching for "{arguments}" in GraphQL finds what "{parameters}" finds by REST')
def step_search(context, arguments, parameters):
    graph.check_search(context.server, arguments, parameters)
