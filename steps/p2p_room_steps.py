"""Steps about networks of nodes in rooms: topologies, publications, faults and enemies."""

from behave import given, then, when

from support.p2p import room_checks
from support.p2p.room_checks import open_room


def of(number):
    return f"node-{number}"


@given("a network of {count:d} nodes on {engine:w}")
def step_network(context, count, engine):
    context.peers = open_room(context, engine, count)


@given("a network of {count:d} nodes on {engine:w}, of which none looks for further peers")
def step_drawn(context, count, engine):
    context.peers = open_room(context, engine, count, dict.fromkeys(range(count), ("--no-discover",)))


@given("a network of {count:d} nodes on {engine:w}, of which peer {number:d} is light")
def step_light(context, count, engine, number):
    context.peers = open_room(context, engine, count, {number: ("--light", "--no-discover")})


@given("a network of {count:d} nodes on {engine:w}, of which peer {number:d} has a disk of {size:d} MB")
def step_small(context, count, engine, number, size):
    context.peers = open_room(context, engine, count, disks={number: size * 10**6})


@then("peer 0 is connected to all others, and each of them to peer 0 alone")
def step_star(context):
    room_checks.check_star(context.peers)


@then("each node is in the gossip mesh of another")
def step_mesh(context):
    room_checks.check_mesh(context.peers)


@given("peer {node:d} publishes {count:d} releases of {id_} together")
@when("peer {node:d} publishes {count:d} releases of {id_} together")
@when("peer {node:d} publishes {count:d} release of {id_} together")
@given("peer {node:d} publishes {count:d} release of {id_} together")
def step_publish(context, node, count, id_):
    context.told = context.peers.publish(of(node), id_, of(node), count)
    assert all(told.get("peers") for told in context.told), context.told


@when("peer {node:d} publishes {count:d} releases of {id_} together, however few it reaches")
def step_publish_alone(context, node, count, id_):
    context.told = context.peers.publish(of(node), id_, of(node), count)


@when("peer {node:d} publishes {size:d} MB as {id_}")
def step_publish_large(context, node, id_, size):
    told = context.peers.publish(of(node), id_, of(node), 1, size * 10**6)
    assert told[0].get("peers"), told


@then("it is told that {count:d} peers have them")
def step_told(context, count):
    reached = {told.get("peers") for told in context.told}
    assert reached == {count}, (context.told[0], context.peers.ask("node-0", "peers"))


@then("it is told that at least {count:d} peers have them")
def step_told_least(context, count):
    assert all(told.get("peers", 0) >= count for told in context.told), context.told


@then("all nodes come to hold the same {count:d} releases, never {seconds:d} seconds without progress")
def step_alike(context, count, seconds):
    room_checks.check_alike(context.peers, count, seconds)


@then("peer 0, peer 1 and peer 3 come to hold the same {count:d} releases, never {seconds:d} seconds without progress")
def step_some_alike(context, count, seconds):
    room_checks.check_alike(context.peers, count, seconds, ["node-0", "node-1", "node-3"])


@then("peer {node:d} adds and verifies {id_}")
@given("peer {node:d} adds {id_} from the peers, and verifies it")
@when("peer {node:d} adds {id_} from the peers, and verifies it")
def step_add(context, node, id_):
    context.peers.json(of(node), "add", id_, "--registry", "p2p")
    assert context.peers.json(of(node), "verify")["ok"]


@given("within {seconds:d} seconds each node is connected to at least {least:d} others")
@then("within {seconds:d} seconds each node is connected to at least {least:d} others")
def step_discovered(context, seconds, least):
    room_checks.check_discovered(context.peers, least, seconds)


@then("peer {node:d} knows no release")
def step_knows_none(context, node):
    assert context.peers.ask(of(node), "status")["releases"] == 0


@then("peer {node:d} knows 1 release")
def step_knows_one(context, node):
    assert context.peers.ask(of(node), "status")["releases"] == 1


@then("peer {node:d} has taken no part in gossip")
def step_no_gossip(context, node):
    status = context.peers.ask(of(node), "status")
    assert (status["light"], status["mesh"]) == (True, 0), status


@when("peer {node:d} dies")
def step_kill(context, node):
    context.killed = context.peers.network.faults.kill(of(node))


@when("peer {node:d} comes back")
def step_start_again(context, node):
    context.killed.heal()


@when("peer {node:d} is started anew")
def step_anew(context, node):
    context.peers.network.faults.restart(of(node))


@then("each node fetches {id_} with the same bytes")
def step_same_bytes(context, id_):
    room_checks.check_same_bytes(context.peers, id_)


