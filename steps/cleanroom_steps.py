"""Steps about rooms: policies, waiting, containers, what is left, determinism, a marketplace in a room."""

import shlex

from behave import given, then, when

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import EngineError, ExecTimeoutError
from support.cleanroom.policy import Policy
from support.cleanroom.rooms import strictest
from support.cleanroom.waiting import ForPort, WaitTimeoutError
from support.market.marketplace_room import PROJECT
from support.trials import room_checks
from support.trials.image_checks import THREE_DAYS, OldImages
from support.trials.victim import Victim


def open_room(context, engine, policy=None):
    room = context.session.rooms.builder(engine).with_policy(policy or Policy.strict_isolation()).build()
    context.add_cleanup(room.close)
    return room


@given("a strict room on {engine:w}")
def step_room(context, engine):
    context.room = open_room(context, engine)


@given("a room on {engine:w}, as strict as that can be")
def step_strictest(context, engine):
    context.room = open_room(context, engine, strictest(context.session.rooms.builder(engine).engine))


@given("another strict room on {engine:w}")
def step_other_room(context, engine):
    context.other_room = open_room(context, engine)


@given("a room on {engine:w} that is only cut off")
def step_cut_off(context, engine):
    context.room = open_room(context, engine, Policy.network_isolated())


@given("a room on {engine:w} that is like production")
def step_production(context, engine):
    context.room = open_room(context, engine, Policy.production_like())


@given("a strict room on {engine:w} with {amount} of memory")
def step_memory(context, engine, amount):
    context.room = open_room(context, engine, Policy.strict_isolation().with_memory_limit(amount))


@given("a strict room on {engine:w} with {cores:g} cores")
def step_cores(context, engine, cores):
    context.room = open_room(context, engine, Policy.strict_isolation().with_cpu_limit(cores))


@given("a strict room on {engine:w} with {count:d} processes")
def step_pids(context, engine, count):
    context.room = open_room(context, engine, Policy.strict_isolation().with_pids_limit(count))


@given("a strict room on {engine:w} whose programs are root")
def step_root(context, engine):
    context.room = open_room(context, engine, Policy.strict_isolation().with_user("0:0"))


@given("a service of this machine that listens on all addresses")
def step_service(context):
    context.service = room_checks.Service()
    context.add_cleanup(context.service.close)


@when("a container is started")
def step_container(context):
    context.container = context.room.start_generic()


@when("a container is started in the other room")
def step_container_elsewhere(context):
    context.stranger = context.other_room.start_generic()


@when("a container is started with a volume at {target}")
def step_with_volume(context, target):
    context.volume = context.room.volume("shared")
    context.container = context.room.start_generic(mounts={target: context.volume})


@when("another container is started with the volume at {target}")
def step_another(context, target):
    context.other = context.room.start_generic(mounts={target: context.volume})


@when("a container is started with {size:d} MB of scratch at {path}")
def step_scratch(context, size, path):
    context.container = context.room.start_generic(scratch={path: size * 1_000_000})


@when('a container is started with the command "{command}"')
def step_command(context, command):
    context.container = context.room.start_generic(tuple(shlex.split(command)))


@when("a container is started whose health check wants the file {path}")
def step_health(context, path):
    context.container = context.room.start_generic(health_check=("test", "-e", path))


@when("a server is started")
@when("a server is started with the file {name}")
def step_server(context, name=""):
    context.server = context.container = context.room.start_http({name: b"hello"} if name else None)


@when("it allocates {megabytes:d} MB")
def step_allocate(context, megabytes):
    context.done = context.container.exec(["cleanroom-probe", "allocate", str(megabytes)])


@then("that succeeds")
def step_succeeds(context):
    assert context.done.exit_code == 0, context.done


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


@then("the container still runs")
def step_runs(context):
    assert context.container.state().status == "running", context.container.state()


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
    told = room_checks.connect(context.container, host, port)
    assert told in room_checks.NOT_CONNECTED, told


@then("connecting to the service at the room's gateway fails")
def step_gateway(context):
    told = room_checks.connect(context.container, context.room.network().gateway, context.service.port)
    assert told in room_checks.NOT_CONNECTED, told


@then('connecting to the service at the room\'s gateway gives "connected"')
def step_gateway_connected(context):
    told = room_checks.connect(context.container, context.room.network().gateway, context.service.port)
    assert told == "connected", told


