"""Steps about pools of rooms."""

from behave import given, then, when

from support.cleanroom.waiting import WaitTimeoutError
from support.trials import pool_checks


@given("a pool of {size:d} rooms on {engine:w}, as strict as that can be, each with a container")
def step_pool(context, size, engine):
    context.builder = context.session.rooms.builder(engine)
    context.pool = pool_checks.pool_of(context.builder, size)
    context.add_cleanup(context.pool.close)
    context.taken = []


@given("a pool of rooms on {engine:w}, as strict as that can be, whose programs never answer")
def step_broken_pool(context, engine):
    context.builder = context.session.rooms.builder(engine)
    context.pool = pool_checks.broken_pool(context.builder)
    context.add_cleanup(context.pool.close)
    context.taken = []


def keep(context, rooms):
    context.taken += rooms
    for room in rooms:
        context.add_cleanup(room.close)


@when("a room is taken, files are written, a process is left running, and the room is closed")
def step_use(context):
    pool_checks.use(context.pool.take())


@when("another room is taken")
def step_take(context):
    keep(context, [context.pool.take(), context.pool.take()])


@then("it and a fresh room answer alike to")
def step_alike(context):
    fresh = context.builder.with_determinism(pool_checks.SEED).build()
    context.add_cleanup(fresh.close)
    fresh.start_generic()
    questions = [question for (question,) in context.table.rows]
    pooled, wanted = pool_checks.answers([context.taken[0], fresh], questions)
    assert pooled == wanted and all(wanted.values()), (pooled, wanted)


@then("containers of rooms of the pool cannot reach each other")
def step_apart(context):
    assert not (reached := pool_checks.reached(*context.taken)), reached


@then("it closes without a trace")
def step_trace(context):
    context.taken[0].close()
    assert context.taken[0].id not in pool_checks.rooms_known(context.taken[0].engine)


@when("{count:d} rooms are taken one after the other")
def step_take_many(context, count):
    for _ in range(count):
        keep(context, [context.pool.take()])


@when("{count:d} rooms are taken at the same time")
def step_take_together(context, count):
    keep(context, pool_checks.take_together(context.pool, count))


@then("they are {count:d} rooms, each with a container of its own that runs")
def step_distinct(context, count):
    pool_checks.assert_distinct(context.taken, count)


@when("the pool closes")
def step_close(context):
    context.pool.close()


@then("the engine knows of no room but those that were taken")
def step_only_taken(context):
    known = pool_checks.rooms_known(context.builder.engine)
    assert known == {room.id for room in context.taken}, known


@then("no room can be taken")
def step_closed(context):
    try:
        context.pool.take()
    except RuntimeError as error:
        assert "closed" in str(error), error
    else:
        raise AssertionError("a room was taken")


@then('taking a room fails with "{text}"')
def step_fails(context, text):
    try:
        context.pool.take()
    except WaitTimeoutError as error:
        assert text in str(error), error
    else:
        raise AssertionError("a room was taken")
