"""Steps about waiting for containers."""

from behave import then, when

from support.cleanroom.deadline import Deadline
from support.cleanroom.waiting import ForPort, WaitTimeoutError
from support.trials import room_checks

_LONG_ENOUGH = 8.0
"""Seconds in which each of nine strategies, all at once, has looked at least once: a command in a container takes a
twentieth of that on an idle machine."""


@then("waiting for each of these succeeds")
def step_waits(context):
    for strategy, argument in context.table:
        context.container.wait(room_checks.strategy(strategy, argument), 60)


@then("waiting for its health takes longer than {seconds:g} seconds")
def step_no_health(context, seconds):
    room_checks.time_out(context.container, [room_checks.strategy("health", "")], seconds)


@when("it writes {path}")
def step_writes(context, path):
    assert room_checks.probe(context.container, "write", path) == "written"


@then('waiting for each of these times out, and tells of the state, of "{line}", of what was wanted and what was seen')
def step_times_out(context, line):
    context.container.wait(room_checks.strategy("log", line), 60)
    waits = [room_checks.strategy(strategy, argument) for strategy, argument, _, _ in context.table]
    for row, told in zip(context.table, room_checks.time_out(context.container, waits, _LONG_ENOUGH), strict=True):
        missing = [part for part in ("state running", line, row["wanted"], row["seen"]) if part not in told]
        assert not missing, f"{missing} in {told}"


@then('waiting {seconds:g} seconds for port "{port:d}" is over early and tells')
def step_over_early(context, seconds, port):
    deadline = Deadline.after(seconds)
    try:
        context.container.wait(ForPort(port), seconds)
    except WaitTimeoutError as error:
        missing = [row[0] for row in context.table if row[0] not in str(error)]
        assert not missing and not deadline.expired(), error
    else:
        raise AssertionError("there was a listener")