@then("connecting to the service at each address of this machine fails")
def step_addresses(context):
    for address in room_checks.addresses():
        told = room_checks.connect(context.container, address, context.service.port)
        assert told in room_checks.NOT_CONNECTED, f"{address}: {told}"


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
    told = room_checks.connect(context.container, context.server.address(context.room.network()), 8000)
    assert told in room_checks.NOT_CONNECTED, told


@then("the other room's container cannot connect to the server")
def step_stranger(context):
    told = room_checks.connect(context.stranger, context.server.address(context.room.network()), 8000)
    assert told in room_checks.NOT_CONNECTED, told


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


@then('starting a container is refused with "{message}"')
def step_start_refused(context, message):
    try:
        context.room.start_generic()
    except EngineError as error:
        assert message in str(error), error
    else:
        raise AssertionError("it was started")


@then("waiting for each of these succeeds")
def step_waits(context):
    for strategy, argument in context.table:
        context.container.wait(room_checks.strategy(strategy, argument), 20)


@then("waiting for its health takes longer than {seconds:g} seconds")
def step_no_health(context, seconds):
    room_checks.time_out(context.container, room_checks.strategy("health", ""), seconds)


@when("it writes {path}")
def step_writes(context, path):
    assert room_checks.probe(context.container, "write", path) == "written"


@then('waiting for each of these times out, and tells of the state, of "{line}", of what was wanted and what was seen')
def step_times_out(context, line):
    context.container.wait(room_checks.strategy("log", line), 20)
    for strategy, argument, wanted, seen in context.table:
        told = room_checks.time_out(context.container, room_checks.strategy(strategy, argument), 0.8)
        missing = [part for part in ("state running", line, wanted, seen) if part not in told]
        assert not missing, f"{missing} in {told}"


@then('waiting {seconds:g} seconds for port "{port:d}" is over early and tells')
def step_over_early(context, seconds, port):
    deadline = Deadline.after(seconds)
    try:
        context.container.wait(ForPort(port), seconds)
    except WaitTimeoutError as error:
        missing = [row[0] for row in context.table if row[0] not in str(error)]
        assert not missing and not deadline.expired(), error
    else:
        raise AssertionError("there was a listener")


@when('it runs "{command}"')
def step_runs_command(context, command):
    context.done = context.container.exec(shlex.split(command))


@then('the exit code is {code:d}, the output "{out}" and the error output "{err}"')
@then('the exit code is {code:d}, the output "" and the error output ""')
def step_outputs(context, code, out="", err=""):
    expected = (code, out.replace("\\n", "\n").encode(), err.replace("\\n", "\n").encode())
    assert (context.done.exit_code, context.done.stdout, context.done.stderr) == expected, context.done


@then('running "{command}" for at most {seconds:g} seconds times out after "{begun}"')
def step_exec_deadline(context, command, seconds, begun):
    try:
        context.container.exec(shlex.split(command), seconds)
    except ExecTimeoutError as error:
        assert error.stdout == begun.encode() + b"\n", error.stdout
    else:
        raise AssertionError("it ended")


@then('no process inside has "{word}" among its arguments')
def step_no_process(context, word):
    found = room_checks.processes(context.container)
    assert found and not any(word in line for line in found), found


@when("{count:d} bytes of every value are copied to {path}")
def step_copy_in(context, count, path):
    context.content = bytes(number % 256 for number in range(count))
    context.container.copy_in(context.content, path)


@then("copying {path} out gives the same bytes")
def step_copy_out(context, path):
    assert context.container.copy_out(path) == context.content


@then("copying {path} out says that there is no such file")
def step_copy_none(context, path):
    try:
        context.container.copy_out(path)
    except FileNotFoundError as error:
        assert path in str(error), error
    else:
        raise AssertionError("something came out")


@when("the file {path} is put into the volume")
def step_inject(context, path):
    context.room.inject(context.volume, path, context.content)


@then("the file {path} of the volume is refused")
def step_inject_refused(context, path):
    try:
        context.room.inject(context.volume, path, b"x")
    except ValueError:
        return
    raise AssertionError("it was written")


@then("the other container has the file {path}")
def step_other_has(context, path):
    assert context.other.copy_out(path) == b"x"


@then('its log file comes to hold "{lines}"')
def step_log_file(context, lines):
    wanted = lines.replace(",", "\n") + "\n"
    found = Deadline.after(10).poll(lambda: context.container.log_file.read_text() == wanted)
    assert found, context.container.log_file.read_text()


