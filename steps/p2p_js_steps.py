"""Steps about a node of another implementation."""

from behave import then, when

from support.p2p.js_peers import JsPeer


@when("a node of js-libp2p joins by the address of peer {number:d}")
def step_joins(context, number):
    context.js_peer = JsPeer(context.peers)
    context.js_peer.join(number)


@then("it has had an answer to its ping, and knows peer {number:d} to speak the protocols of the marketplace")
def step_speaks(context, number):
    context.js_peer.check_speaks(number)


@then("it is in a gossip mesh with peer {number:d}")
def step_mesh(context, number):
    context.js_peer.check_mesh(number)


@then("it hears that {release} was published")
def step_hears(context, release):
    context.js_peer.check_heard(release)


@then("it finds peer {number:d} as the provider of {id_}, by asking others")
def step_providers(context, number, id_):
    context.js_peer.check_providers(id_, number)


@then("it finds {release} in the DHT as the newest release")
def step_record(context, release):
    context.js_peer.check_record(release)


@then("peer {number:d} still thinks well of it, and syncs with peer {other:d} alone")
def step_standing(context, number, other):
    name, id_ = f"node-{number}", context.js_peer.id
    found = context.peers.standing(name, id_)
    assert (found["standing"], found["offences"]) == ("neutral", {}), found
    assert (found["connected"], found["syncs"]) == (True, False), found
    assert context.peers.standing(name, context.peers.program.id_of(other))["syncs"]


@when("a node of js-libp2p looks on the local network, and dials nobody")
def step_looks(context):
    context.js_peer = JsPeer(context.peers, "--local")


@then("within 60 seconds peer {first:d} and peer {second:d} are connected to it")
def step_found(context, first, second):
    for number in (first, second):
        context.js_peer.check_found_by(number)


@then("it has found peer {first:d} and peer {second:d} at their addresses")
def step_finds(context, first, second):
    for number in (first, second):
        context.js_peer.check_discovered(number)