@when("peer {node:d} is frozen")
def step_freeze(context, node):
    context.frozen = context.peers.network.faults.pause(of(node))


@when("peer {node:d} thaws")
def step_thaw(context, node):
    context.frozen.heal()


@then("within {seconds:d} seconds peer {node:d} is not connected to peer {other:d}")
def step_noticed(context, seconds, node, other):
    left = context.peers.until(lambda: of(other) in context.peers.connected(of(node)), False, seconds)
    assert left is False


@when("peer {first:d} and peer {second:d} are cut off from the others")
def step_cut(context, first, second):
    context.peers.network.faults.partition([of(first), of(second)])


@when("the network heals")
def step_heal(context):
    context.peers.network.faults.heal()


@when("peer {number:d} joins late")
def step_late(context, number):
    context.peers.join(number)


@when("peer {node:d} begins to add {id_}, and peer {provider:d} is killed as soon as it has sent a part")
def step_dies(context, node, id_, provider):
    context.added = room_checks.add_while_dying(context.peers, of(node), id_, of(provider))


@then("peer {node:d} has {id_} verified")
def step_has(context, node, id_):
    assert context.added.exit_code == 0, context.added.stderr.decode()
    packages = {package["id"]: package["ok"] for package in context.peers.json(of(node), "verify")["packages"]}
    assert packages.get(id_) is True, packages


@when("the disk of peer {node:d} is full")
def step_full(context, node):
    context.peers.network.faults.full("/home/user", of(node))


@then("peer {node:d} still answers")
def step_answers(context, node):
    assert context.peers.json(of(node), "node", "status")["id"]


@when("peer {node:d} loses {percent:d} % of its packets, and sends each {late:d} ms late")
def step_loss(context, node, percent, late):
    context.peers.network.faults.loss(percent / 100, of(node))
    context.peers.network.faults.latency(late, of(node))


@when('an enemy joins with "{attack}"')
def step_enemy(context, attack):
    context.enemy = context.peers.enemy(attack)


@then('within {seconds:d} seconds peer {node:d} has banned the enemy for "{offence}"')
def step_banned(context, seconds, node, offence):
    room_checks.check_banned(context.peers, of(node), context.enemy, offence, seconds)


@then('within {seconds:d} seconds peer {node:d} avoids the enemy for "{offence}"')
def step_avoids(context, seconds, node, offence):
    room_checks.check_avoided(context.peers, of(node), context.enemy, offence, seconds)


@then("peer {node:d} publishes {count:d} times without asking the enemy for a sync")
def step_unasked(context, node, count):
    room_checks.check_unasked(context.peers, of(node), context.enemy, count)


@then("peer 1 publishes to peer 0 as before")
def step_as_before(context):
    room_checks.check_as_before(context.peers)


@then("no honest node has used more than {most:d} MB")
def step_memory(context, most):
    room_checks.check_memory(context.peers, most * 10**6)


@when("it has done its worst twice")
def step_twice(context):
    room_checks.wait_for_worst(context.enemy, 2)


@when("peer {node:d} prefers the enemy")
def step_prefers(context, node):
    room_checks.prefer(context.peers, of(node), context.enemy)


@then('peer {node:d} has noted "{offence}" of the enemy')
def step_noted(context, node, offence):
    found = context.peers.standing(of(node), context.enemy.id)
    assert found["offences"].get(offence), found


@then("the enemy is preferred by peer {node:d}, and in its mesh")
def step_embraced(context, node):
    room_checks.check_place(context.peers, of(node), context.enemy, "preferred", in_mesh=True)


@then("the enemy is avoided by peer {node:d}, and not in its mesh")
def step_shunned(context, node):
    room_checks.check_place(context.peers, of(node), context.enemy, "avoided", in_mesh=False)


@when("the enemy leaves and returns")
def step_returns(context):
    context.enemy.container.restart()
    room_checks.wait_for_worst(context.enemy, 2)


@then("peer {node:d} still has it banned, and is not connected to it")
def step_still(context, node):
    room_checks.check_still_banned(context.peers, of(node), context.enemy)


@when("the operator of peer {node:d} lifts the ban")
def step_unban(context, node):
    context.enemy.container.stop()
    context.peers.json(of(node), "node", "unban", context.enemy.id)


@then("peer {node:d} thinks nothing of the enemy")
def step_nothing(context, node):
    found = context.peers.standing(of(node), context.enemy.id)
    assert (found["standing"], found["score"]) == ("neutral", 0.0), found
