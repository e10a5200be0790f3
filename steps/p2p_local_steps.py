"""Steps about nodes in rooms that find each other on the network that they are in."""

import json

from behave import given, then, when

from support.p2p.room_checks import open_room

LOOKING = ("--mdns", "--no-discover")


@given("{count:d} nodes on the local network, of which none is told an address")
def step_local(context, count):
    context.peers = open_room(context, "host", count, dict.fromkeys(range(count), LOOKING), told=False)


@when("peer {number:d} starts, and looks there")
def step_starts_looking(context, number):
    context.peers.join(number, *LOOKING)


@when("peer {number:d} starts, and does not look on the local network")
def step_starts_blind(context, number):
    context.peers.join(number, "--no-discover")


@when("peer {number:d} ends")
def step_ends(context, number):
    context.peers.node(f"node-{number}").stop()


@then("each node has heard {count:d} others on the local network")
def step_all_heard(context, count):
    for name in context.peers.nodes:
        check_heard(context, name, count)


@then("within 60 seconds peer {number:d} has heard {count:d} other on the local network")
def step_heard(context, number, count):
    check_heard(context, f"node-{number}", count)


def check_heard(context, name, count):
    found = context.peers.until(lambda: context.peers.ask(name, "status")["local"], count)
    assert found == count, (name, found)


@then("within 60 seconds peer {number:d} comes to be connected to {others}")
def step_connected(context, number, others):
    name = f"node-{number}"
    wanted = {f"node-{other.removeprefix('peer ')}" for other in others.replace(" and ", ", ").split(", ")}
    found = context.peers.until(lambda: wanted & context.peers.connected(name), wanted)
    assert found == wanted, (found, wanted)


@then("peer {number:d} has no peer")
def step_alone(context, number):
    found = context.peers.connected(f"node-{number}")
    assert not found, found


@given("a machine with a program that shares the port of multicast DNS with nobody")
def step_holder(context):
    context.holder = context.peers.port_holder()


@then('a node that is to look there ends with exit code {code:d}, the code "{error}" and a hint at "{hint}"')
def step_cannot_look(context, code, error, hint):
    done = context.holder.exec(["ggen", "market", "node", "run", "--mdns", "--json", "--listen", "/ip4/0.0.0.0/tcp/0"])
    told = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (done.exit_code, told["code"]) == (code, error) and hint in told["hint"], told


@when("a liar says {kind:w} on the local network")
def step_liar(context, kind):
    context.liar = context.peers.liar(kind)
