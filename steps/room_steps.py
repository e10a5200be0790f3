"""Steps about rooms: which are made, what is started in them, and how they close."""

import shlex

import psutil
from behave import given, then, when

from support.cleanroom.engine.base import EngineError
from support.cleanroom.policy import Policy
from support.trials import room_checks
from support.trials.room_checks import open_room, open_strictest, removed_at_once


@given("a strict room on {engine:w}")
def step_room(context, engine):
    context.room = open_room(context, engine)


@given("a room on {engine:w}, as strict as that can be")
def step_strictest(context, engine):
    context.room = open_strictest(context, engine)


@given("another room on {engine:w}, as strict as that can be")
def step_other_room(context, engine):
    context.other_room = open_strictest(context, engine)


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


@given("a room on {engine:w}, as strict as that can be, whose programs are root")
def step_root(context, engine):
    context.room = open_strictest(context, engine, user="0:0")


@when("a container is started")
def step_container(context):
    context.container = context.room.start_generic()


@then("each of {count:d} containers that are removed as soon as they are started runs nothing any more")
def step_removed_at_once(context, count):
    pids = [removed_at_once(context.room) for _ in range(count)]
    assert not any(psutil.pid_exists(pid) for pid in pids), pids


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


@when("a container is started with many shells, each of which tells when the program ends for which it waits")
def step_waiting_shells(context):
    shells = "(sleep 600; echo it ended) & " * 36
    context.container = context.room.start_generic(("sh", "-c", f"{shells} echo all wait; wait"))


@when("a container is started whose health check wants the file {path}")
def step_health(context, path):
    context.container = context.room.start_generic(health_check=("test", "-e", path))


@when("a server is started")
@when("a server is started with the file {name}")
def step_server(context, name=""):
    context.server = context.container = context.room.start_http({name: b"hello"} if name else None)


@then("that succeeds")
def step_succeeds(context):
    assert context.done.exit_code == 0, context.done


@then("the container still runs")
def step_runs(context):
    assert context.container.state().status == "running", context.container.state()


@then('starting a container is refused with "{message}"')
def step_start_refused(context, message):
    try:
        context.room.start_generic()
    except EngineError as error:
        assert message in str(error), error
    else:
        raise AssertionError("it was started")


@when('it runs "{command}"')
def step_runs_command(context, command):
    context.done = context.container.exec(shlex.split(command))


@when("the room closes")
def step_close(context):
    context.room.close()


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
