"""Steps about the seed of a room."""

from behave import then, when

from support.trials import room_checks


@then("the seed {first:d} gives twice the same, and another than the seed {second:d}, for")
def step_seed(context, first, second):
    for row in context.table:
        made = [room_checks.drawn(seed, row[0]) for seed in (first, first, second)]
        assert made[0] == made[1] != made[2], (row[0], made)


@then("drawing more under one name leaves what another name gives as it was")
def step_streams(context):
    assert room_checks.independent_streams()


@when("the same things happen in rooms on {engine:w} with the seeds {first:d}, {second:d} and {third:d}")
def step_same_things(context, engine, first, second, third):
    context.transcripts = [room_checks.story(context.session.rooms, engine, seed) for seed in (first, second, third)]


@when("the same things happen in a room on {one:w} and in one on {other:w} with the seed {seed:d}")
def step_same_on_both(context, one, other, seed):
    context.transcripts = [room_checks.story(context.session.rooms, engine, seed) for engine in (one, other)]


@then("the first two transcripts are equal, and are not empty")
def step_equal(context):
    first, second = context.transcripts[:2]
    assert first.lines and first.lines == second.lines and first.digest() == second.digest(), (first, second)


@then("the third differs")
def step_differs(context):
    assert context.transcripts[2].digest() != context.transcripts[0].digest()


@when("marketplaces are set up on {engine:w} with the seeds {first:d} and {second:d}")
def step_marketplaces(context, engine, first, second):
    context.transcripts = [room_checks.published(context.session.rooms, engine, seed) for seed in (first, second)]
