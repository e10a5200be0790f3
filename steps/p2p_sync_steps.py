"""Steps about syncs: what is asked for and offered, and in which pieces it travels."""

from behave import given, then, when

from marketplace.model.entry import START
from marketplace.p2p.logs import Head
from support.p2p import publications, silences, sync_laws


@when("a node that knows another entry with the number {seq:d} syncs with one that knows the log")
def step_sync_with_proof(context, seq):
    context.travelled, *context.both = sync_laws.sync_with_proof(context.author, seq)


@then("{count:d} entries travel, and both nodes have the proof")
def step_proof_travels(context, count):
    knows, believes = context.both
    assert context.travelled == count
    assert knows.forks() == believes.forks() != {} and knows.summary() == believes.summary()


@when(
    "a node that knows another entry with the number {seq:d} syncs {often} "
    "with one that has another log of {length:d} from {first:d} on"
)
def step_sync_parted(context, seq, often, length, first):
    times = {"once": 1, "twice": 2}[often]
    context.both = sync_laws.sync_parted(context.author, seq, first, length, times)


@then("both nodes have the proof with the number {seq:d}")
def step_proof_number(context, seq):
    forks = [[entry.seq for entry in logs.forks().get(context.author.key, ())] for logs in context.both]
    assert forks == [[seq, seq]] * 2, forks


@then("a node that knows {length:d} of the entries offers nothing to one that says it has all {count:d}")
def step_offers_nothing(context, length, count):
    context.mine = context.author.entries[:length]
    assert sync_laws.offered(context.mine, Head(count, START)) == 0


@then("it offers nothing to one that says it has the proof of a fork, but {few:d} entries to one that has {length:d}")
def step_offers_rest(context, few, length):
    assert sync_laws.offered(context.mine, Head(length, START, (START, START))) == 0
    assert sync_laws.offered(context.mine, Head(length, context.mine[length - 1].hash)) == few


@then("{count:d} entries travel in batches of {first:d}, {second:d} and {third:d}")
def step_batches(context, count, first, second, third):
    assert sync_laws.batches_of(count) == [first, second, third]


@then("of entries of 60 kB no batch has more than a MiB, and none could hold the next entry too")
def step_long_batches(context):
    sync_laws.check_long_batches(60_000, 40)


@then("no entries travel in one empty batch")
def step_no_batch(context):
    assert sync_laws.batches_of(0) == [0]


@then("a summary of {count:d} publishers comes in parts of {first:d}, {second:d} and {third:d} that fit into frames")
def step_parts(context, count, first, second, third):
    assert sync_laws.parts_of(count) == [first, second, third]


@then("a summary of no publisher comes in one empty part")
def step_no_part(context):
    assert sync_laws.parts_of(0) == [0]


@then("the summary {json} is refused")
def step_summary_refused(context, json):
    assert sync_laws.read_summary(json) is None


@then("the summary {json} is read as it is")
def step_summary_read(context, json):
    assert sync_laws.read_summary(json) == {"ann": Head(10**9, START, (START, START)), "ben": Head(0, START)}


@given("a node with an honest peer, and one that {silence}")
def step_silent(context, silence):
    context.silence = silence


@when("the node follows both for {minutes:d} minutes")
def step_follow(context, minutes):
    context.node = silences.follow(context.silence, minutes)


@then('the silent one has paid for "{offence}" {times:d} times, and the honest one for nothing')
def step_silence_paid(context, offence, times):
    assert context.node.paid == {"honest": {}, "silent": {offence: times}}, context.node.paid


@then("the silent one was asked {times:d} times, and the honest one more than {least:d} times")
def step_asked(context, times, least):
    asked = context.node.asked
    assert asked["silent"] == times and asked["honest"] > least, asked


@then("the node knows the 2 entries of the honest one")
def step_knows_two(context):
    assert len(context.node.logs) == 2, len(context.node.logs)


@then("the node knows {count:d} entries")
def step_knows_entries(context, count):
    assert len(context.node.logs) == count, len(context.node.logs)


@when("a peer opens a sync with a node and {silence}")
def step_called(context, silence):
    context.node = silences.called(silence)


@then('it has paid for "{offence}" 1 time')
def step_caller_paid(context, offence):
    assert context.node.paid == {"silent": {offence: 1}}, context.node.paid


@given("a peer that takes {seconds:g} seconds for each entry")
def step_slow_peer(context, seconds):
    context.seconds = seconds


@when("a publisher publishes {count:d} entries")
def step_publish_entries(context, count):
    context.reached = publications.publish(count, context.seconds)


@then("{count:d} peers have confirmed them")
def step_confirmed(context, count):
    assert len(context.reached) == count, context.reached
