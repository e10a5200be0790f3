"""Steps about limits and locks at the registry's doors."""

from behave import given, then, when

from support.market import stores
from support.market.troubles import limits


@when("a signed release of a tree of {what} comes to {door}")
def step_bring(context, what, door):
    context.code = limits.bring(context.world, what, door)


@then('the release is refused with "{code}"')
def step_release_refused(context, code):
    assert context.code == code, context.code


@given("another process holds a lock on the content store")
def step_held(context):
    context.holder = limits.Holder(context.world.root / "store" / "gc.lock")
    context.world.defer(context.holder.kill)


@when("collecting garbage waits for it and the holder {state}")
def step_wait(context, state):
    context.refusal, context.notes = limits.collect_beside(context.world.root / "store", context.holder, state)


@then("the collection gives up, naming the holder and the setting")
def step_gives_up(context):
    named = f"process {context.holder.process.pid} "
    assert "lock-timeout" in context.refusal and named in context.refusal and "lock_timeout" in context.refusal


@then("the collection is told of the holder after a second, then done")
def step_freed(context):
    assert not context.refusal and f"process {context.holder.process.pid} " in context.notes, context.notes


@when("the lock file of the content store is a link, and garbage is collected")
def step_linked(context):
    store = stores.make("filesystem", context.world.root)
    store.root.mkdir()
    (store.root / "gc.lock").symlink_to(context.world.root / "elsewhere")
    context.code = stores.code_of(lambda: store.gc([]))


@when('"{name}" is published, and before each of its files garbage is to be collected')
def step_collect_amid(context, name):
    context.codes, context.lacking = limits.collect_amid_publishing(context.world, context.world.project / name)


@then("the collection had to wait {times:d} times, and nothing of the release is missing")
def step_collection_waited(context, times):
    assert not context.lacking, context.lacking
    assert context.codes.count("lock-timeout") == times, context.codes
