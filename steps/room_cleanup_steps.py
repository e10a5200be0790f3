"""Steps about what rooms, and runs that are killed, leave behind: nothing."""

from functools import partial

from behave import given, then, when

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import EngineError
from support.cleanroom.engine.files import left
from support.cleanroom.engine.host import groups_left
from support.trials import room_checks
from support.trials.coming_and_going import looked
from support.trials.forwarding import LateConnection
from support.trials.image_checks import THREE_DAYS, OldImages
from support.trials.room_checks import open_room
from support.trials.victim import Victim


@then("the engine knows of containers, networks and volumes of the room")
def step_room_known(context):
    kinds = room_checks.kinds(context.room.engine, context.room.id)
    assert {"container", "network", "volume"} <= kinds, kinds


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


@given("a server, and a forwarder that leads to it, whose connections are made only when it is being closed")
def step_late(context):
    context.late = LateConnection()
    context.add_cleanup(context.late.close)


@when("a client connects to the forwarder and holds on")
def step_holds_on(context):
    context.late.connect()


@when("the forwarder is closed")
def step_forwarder_closed(context):
    context.late.forwarder.close()


@then("no thread carries the client's connection any more")
def step_not_carried(context):
    assert not context.late.carriers(), context.late.carriers()


@then("the client has read the end of its connection")
def step_client_ended(context):
    assert context.late.ended()


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


@given("the engine knows of the run's volumes")  # while it lives: once it is dead any other run may sweep
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
    assert Deadline.after(60).poll(context.victim.is_gone), context.victim


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


@when("what is left of groups and folders is looked for {times:d} times while another run's come and go")
def step_looked(context, times):
    context.wrong = looked([groups_left, partial(left, "volume")], times)


@then("it was told each time")
def step_told_each_time(context):
    assert not context.wrong, (len(context.wrong), context.wrong[:3])


@when("a process that can open no more files is asked about a living run")
def step_without_files(context):
    context.told = room_checks.told_without_files()


@then("it tells that the run's birth cannot be read, and not that the run has ended")
def step_not_ended(context):
    assert context.told == ("Too many open files", False), context.told
