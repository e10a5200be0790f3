"""Steps about what is said on a local network, what counts of it, and nodes that find each other by it."""

from itertools import pairwise

from behave import given, then, when

from marketplace.p2p.local_table import LocalTable
from support.p2p import local_speech
from support.p2p.local_rooms import LocalRoom
from support.p2p.local_speech import PEERS

PLACES = {"ann": "192.0.2.7", "ben": "192.0.2.8"}


@then("what {name:w} says at {place}, with {ports:d} ports, is read as these 3 addresses, for {seconds:d} seconds")
def step_read_back(context, name, place, ports, seconds):
    context.message = local_speech.check_read_back(name, place, ports, seconds)


@then("an independent reader finds a PTR, a TXT, an SRV and an A record in it")
def step_kinds(context):
    assert local_speech.kinds(context.message) == ["PTR", "TXT", "SRV", "A"], local_speech.kinds(context.message)


@when("a message from {source} says {said}")
def step_says(context, source, said):
    context.dialled = local_speech.dialled(said, source)


@then("a node would dial {taken}")
def step_dials(context, taken):
    assert context.dialled == taken, context.dialled


@then("random bytes, and messages with bytes changed, cut off or doubled, are all read without an error")
def step_garbage(_context):
    local_speech.read_garbage(20_000)


@when("1 machine say {count:d} names each")
def step_names_of_one(context, count):
    context.kept = local_speech.names_kept(1, count)


@when("2,000 machines say {count:d} names each")
def step_names_of_many(context, count):
    context.kept = local_speech.names_kept(2_000, count)


@when("1 machine say {count:d} messages within a second each")
def step_messages(context, count):
    context.kept = local_speech.messages_read(count)


@then("{kept:d} of them count")
def step_kept(context, kept):
    assert context.kept == kept, context.kept


@when("{source} tells of ann for {seconds:d} seconds")
def step_tells(context, source, seconds):
    context.local_table = LocalTable()
    local_speech.tell(context.local_table, source, "ann", seconds, 0.0)


@then("ann counts after {before:d} seconds, and not after {after:d}")
def step_expires(context, before, after):
    assert (context.local_table.names(before), context.local_table.names(after)) == (["ann"], [])


@when("{source} takes ann back")
def step_goodbye(context, source):
    local_speech.tell(context.local_table, source, "ann", 0, 1.0)


@when("{source} tells of {count:d} names, and then of ann")
def step_tells_much(context, source, count):
    context.local_table = LocalTable()
    for number in range(count):
        local_speech.tell(context.local_table, source, f"name {number}", 4500, number / 50)
    local_speech.tell(context.local_table, source, "ann", 120, 3.0)


@then("ann still counts")
def step_counts(context):
    assert "ann" in context.local_table.names(3.0)


@then("ann counts no more")
def step_counts_no_more(context):
    assert context.local_table.names(1.0) == []


@given("ann's and ben's nodes in one network, on a clock of their own")
def step_room(context):
    context.local = LocalRoom()
    context.add_cleanup(context.local.close)
    for name, place in PLACES.items():
        context.local.start(name, place)


@then("each finds the other within {seconds:d} seconds")
def step_find(context, seconds):
    context.local.pass_time(seconds)
    assert context.local.found == {"ann": {PEERS["BEN"]}, "ben": {PEERS["ANN"]}}, context.local.found


@when("they are cut off from each other for {minutes:d} minutes")
def step_cut(context, minutes):
    context.local.cut = True
    context.local.pass_time(minutes * 60)


@then("neither has heard of the other")
def step_forgotten(context):
    assert [context.local.heard(name) for name in PLACES] == [0, 0]


@when("the cut is mended")
def step_mended(context):
    context.local.cut = False


@then("neither has told of itself more often than once a second")
def step_seldom(context):
    for place in PLACES.values():
        told = context.local.told_at(place)
        assert len(told) > 5 and all(later - earlier >= 1.0 for earlier, later in pairwise(told)), told


@when("{name:w}'s node ends")
def step_end(context, name):
    context.local.end(name)


@then("{name:w}'s has heard of nobody")
def step_nobody(context, name):
    assert context.local.heard(name) == 0


@when("{name:w}'s node gets the address {place}")
def step_move(context, name, place):
    context.local.move(name, place)


@then("who listens hears of it at {place} within {seconds:d} seconds")
def step_moved(context, place, seconds):
    context.local.pass_time(seconds)
    assert context.local.told_at(place)
