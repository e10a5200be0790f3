"""Steps about packages that are published together."""

from behave import given, then, when

from support.market.publishing import Group


@given("{count:d} signed packages of {person}, whose key is pinned")
def step_group(context, count, person):
    context.group = Group.of(context.world, person, count)


@given("{trouble}, the third")
def step_spoil(context, trouble):
    context.group.spoil(2, trouble)


@given("the third meets a full disk")
def step_full(context):
    context.group.spoil(2, "meets a full disk")


@given("the third meets somebody else who publishes it")
def step_overtaken(context):
    context.group.spoil(2, "meets somebody else who publishes it")


@given("the key is pinned nowhere yet, and another command that changes the pins does not end")
def step_pins_held(context):
    context.group.hold_pins()


@when("they are published together")
def step_publish(context):
    context.group.publish()


@then("the log has them in their order, and the receipts say so")
def step_in_order(context):
    context.group.check_published([0, 1, 2, 3, 4])


@then("the next search finds the last")
def step_found(context):
    assert "io.acme.p5" in context.group.found(), context.group.found()


@then("the store holds just what they need, and each new file was counted once")
def step_counted(context):
    context.group.check_counted()


@then('the third is refused with "{code}"')
def step_third_refused(context, code):
    assert context.group.code(2) == code, context.group.code(2)


@then("the other 4 are published, and the store holds just what they need")
def step_others(context):
    context.group.check_published([0, 1, 3, 4])


@then("the log has each of the {count:d} once")
def step_each_once(context, count):
    found = sorted(str(record) for _, record in context.group.registry.index.entries())
    assert found == [f"io.acme.p{number}@1.0.0" for number in range(1, count + 1)], found


@then('all are refused at once with "{code}", and the log is empty')
def step_all_refused(context, code):
    assert context.group.refused == code, (context.group.refused, context.group.outcomes)
    assert context.group.registry.index.head().size == 0
