"""Steps about what is tried again, and about the answers that a client makes nothing of."""

from behave import given, then, when

from support.centralized import retrying
from support.centralized.asking import Asking
from support.centralized.trickling import TricklingServer, failure_at


@given("a registry behind a fault proxy")
@given("a registry behind a fault proxy, and dice of seed {seed:d}")
def step_registry(context, seed=0):
    context.asking = Asking(context.world.root, seed)
    context.world.defer(context.asking.close)


@then("requests are tried again as this table says")
def step_table(context):
    assert retrying.table() == [tuple(row.cells) for row in context.table], retrying.table()


@then("docs/registries.md has the same table")
def step_documented(_context):
    assert retrying.documented() == [row[0] for row in retrying.table()], retrying.documented()


@when("a document is asked for that is answered with each status from {first:d} to {last:d}")
def step_walk(context, first, last):
    context.ends = retrying.walk(context.asking, first, last)


@then("the attempts and ends were")
def step_ends(context):
    assert context.ends == {tuple(row.cells) for row in context.table}, sorted(context.ends)


@then("each status from {first:d} to {last:d} is tried once and ends as unavailable")
def step_interim(context, first, last):
    assert retrying.scripted(context.world.root, range(first, last + 1)) == {(1, "registry-unavailable")}


@given('the requests meet "{faults}"')
def step_meet(context, faults):
    context.asking.meet(*faults.split(", "))


@given('every request meets "{fault}"')
def step_always(context, fault):
    context.asking.fail_always(fault)


@given('the requests for "{pattern}" meet "{faults}"')
def step_meet_some(context, pattern, faults):
    context.asking.meet(*faults.split(", "), pattern=pattern)


@given("connections are refused by the registry")
def step_refuse(context):
    context.asking.refuse()


@given('the registry has the document "{path}"')
def step_document(context, path):
    context.asking.shelve(path)


@when("the document is asked for")
def step_ask(context):
    context.answer = context.asking.ask()


@when('the document is asked for with the token "{token}"')
def step_ask_with(context, token):
    context.answer = context.asking.ask(token=token)


@when("a request that is not idempotent is sent")
def step_once(context):
    retrying.send_once(context.asking)


@when("a release is sent")
def step_send(context):
    context.answer = retrying.send(context.asking)


@then('"{answer}" is answered')
def step_answered(context, answer):
    assert context.answer == answer, (context.answer, context.asking.notes)


@then('the waits were "{waits}"')
def step_waits(context, waits):
    found = ", ".join(f"{wait:g}" for wait in context.asking.time.slept) or "none"
    assert found == waits, found


@then("{count:d} waits were made")
def step_count_waits(context, count):
    assert len(context.asking.time.slept) == count, context.asking.time.slept


@then('the error says "{text}"')
def step_says(context, text):
    assert text in str(context.asking.error), context.asking.error


@then('the error\'s reason is "{reason}"')
def step_reason(context, reason):
    assert context.asking.error.details["reason"] == reason, context.asking.error.details


@then("the registry received {count:d} requests")
def step_requests(context, count):
    assert context.asking.requests() == count, context.asking.proxy.received()


@then("the registry received exactly these requests")
def step_exactly(context):
    found = context.asking.proxy.received(context.table.headings)
    assert found == [tuple(row.cells) for row in context.table], found


@then('at "{moment}" these headers ask for so many seconds')
def step_headers(context, moment):
    found = [(row["header"], retrying.asked(row["header"], moment)) for row in context.table]
    assert found == [(row["header"], float(row["seconds"])) for row in context.table], found


@given("a server that sends the head of its answer byte by byte, without an end")
def step_trickling(context):
    context.trickling = TricklingServer()
    context.world.defer(context.trickling.close)


@then('asking it with {read:g} s for each byte and {total:g} s in all fails as "{what}"')
def step_trickled(context, read, total, what):
    assert failure_at(context.trickling, read=read, total=total) == what
