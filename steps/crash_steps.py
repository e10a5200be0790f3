"""Steps that disturb a command at its file-system operations."""

import signal

from behave import given, then, when

from support.market.troubles import crash, sync_order, tracing


@given("system calls can be traced here")
def step_traceable(context):
    why = tracing.why_not()
    if why:
        context.scenario.skip(why)


@when('"{command}" is killed at each of its operations')
def step_killed(context, command):
    context.tries = crash.every_operation(context.world, "killed", command)


@when('"{command}" is killed at every third of its operations')
def step_killed_third(context, command):
    context.tries = crash.every_operation(context.world, "killed", command, step=3)


@when('"{command}" meets an EIO at every fifth of its operations')
def step_failing(context, command):
    context.tries = crash.every_operation(context.world, "failing", command, step=5)


@when('"{command}" meets a full disk at every fifth of its operations')
def step_full(context, command):
    context.tries = crash.every_operation(context.world, "full", command, step=5)


@when('the system calls of "{command}" are looked at')
def step_looked_at(context, command):
    context.order = sync_order.SyncOrder.of(crash.calls_of(context.world, command))


@then("each of at least {least:d} blobs was synced before it got its name")
def step_synced_before(context, least):
    assert len(context.order.named) >= least, context.order.named
    assert not context.order.named_unsynced(), context.order.named_unsynced()


@then("the folder of each name was synced before the index was, the last time")
def step_folders_before(context):
    assert context.order.index_synced, "the index was never synced"
    assert not context.order.told_unsynced(), context.order.told_unsynced()


@then("more than {least:d} tries were killed, and each left the old or the new state")
def step_killed_left(context, least):
    assert [tried.exit_code for tried in context.tries].count(-signal.SIGKILL) > least, context.tries
    step_left(context, least)


@then("more than {least:d} tries were made, and each left the old or the new state")
def step_left(context, least):
    wrong = [tried for tried in context.tries if tried.wrong]
    assert not wrong, "\n".join(f"{tried.operation}: {'; '.join(tried.wrong)}" for tried in wrong)
    assert len(context.tries) > least, len(context.tries)


@then("at least {least:d} tries ended with exit code 6 and a hint")
def step_refused(context, least):
    codes = [tried.exit_code for tried in context.tries]
    assert codes.count(6) >= least, codes
