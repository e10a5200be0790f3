"""Steps that try to break what a policy promises."""

from behave import given, then, when

from support.cleanroom.engine import firewall
from support.cleanroom.engine.base import EngineError
from support.cleanroom.reaper import current_run
from support.trials import room_checks


@given("a service of this machine that listens on all addresses")
def step_service(context):
    context.service = room_checks.Service()
    context.add_cleanup(context.service.close)


@when("it allocates {megabytes:d} MB")
def step_allocate(context, megabytes):
    context.done = context.container.exec(["cleanroom-probe", "allocate", str(megabytes)])


@then("that is killed")
def step_killed(context):
    assert context.done.exit_code == 137, context.done


@then("the container's state tells of the want of memory")
def step_oom(context):
    assert context.container.state().oom_killed, context.container.state()


@when("it computes for {seconds:g} seconds")
def step_burn(context, seconds):
    context.burn = room_checks.burn(context.container, seconds)


@then("it was given at most {cores:g} cores")
def step_given(context, cores):
    assert context.burn.cores <= cores * room_checks.SLACK, context.burn


@then("it was made to wait")
def step_throttled(context):
    assert context.burn.throttled_periods > 0, context.burn


@then("it was not made to wait")
def step_not_throttled(context):
    assert context.burn.throttled_periods == 0, context.burn


@when("it starts {count:d} processes")
def step_fork(context, count):
    context.forked = room_checks.probe_json(context.container, "fork", str(count))


@then("fewer than {limit:d} were started and the next was refused")
def step_fewer(context, limit):
    assert 0 < context.forked["started"] < limit and context.forked["refused"] == "EAGAIN", context.forked


@then("writing gives")
def step_writing(context):
    for path, outcome in context.table:
        told = room_checks.probe(context.container, "write", path)
        assert told == outcome, f"{path}: {told}"


@then('filling {path} with {size:d} MB gives "{outcome}"')
def step_filling(context, path, size, outcome):
    told = room_checks.probe(context.container, "fill", path, str(size))
    assert told == outcome, told


@then('looking up "{name}" gives "{outcome}"')
def step_resolve(context, name, outcome):
    told = room_checks.probe(context.container, "resolve", name)
    assert told == outcome, told


@then("connecting to {host} port {port:d} fails")
def step_connect_fails(context, host, port):
    assert not (reached := room_checks.reached(context.container, [host], port)), reached


@then("connecting to the service at the room's gateway fails")
def step_gateway(context):
    reached = room_checks.reached(context.container, [context.room.network().gateway], context.service.port)
    assert not reached, reached


@then('connecting to the service at the room\'s gateway gives "connected"')
def step_gateway_connected(context):
    told = room_checks.connect(context.container, context.room.network().gateway, context.service.port)
    assert told == "connected", told


@then("connecting to the service at each address of this machine fails")
def step_addresses(context):
    reached = room_checks.reached(context.container, room_checks.addresses(), context.service.port)
    assert not reached, reached


@then("this machine reaches the service at each of its addresses")
def step_control(context):
    for address in room_checks.addresses():
        context.service.reach(address)


@then("the first room's container can connect to the server")
def step_can_connect(context):
    told = room_checks.connect(context.container, context.server.address(context.room.network()), 8000)
    assert told == "connected", told


@then("the first room's container cannot connect to the server")
def step_cannot_connect(context):
    reached = room_checks.reached(context.container, [context.server.address(context.room.network())], 8000)
    assert not reached, reached


@then("the other room's container cannot connect to the server")
def step_stranger(context):
    reached = room_checks.reached(context.stranger, [context.server.address(context.room.network())], 8000)
    assert not reached, reached


@then("its programs run as user {uid:d} without capabilities, and cannot gain any")
def step_identity(context, uid):
    found = room_checks.probe_json(context.container, "identity")
    assert (found["uid"], found["CapEff"], found["CapPrm"], found["NoNewPrivs"]) == (uid, 0, 0, 1), found


@then("every try to rise is refused")
def step_rise(context):
    tries = room_checks.probe_json(context.container, "rise")
    assert len(tries) >= 7 and "allowed" not in tries.values(), tries


@then('a policy with a limit of {value} for {limit} is refused with "{message}"')
def step_limit_refused(context, value, limit, message):
    assert message in room_checks.refusal(limit, value)


@then('a network that is named "{name}" is refused with "{message}"')
def step_network_refused(context, name, message):
    try:
        context.room.engine.create_network(name, context.room.labels, context.room.policy)
    except EngineError as error:
        assert message in str(error), error
    else:
        raise AssertionError("it was made")


@then("the firewall has no rule of this run")
def step_no_rules(context):
    found = [rule for rule, run in firewall.rules() if run == str(current_run().id)]
    assert not found, found
