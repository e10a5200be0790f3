"""Steps about users who share packages by nodes of their own."""

import shlex
from datetime import UTC, datetime

from behave import given, then, when

from support.market.samples import example_folders
from support.p2p.homes import User

PEERS = ("--registry", "p2p")


def user(context, name):
    users = getattr(context, "users", None)
    if users is None:
        users = context.users = {}
    if name not in users:
        users[name] = User(context.world, name)
        context.world.defer(users[name].close)
    return users[name]


def folder(id_):
    return str(next(path for path in example_folders() if path.parent.name == id_))


@given("{name:w}, who runs no node")
def step_no_node(context, name):
    user(context, name)


@given("{name:w} runs a node")
def step_runs(context, name):
    user(context, name).run_node()
    context.users[name].json("key", "new")


@given("{first:w} runs a node, and {second:w} one that joins by it")
def step_two(context, first, second):
    step_runs(context, first)
    step_joins(context, second, first)
    for name in (first, second):
        context.users[name].comes_to("mesh", 1)


@when("{name:w} runs a node that joins by {other:w}'s")
def step_joins(context, name, other):
    user(context, name).run_node([context.users[other].address])


@given("{name:w} publishes {id_} among the peers")
@when("{name:w} publishes {id_} among the peers")
def step_publish(context, name, id_):
    context.receipt = context.users[name].json("publish", folder(id_), *PEERS)


@when("{name:w} tries to publish {id_} among the peers")
def step_try_publish(context, name, id_):
    context.refusal = context.users[name].error("publish", folder(id_), *PEERS)


@then('{name:w} is refused with exit code {code:d} and the code "{error}"')
def step_refused(context, name, code, error):
    assert (context.refusal[0], context.refusal[1]["code"]) == (code, error), context.refusal


@then('for {name:w} a node on these addresses fails with exit code {code:d} and the code "{error}"')
def step_no_address(context, name, code, error):
    taken = context.users["ann"].address.partition("/p2p/")[0]
    for row in context.table:
        address = taken if row["listen"] == "ann's" else row["listen"]
        refused, found = user(context, name).error("node", "run", "--listen", address)
        assert (refused, found["code"]) == (code, error), found
        assert row["why"] in found["message"] and address in found["message"], found


@then("{name:w} is told that {peers:d} peer has it, and that {records:d} provider record names her")
def step_reach(context, name, peers, records):
    told = context.receipt
    assert (told["published"], told["peers"], told["provider_records"]) == (True, peers, records), told


@then(
    "her node's status shows {release} with {records:d} record, when it was refreshed, and that it expires "
    "{hours:d} hours later"
)
def step_provided(context, release, records, hours):
    ann = context.users["ann"]
    shown = [item for item in ann.json("node", "status")["provided"] if item["packages"] == [release]]
    assert [item["records"] for item in shown] == [records], shown
    assert shown[0]["expires"] - shown[0]["refreshed"] == hours * 3600, shown
    line = next(line for line in ann.ggen("node", "status").stdout.splitlines() if release in line)
    told = [
        datetime.fromtimestamp(shown[0][name], UTC).isoformat(" ", "minutes")[:16] for name in ("refreshed", "expires")
    ]
    assert all(time in line for time in told), (line, told)


@then('{name:w} finds {id_} by "{words}" among the peers')
def step_finds(context, name, id_, words):
    page = context.users[name].json("search", words, *PEERS)
    assert [(hit["id"], hit["registry"]) for hit in page["results"]] == [(id_, "p2p")], page


@then("the quality of {id_} is measured on {name:w}'s machine, and unknown on {other:w}'s")
def step_quality(context, id_, name, other):
    found = context.users[name].json("info", id_, *PEERS)["quality"]
    assert found["score"] > 0 and found["verified"], found
    assert context.users[other].json("info", id_, *PEERS)["quality"] is None


@then("the quality of {id_} is the same on {name:w}'s machine and on {other:w}'s")
def step_same_quality(context, id_, name, other):
    one, two = (context.users[user].json("info", id_, "--quality", *PEERS)["quality"] for user in (name, other))
    assert one["dimensions"] == two["dimensions"] and one["score"] == two["score"], (one, two)


@when("{name:w} adds {id_} from the peers")
def step_add(context, name, id_):
    context.users[name].json("add", id_, *PEERS)


@then("{name:w}'s project has {id_} verified, and locked to {publisher:w}'s key")
def step_verified(context, name, id_, publisher):
    assert context.users[name].json("verify")["ok"]
    (package,) = context.users[name].json("list")["packages"]
    key = context.users[publisher].json("key", "export")["key"]
    assert (package["id"], package["registry"], package["key"]) == (id_, "p2p", key), package


@when('{name:w} yanks {release} among the peers because of "{reason}"')
def step_yank(context, name, release, reason):
    context.users[name].json("yank", release, "--reason", reason, *PEERS)


@when("{name:w} takes the yank of {release} back among the peers")
def step_unyank(context, name, release):
    context.users[name].json("unyank", release, *PEERS)


@then('{name:w} is shown {release} as yanked because of "{reason}"')
def step_yanked(context, name, release, reason):
    assert context.users[name].json("info", release, *PEERS)["yanked"] == reason


@then("{name:w} is shown {release} as not yanked")
def step_not_yanked(context, name, release):
    assert context.users[name].json("info", release, *PEERS)["yanked"] is None


@then("{name:w} comes to know {id_}")
def step_knows(context, name, id_):
    assert context.users[name].knows(id_)


@then('for {name:w} these fail with exit code {code:d}, the code "{error}" and a hint at "{hint}"')
def step_all_fail(context, name, code, error, hint):
    for row in context.table:
        exit_code, found = context.users[name].error(*shlex.split(row["verb"]))
        assert (exit_code, found["code"]) == (code, error) and hint in found["hint"], (row["verb"], found)


@when("{name:w} ends her node, and runs it again")
def step_again(context, name):
    context.before = context.users[name].id
    context.ended = context.users[name].stop_node()
    context.users[name].run_node()


@then("it has ended with exit code {code:d}")
def step_ended(context, code):
    assert context.ended == code


@then("{name:w}'s node has the same id, and still knows {id_}")
def step_same(context, name, id_):
    assert context.users[name].id == context.before
    assert context.users[name].knows(id_)
