"""Steps about whole syncs between two nodes in this process, and about logs on a full disk."""

import tempfile
from pathlib import Path

from behave import given, then, when

from support.p2p import full_disk, sync_sessions
from support.p2p.authors import author
from support.p2p.sync_sessions import MemoryKeeper, first_entries, session


@given(
    "a node that knows {ann:d} entries of ann's and {one:d} of eve's, "
    "and one that knows {ben:d} of ben's and {other:d} of eve's"
)
def step_nodes(context, ann, one, ben, other):
    context.one, context.other = (
        MemoryKeeper(first_entries(ann=ann, eve=one)),
        MemoryKeeper(first_entries(ben=ben, eve=other)),
    )


@given("two nodes that know {count:d} publishers, of whom one lacks the first and the last")
def step_many(context, count):
    everything, between = sync_sessions.many_publishers(count)
    context.one, context.other = MemoryKeeper(between), MemoryKeeper(everything)


@when("the one syncs with the other")
def step_sync(context):
    assert session(context.one, context.other) == ("", "")


@then("both know the same {count:d} entries")
def step_same(context, count):
    assert context.one.logs.summary() == context.other.logs.summary()
    assert len(context.one.logs) == count


@then("when they sync again no entry travels")
def step_again(context):
    context.one.came = context.other.came = 0
    assert session(context.one, context.other) == ("", "")
    assert (context.one.came, context.other.came) == (0, 0)


@given("a node that knows 1 entry of ann's, and a liar with an entry of hers that is {what}")
def step_liar(context, what):
    ann = author("ann", 2)
    context.node, context.liar = MemoryKeeper(ann.entries[:1]), sync_sessions.liar(ann, what)


@when("the node syncs with the liar")
def step_call_liar(context):
    context.noticed, _ = session(context.node, context.liar)


@when("the liar syncs with the node")
def step_serve_liar(context):
    _, context.noticed = session(context.liar, context.node)


@then("the liar is named as a forger, and the node knows 1 entry")
def step_forger(context):
    assert (context.noticed, len(context.node.logs)) == ("ForgedError", 1)


@given("a node's logs with 1 entry of ann's on a disk that is full")
def step_full(context):
    folder = tempfile.TemporaryDirectory()
    context.add_cleanup(folder.cleanup)
    context.folder = Path(folder.name)


@when("two more of ann's entries and another first one of eve's are offered")
def step_offered(context):
    context.told = full_disk.run(context.folder)


@then("it is told that the disk cannot be written, and what is known is what it was")
def step_as_it_was(context):
    assert context.told.get("error") in ("disk-full", "index-unwritable"), context.told
    assert context.told["full"] == context.told["before"], context.told


@when("there is room, and they are offered again")
def step_room(context):
    assert context.told["outcomes"] == "added added fork", context.told


@then("they are known, also to who opens the logs again")
def step_known(context):
    assert context.told["opened"] == context.told["after"] != context.told["before"], context.told
