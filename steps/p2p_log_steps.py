"""Steps about publisher logs, sync and views."""

from behave import given, then, when

from marketplace.p2p.logs import Offered, PublisherLogs
from support.p2p import log_laws
from support.p2p.authors import Author, author, take
from support.p2p.log_laws import Pins, check_views_any_order, records_of
from support.p2p.refused_entries import refusal


def publisher(context, name):
    authors = getattr(context, "authors", None)
    if authors is None:
        authors = context.authors = {}
        context.pins = Pins()
    return authors.setdefault(name, Author(name))


def view(context, namespace):
    return check_views_any_order(records_of(*context.authors.values()), namespace, context.pins)


@then("the entries of honest and of forked logs give the same logs in every order")
def step_any_order(context):
    log_laws.check_any_order()


@then("four nodes with parts of the logs come to the same logs, in whatever order they sync")
def step_any_partition(context):
    log_laws.check_any_partition()


@then("who only pulls comes to know all that the server knows, and a whole session leaves both alike")
def step_one_session(context):
    log_laws.check_one_session()


@then("an entry that follows another entry than ours waits for that one")
def step_stray(context):
    assert log_laws.stray_outcome() == (Offered.GAP, 2)


@then("two nodes that know the same {count:d} entries send each other none")
def step_no_op(context, count):
    assert log_laws.no_op_entries(count) == 0


@then("a node that knows {length:d} of {count:d} entries gets {wanted:d}")
def step_rest(context, length, count, wanted):
    assert log_laws.sync_from(length, count) == wanted


@given("the log of {name:w} with {count:d} releases")
def step_log(context, name, count):
    context.author = author(name, count)
    context.logs = PublisherLogs(context.author.entries)


@when("{name:w} signs another entry with the number {seq:d}")
def step_fork(context, name, seq):
    take(context.logs, [context.author.fork(seq, f"io.{name}.other")])


@then("of {name:w}'s log {count:d} entries are left, and the proof has two entries with the number {seq:d}")
@then("of {name:w}'s log {count:d} entry is left, and the proof has two entries with the number {seq:d}")
def step_left(context, name, count, seq):
    fork = context.logs.forks()[context.author.key]
    assert (len(context.logs), [entry.seq for entry in fork]) == (count, [seq, seq])
    assert fork[0].hash != fork[1].hash


@then('an entry of {name:w}\'s that is {what} is refused as "{code}"')
def step_refused(context, name, what, code):
    assert refusal(context.author, what) == code


@given("{name:w} publishes {id_} {first} and {second} in her log")
def step_publishes(context, name, id_, first, second):
    one = publisher(context, name)
    for version in (first, second):
        one.append(one.release(id_, version))


@when("{name:w} publishes {id_} {version} again with other content")
def step_again(context, name, id_, version):
    one = publisher(context, name)
    one.append(one.release(id_, version, "other content"))


@when("{name:w} yanks {id_} {version} in her log")
def step_yanks(context, name, id_, version):
    one = publisher(context, name)
    one.append(one.yank(id_, version))


@when("{namespace} is pinned to {name:w}'s key")
def step_pin(context, namespace, name):
    context.pins = Pins({namespace: context.authors[name].key})


@when("{name:w}'s key is revoked, and nothing is pinned")
def step_revoke(context, name):
    context.pins = Pins(revoked=[context.authors[name].key])


@then('of {namespace} "{wanted}" is shown')
def step_shown(context, namespace, wanted):
    shown = sorted(view(context, namespace).releases)
    assert ", ".join(f"{id_} {version}" for id_, version in shown) == wanted, shown


@then("of {namespace} nothing is shown, and it is contested by {first:w} and {second:w}")
def step_contested(context, namespace, first, second):
    found = view(context, namespace)
    assert not found.releases
    assert set(found.contested) == {context.authors[name].key for name in (first, second)}


@then("{id_} {version} is quarantined with two signed releases as the proof")
def step_quarantined(context, id_, version):
    proof = view(context, id_.rpartition(".")[0]).quarantined[id_, version]
    assert len(proof) == 2 and len({release.content_id for release in proof}) == 2


@then("{id_} {version} is not yanked")
def step_not_yanked(context, id_, version):
    assert (id_, version) not in view(context, id_.rpartition(".")[0]).yanks


@then("{id_} {version} is yanked")
def step_yanked(context, id_, version):
    assert view(context, id_.rpartition(".")[0]).yanks[id_, version].action == "yank"