@when("it is killed")
def step_kill(context):
    context.before = context.server.endpoint(8000) if hasattr(context, "server") else None
    context.container.kill()


@when("it is started again")
def step_restart(context):
    context.container.restart()


@when("it is stopped")
def step_stop(context):
    context.container.stop(10)


@when("it is paused")
def step_pause(context):
    context.container.pause()


@when("it may go on")
def step_unpause(context):
    context.container.unpause()


@then('its state is "{status}"')
def step_state(context, status):
    assert context.container.state().status == status, context.container.state()


@then('its state is "{status}" with exit code {code:d}')
def step_state_code(context, status, code):
    found = context.container.state()
    assert (found.status, found.exit_code) == (status, code), found


@then("the server does not answer")
@then("the server does not answer within {seconds:g} seconds")
def step_no_answer(context, seconds=2.0):
    assert room_checks.answer(context.server, seconds) == "", "it answered"


@then("the server answers")
def step_answers(context):
    assert room_checks.answer(context.server, 10.0) == "200"


@then("it comes to answer at the address that it had")
def step_same_address(context):
    found = Deadline.after(20).poll(lambda: room_checks.answer(context.server, 2.0) == "200")
    assert found and context.server.endpoint(8000) == context.before


@when("the server leaves its network")
def step_leave(context):
    context.server.engine_container.disconnect(context.room.network())


@when("the server comes back to its network")
def step_come_back(context):
    context.server.engine_container.connect(context.room.network())


@then("its memory peaked at {megabytes:d} MB or more")
def step_peak(context, megabytes):
    assert context.container.stats().memory_peak_bytes >= megabytes * 1_000_000, context.container.stats()


@then("the engine knows of containers, networks and volumes of the room")
def step_room_known(context):
    kinds = room_checks.kinds(context.room.engine, context.room.id)
    assert {"container", "network", "volume"} <= kinds, kinds


@when("the room closes")
def step_close(context):
    context.room.close()


@then("the engine knows of nothing of the room")
def step_room_gone(context):
    assert not room_checks.of_room(context.room.engine, context.room.id)
    assert not context.room.folder.exists()


@then("starting a container with a folder that does not exist fails")
def step_cannot_start(context):
    try:
        context.room.start_generic(mounts={"/data": context.room.folder / "missing"})
    except EngineError as error:
        assert "missing" in str(error), error
    else:
        raise AssertionError("it started")


