"""Steps about containers: commands, files, logs, their state and their network."""

import shlex

from behave import then, when

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import EngineError, ExecTimeoutError
from support.trials import room_checks


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
    found = Deadline.after(60).poll(lambda: context.container.log_file.read_text() == wanted)
    assert found, context.container.log_file.read_text()


@when("it is killed")
def step_kill(context):
    context.before = context.server.endpoint(8000) if hasattr(context, "server") else None
    context.container.kill()


@when("it is killed and started again {times:d} times, each time when all wait")
def step_kill_often(context, times):
    for begun in range(times):
        step_log_file(context, ",".join(["all wait"] * (begun + 1)))
        context.container.kill()
        context.container.restart()


@then("its log tells of no program that ended")
def step_none_ended(context):
    assert "ended" not in context.container.log_file.read_text(), context.container.log_file.read_text()


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
    found = Deadline.after(60).poll(lambda: room_checks.answer(context.server, 2.0) == "200")
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


@then('copying a file to {path} is refused with "{message}"')
def step_copy_refused(context, path, message):
    try:
        context.container.copy_in(b"x", path)
    except EngineError as error:
        assert message in str(error), error
    else:
        raise AssertionError("it was written")
