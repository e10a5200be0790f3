"""Steps about exchanges: who serves what, who lies, and what came from whom."""

from behave import given, then, when

from marketplace.model.tree import digest_of
from marketplace.p2p.limits import CHUNK
from support.p2p import plan_laws
from support.p2p.exchanges import Exchange, blob
from support.p2p.liars import LIES, Faltering, Stalling

HALF = CHUNK // 2


def exchange(context):
    context.exchange = Exchange(context.world.root)
    context.world.defer(context.exchange.close)
    return context.exchange


def fetch(context, names=(), text="blob"):
    context.data = blob(text, len(context.data))
    context.result = context.exchange.fetch({digest_of(context.data): len(context.data)}, names)


@given("an honest provider of a blob of {count:d} chunks")
def step_honest(context, count):
    context.data = blob("blob", count * CHUNK)
    exchange(context).honest("honest", context.data)


@given("an honest provider of a blob of {count:d} chunks, which is preferred")
def step_honest_first(context, count):
    step_honest(context, count)
    context.exchange.scores.have("honest", 50.0)


@given("an honest provider of a blob of {size:d} bytes")
def step_small(context, size):
    context.data = blob("blob", size)
    exchange(context).honest("honest", context.data)


@given("{count:d} honest providers of a blob of {chunks:d} chunks")
def step_several(context, count, chunks):
    context.data = blob("blob", chunks * CHUNK)
    exchange(context)
    for number in range(count):
        context.exchange.honest(f"honest-{number}", context.data)


@given("none of them sends a chunk before {count:d} have been asked for one")
def step_hold_back(context, count):
    context.exchange.hold_back(count)


@given('a preferred one that sends "{lie}"')
def step_liar(context, lie):
    context.exchange.providers["liar"] = LIES[lie](context.data, blob("other", len(context.data)))
    context.exchange.scores.have("liar", 50.0)


@given('one that sends "{lie}"')
def step_other_liar(context, lie):
    step_liar(context, lie)
    context.exchange.scores.have("liar", 1.0)


@given("one that has nothing, and is preferred")
def step_empty(context):
    context.exchange.honest("empty")
    context.exchange.scores.have("empty", 50.0)


@given("one that has stalled twice, and stalls again")
def step_slow(context):
    context.exchange.providers["slow"] = Stalling(context.data, b"")
    context.exchange.scores.do("slow", "stall", 2)


@given("a provider of a blob of {count:d} chunks that falters once, after {good:d}")
def step_faltering(context, count, good):
    context.data = blob("blob", count * CHUNK)
    exchange(context).providers["faltering"] = Faltering(context.data, b"", good)


@given("a node that gives a chunk {seconds:d} seconds")
def step_patience(context, seconds):
    context.exchange.chunk_seconds = float(seconds)


@when("the blob is fetched from both")
@when("the blob is fetched from all")
@when("the blob is fetched again")
def step_fetch(context):
    fetch(context)


@when("the blob is fetched twice at the same time")
def step_fetch_twice(context):
    context.result = context.exchange.fetch_twice({digest_of(context.data): len(context.data)})
    assert isinstance(context.result, dict), context.result


@when("the blob is fetched without its size being known, of at most {most:d} MB")
def step_unsized(context, most):
    context.result = context.exchange.fetch_unsized(digest_of(context.data), most * 10**6)


@when("it dies after {count:d} chunks and a half of the blob were sent")
def step_dies(context, count):
    context.exchange.dying["honest"] = count * CHUNK + HALF
    fetch(context)


@when("it is back, and the blob is fetched again")
def step_back(context):
    context.exchange.dying.clear()
    fetch(context)


@when("{days:d} days have gone by")
def step_days(context, days):
    context.exchange.let_age(days)


@when("it is back, and another blob is fetched from it")
def step_another(context):
    context.exchange.dying.clear()
    context.exchange.honest("honest", blob("another", len(context.data)))
    fetch(context, text="another")


@when("somebody else is putting the blob together while another blob is fetched")
def step_another_beside(context):
    with context.exchange.putting_together(context.data):
        step_another(context)


@then("what came of the first blob is kept")
def step_kept(context):
    assert len(context.exchange.waiting()) == 1, context.exchange.waiting()


@then("what came of the first blob is removed")
def step_removed(context):
    assert context.exchange.waiting() == []


@given("a node that died when all the chunks of the blob were there")
def step_all_wait(context):
    context.exchange.let_wait(context.data)


@when("one of the chunks that wait is damaged")
def step_damaged(context):
    context.exchange.damage_one()


@when("the slow one is quick again, and another blob is fetched from both")
def step_quick(context):
    more = [blob(text, len(context.data)) for text in ("second", "third")]
    for name in ("honest", "slow"):
        context.exchange.honest(name, *more)
    fetch(context, text="second")


@when("an hour has gone by, and another blob is fetched from the slow one")
def step_later(context):
    context.exchange.scores.pass_hours(1)
    fetch(context, ["slow"], "third")


@then("the blob is here")
def step_here(context):
    assert not isinstance(context.result, str), (context.result, context.exchange.blamed)
    assert context.exchange.store.read(digest_of(context.data), len(context.data)) == context.data


@then('the fetch ends with "{code}"')
def step_ends(context, code):
    assert context.result == code, context.result
    assert not context.exchange.store.has(digest_of(context.data))


@then('the liar has paid for "{offence}" once, and the honest one for nothing')
def step_paid(context, offence):
    assert context.exchange.blamed == [("liar", offence)], context.exchange.blamed


@then("nobody has paid for anything")
def step_unpaid(context):
    assert context.exchange.blamed == []


@then("from the liar came no more than {most:d} MB")
def step_little(context, most):
    assert context.exchange.received["liar"] <= most * CHUNK, context.exchange.received


@then("from the honest one came no more than {most:d} MB")
def step_little_honest(context, most):
    assert context.exchange.received["honest"] <= most * CHUNK, context.exchange.received


@then("it was asked for the {count:d} chunks that were lacking, once each")
def step_lacking(context, count):
    asked = context.exchange.chunks
    assert len(asked) == asked.total() == count, asked


@then("each chunk was asked for once, but one of them twice")
def step_one_twice(context):
    last = len(context.data) // CHUNK - 1
    assert sorted(context.exchange.chunks.values()) == [1] * last + [2], context.exchange.chunks


@then("the honest one was asked for {count:d} chunk")
def step_asked_honest(context, count):
    asked = context.exchange.chunks
    assert sum(times for (name, _), times in asked.items() if name == "honest") == count, asked


@then("a plan holds its laws in {count:d} courses of events")
def step_plan(context, count):
    plan_laws.check(count)


@then("nothing of the blob waits any more")
def step_none_waits(context):
    assert context.exchange.waiting() == []


@then("no more than {most:d} streams were open at once, and {count:d} providers have sent something")
def step_streams(context, most, count):
    assert context.exchange.most_open == most, context.exchange.most_open
    assert len(context.result) == count, context.result


@then("every chunk was asked for once")
def step_once(context):
    assert sorted(index for _, index in context.exchange.chunks.elements()) == list(range(12))


@then("the slow one is avoided")
def step_avoided(context):
    assert context.exchange.scores.seen("slow") == (-30.0, "avoided"), context.exchange.scores.seen("slow")


@then("nothing of it came from the slow one")
def step_spared(context):
    assert "slow" not in context.exchange.received, context.exchange.received


@then("the slow one is neutral, with {count:d} chunks served")
def step_neutral(context, count):
    seen = context.exchange.scores.seen("slow")
    assert seen == (-15.0 + count, "neutral"), seen