@when("a cleanup that fails is registered")
def step_failing_cleanup(context):
    context.room.on_close("a thing that resists", lambda: 1 // 0)


@then("closing the room tells of that cleanup")
def step_close_tells(context):
    try:
        context.room.close()
    except EngineError as error:
        assert "a thing that resists: ZeroDivisionError" in str(error), error
    else:
        raise AssertionError("it told nothing")


@given("a run of its own with a room of {count:d} containers on {engine:w}")
def step_victim(context, count, engine):
    context.victim = Victim(engine, count)
    context.add_cleanup(context.victim.close)
    context.victim.wait_ready()


@given("a run of its own that begins to make a room of {count:d} containers on {engine:w}")
def step_victim_young(context, count, engine):
    context.victim = Victim(engine, count)
    context.add_cleanup(context.victim.close)
    context.victim.wait_begun()


@then("the engine knows of the run's containers, networks and volumes")
def step_run_known(context):
    assert {"container", "network", "volume"} <= context.victim.kinds(), context.victim.kinds()


@then("the engine knows of the run's volumes")
def step_run_volumes(context):
    assert "volume" in context.victim.kinds(), context.victim.kinds()


@when("the run gets {signal:w}")
def step_signal(context, signal):
    context.victim.send(signal)


@when("the run's watchdog gets SIGKILL")
def step_kill_watchdog(context):
    context.victim.kill_watchdog()


@when("what is left of the run is removed twice over")
def step_twice(context):
    context.victim.remove_twice()


@then("within {seconds:g} seconds the engine knows of nothing of the run")
def step_run_gone(context, seconds):
    Deadline.after(seconds).poll(lambda: not context.victim.leftovers())
    assert not context.victim.leftovers(), context.victim.leftovers()


@then("the run's folder and watchdog are gone")
def step_folder_gone(context):
    assert Deadline.after(10).poll(context.victim.is_gone), context.victim


@when("another run begins")
def step_another_run(context):
    room_checks.begin_another_run()


@given('images on {engine:w} of which "{one}" and "{two}" were wanted three days ago and "{young}" just now')
def step_old_images(context, engine, one, two, young):
    context.room = open_room(context, engine)
    context.images = OldImages(context.room)
    for what, age in ((one, THREE_DAYS), (two, THREE_DAYS), (young, 0.0)):
        context.images.add(what, age)


@then('of the images "{one}" and "{two}" are left')
def step_two_left(context, one, two):
    assert context.images.left() == {one, two}, context.images.left()


@then('of the images "{one}" is left')
def step_one_left(context, one):
    assert context.images.left() == {one}, context.images.left()


@when("a process that can open no more files is asked about a living run")
def step_without_files(context):
    context.told = room_checks.told_without_files()


@then("it tells that the run's birth cannot be read, and not that the run has ended")
def step_not_ended(context):
    assert context.told == ("Too many open files", False), context.told


@then("the seed {first:d} gives twice the same, and another than the seed {second:d}, for")
def step_seed(context, first, second):
    for row in context.table:
        made = [room_checks.drawn(seed, row[0]) for seed in (first, first, second)]
        assert made[0] == made[1] != made[2], (row[0], made)


@then("drawing more under one name leaves what another name gives as it was")
def step_streams(context):
    assert room_checks.independent_streams()


@when("the same things happen in rooms on {engine:w} with the seeds {first:d}, {second:d} and {third:d}")
def step_same_things(context, engine, first, second, third):
    context.transcripts = [room_checks.story(context.session.rooms, engine, seed) for seed in (first, second, third)]


@when("the same things happen in a room on {one:w} and in one on {other:w} with the seed {seed:d}")
def step_same_on_both(context, one, other, seed):
    context.transcripts = [room_checks.story(context.session.rooms, engine, seed) for engine in (one, other)]


@then("the first two transcripts are equal, and are not empty")
def step_equal(context):
    first, second = context.transcripts[:2]
    assert first.lines and first.lines == second.lines and first.digest() == second.digest(), (first, second)


@then("the third differs")
def step_differs(context):
    assert context.transcripts[2].digest() != context.transcripts[0].digest()


@given("a marketplace in a strict room on {engine:w}")
def step_marketplace(context, engine):
    context.room = open_room(context, engine)
    context.marketplace = context.room.setup_marketplace()
    context.user = context.marketplace.user()


@when('the user runs "{command}"')
def step_user_runs(context, command):
    context.done = context.marketplace.run(context.user, shlex.split(command))
    assert context.done.exit_code == 0, context.done


@then('the user\'s output tells of "{text}"')
def step_user_output(context, text):
    assert text in context.done.text, context.done


@when('{count:d} users in containers of their own run "{command}" at the same time')
def step_users_run(context, count, command):
    context.users = [context.marketplace.user() for _ in range(count)]
    for done in context.marketplace.at_once(context.users, shlex.split(command)):
        assert done.exit_code == 0, done


@then("each of them has the same lock file and verifies it")
def step_same_lock(context):
    locks = {user.copy_out(f"{PROJECT}/ggen.lock") for user in context.users}
    assert len(locks) == 1, locks
    for done in context.marketplace.at_once(context.users, ["ggen", "market", "verify"]):
        assert done.exit_code == 0, done


@when("marketplaces are set up on {engine:w} with the seeds {first:d} and {second:d}")
def step_marketplaces(context, engine, first, second):
    context.transcripts = [room_checks.published(context.session.rooms, engine, seed) for seed in (first, second)]


@when("a machine without {what} is asked for an engine")
def step_ask_engine(context, what):
    context.chosen = room_checks.chosen_without(*what.split(" and "))


@then("it chooses {engine:w}")
def step_chooses(context, engine):
    assert context.chosen[0] == engine, context.chosen


@then('it tells of each of these: "{texts}"')
def step_tells(context, texts):
    missing = [text for text in texts.split(", ") if text not in context.chosen[1]]
    assert not missing, (missing, context.chosen)


@then('copying a file to {path} is refused with "{message}"')
def step_copy_refused(context, path, message):
    try:
        context.container.copy_in(b"x", path)
    except EngineError as error:
        assert message in str(error), error
    else:
        raise AssertionError("it was written")
