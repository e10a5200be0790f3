"""Steps about several registries in an order."""

from behave import given, then, when

from marketplace.errors import MarketError
from marketplace.registries import order_of
from support.centralized.chains import Chains


def chains(context):
    """Return the registries of the scenario."""
    if not hasattr(context, "chains"):
        context.chains = Chains(context.world.root)
        context.world.defer(context.chains.close)
    return context.chains


@given('the registry "{name}" of the kind {kind}')
def step_registry(context, name, kind):
    kind, _, namespace = kind.removesuffix(" is bound").partition(", to which ")
    chains(context).add(name, kind, (namespace,) if namespace else ())


@given('"{first}" says {one}, and "{second}" says {other}')
def step_say(context, first, one, second, other):
    context.chains.says(first, one)
    context.chains.says(second, other)


@given('"{first}" says {one}, and "{second}" has io.acme.web')
def step_says_and_has(context, first, one, second):
    context.chains.says(first, one)
    context.chains.places[second].put("io.acme.web@1.0.0")


@given('"{first}" has {one}, and "{second}" has {other}')
def step_have(context, first, one, second, other):
    context.chains.places[first].put(one)
    context.chains.places[second].put(other)


@when('{spec} is looked up in "{order}"')
def step_look_up(context, spec, order):
    context.answer = context.chains.look_up(order.replace("\\", ""), spec)


@when('publishing {spec} to "{order}" is tried')
def step_publish(context, spec, order):
    context.answer = context.chains.publish(spec, order)


@when('"{text}" is searched for in "{order}"')
def step_search(context, text, order):
    context.answer = context.chains.search(text, order)


@when('recommendations for {one} and {other} are asked of "{order}"')
def step_recommend(context, one, other, order):
    context.answer = context.chains.recommend([one, other], order)


@then('"{name}" was asked for "{part}" {times:d} times')
def step_asked(context, name, part, times):
    found = context.chains.places[name].requests(part)
    assert len(found) == times, found


@then('the answer is "{answer}"')
def step_answer(context, answer):
    assert context.answer == answer, (context.answer, context.chains.notes)


@then('they said "{told}"')
def step_told(context, told):
    assert context.chains.told() == told, context.chains.told()


@then("the answer as a whole is {degraded}")
def step_degraded(context, degraded):
    assert context.chains.last.degraded == (degraded == "degraded"), context.chains.told()


@then('"{name}" was asked {times:d} times')
def step_times(context, name, times):
    found = context.chains.places[name].requests("/packages/")
    assert len(found) == times, found


@then('no request with "{part}" in it has reached "{name}"')
def step_never(context, part, name):
    assert context.chains.places[name].requests(part) == []


@then('the error\'s message begins with "{text}"')
def step_begins(context, text):
    assert str(context.chains.error).startswith(text), context.chains.error


@then('its sources are "{told}"')
def step_sources(context, told):
    found = ", ".join(f"{item['registry']} {item['outcome']}" for item in context.chains.error.details["sources"])
    assert found == told, found


@then('the order "{order}" is refused as "{code}"')
def step_order(_context, order, code):
    try:
        found = order_of(order.replace("\\", ""))
    except MarketError as error:
        assert error.code == code, error.code
    else:
        raise AssertionError(found)
