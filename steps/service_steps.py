"""Steps about databases and networks of peers in a room."""

from behave import given, then, when

from support.cleanroom.images.services import postgres_image, redis_image
from support.trials import fault_rooms, service_checks
from support.trials.service_checks import lacks


@given("Redis in the room")
def step_redis(context):
    if not lacks(context, redis_image()):
        context.database = context.redis = context.room.start_redis()


@given("Redis in each of the two rooms")
def step_redis_twice(context):
    if not lacks(context, redis_image()):
        context.database = context.redis = context.room.start_redis()
        context.other_redis = context.other_room.start_redis()


@given("PostgreSQL in the room")
def step_postgres(context):
    if not lacks(context, postgres_image()):
        context.database = context.postgres = context.room.start_postgres()


@when('the key "{key}" is set to "{value}" in Redis')
def step_set(context, key, value):
    context.redis.command("SET", key, value)


@when('the row "{value}" is committed to a table in PostgreSQL')
def step_insert(context, value):
    context.postgres.query(f"CREATE TABLE t AS SELECT '{value}' AS v")


@when("the database is killed and started again")
def step_restart(context):
    service_checks.restart(context.database)


@then('Redis gives "{value}" for the key "{key}"')
def step_get(context, value, key):
    assert context.redis.command("GET", key) == value


@then('Redis gives "" for the key "{key}" in the other room')
def step_get_other(context, key):
    assert context.other_redis.command("GET", key) == ""
    assert context.redis.command("GET", key) != ""


@then('PostgreSQL gives the row "{value}"')
def step_select(context, value):
    assert context.postgres.query("SELECT v FROM t") == [[value]]


@then('this machine reaches the database by its URL "{url}"')
def step_url(context, url):
    assert service_checks.connection(context.database) == url


@then('a client in the first room gets "{value}" for "{key}" at the first Redis\'s address, one in the other does not')
def step_apart(context, value, key):
    address = context.redis.address(context.room.network("storage-test-net"))
    near, far = (service_checks.client(room) for room in (context.room, context.other_room))
    found = service_checks.seen(near, address, key, 20.0), service_checks.seen(far, address, key, 1.0)
    assert found[0] == value != found[1], found


@then("the database's processes are all of user {uid:d}, and its root cannot be written")
def step_users(context, uid):
    found = service_checks.users(context.database)
    assert found and set(found) == {str(uid)}, found


@given("a network of {count:d} peers")
def step_peers(context, count):
    context.peers = context.room.start_p2p_network(count)


@given('a network of {count:d} peers that can suffer "{needs}"')
def step_faulty_peers(context, count, needs):
    if reason := fault_rooms.lacking(needs):
        context.scenario.skip(reason)
        return
    context.peers = context.room.start_p2p_network(count)


@then("only {first} was started without a bootstrap, and the others with the address of {same}")
def step_topology(context, first, same):
    found = service_checks.bootstraps(context.peers)
    assert found.pop(first) == "" and set(found.values()) == {context.peers.address(same)}, found


@then("the nodes have {count:d} addresses of p2p-test-net")
def step_addresses(context, count):
    subnet = context.room.network("p2p-test-net").subnet.rpartition(".")[0]
    found = {context.peers.address(name) for name in context.peers.nodes}
    assert len(found) == count and all(address.startswith(f"{subnet}.") for address in found), found


@given("within {seconds:g} seconds each node is answered by all others")
@then("within {seconds:g} seconds each node is answered by all others")
def step_together(context, seconds):
    service_checks.together(context.peers, set(context.peers.nodes), seconds)


@when("the {how} of the peers is cut off")
def step_cut_off(context, how):
    context.cut = set(context.peers.faults.pick(how))
    context.fault = context.peers.faults.partition(context.cut)


@then("within {seconds:g} seconds no node is answered by one of the other side")
def step_sides(context, seconds):
    service_checks.apart(context.peers, context.cut, seconds)


@when("the cut is healed")
def step_heal(context):
    context.fault.heal()


@when("{name} is killed")
def step_kill(context, name):
    context.fault = context.peers.faults.kill(name)


@then("within {seconds:g} seconds the others are answered by one another and not by {name}")
def step_without(context, seconds, name):
    service_checks.together(context.peers, set(context.peers.nodes) - {name}, seconds)


@when("{name} is started again")
def step_start_again(context, name):
    context.fault.heal()
    service_checks.peer_ready(context.peers, name)
