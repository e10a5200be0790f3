"""Steps of a small suite: each goes wrong in a way of its own, and leaves what its name says."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from behave import given

KEPT = []


@given("a wrong product")
def step_impl(context):
    print("printed before it went wrong")
    assert 1 + 1 == 3, "the product is wrong"


@given("a product that is wrong every third time")
def step_impl(context):
    times = Path("times")
    times.write_text(f"{times.read_text() if times.exists() else ''}.")
    assert len(times.read_text()) % 3, "the product is wrong"


@given("a harness in trouble")
def step_impl(context):
    raise RuntimeError("no room")


@given("a need that is not met")
def step_impl(context):
    context.scenario.skip("the moon is not full")


@given("a cleanup that fails")
def step_impl(context):
    def cleanup():
        raise OSError("the broom is missing")

    context.add_cleanup(cleanup)


@given("a failing command that nobody asks about")
def step_impl(context):
    context.world.attempt("ggen market key frobnicate")


@given("a step that kills its process")
def step_impl(context):
    os.kill(os.getpid(), signal.SIGKILL)


@given("a process that nobody waits for")
def step_impl(context):
    KEPT.append(subprocess.Popen(["sleep", "60"]))


@given("a process whose parent is gone")
def step_impl(context):
    subprocess.run(["sh", "-c", "setsid sleep 61 >/dev/null 2>&1 &"], check=True)


@given("a thread that nobody joins")
def step_impl(context):
    threading.Thread(target=threading.Event().wait, daemon=True, name="sleeper").start()


@given("a socket that nobody closes")
def step_impl(context):
    KEPT.append(socket.create_server(("127.0.0.1", 0)))


@given("a folder that nobody removes")
def step_impl(context):
    tempfile.mkdtemp(prefix="forgotten-")


@given("a file in its world")
def step_impl(context):
    (context.world.project / "evidence.txt").write_text("fingerprints", encoding="utf-8")


@given("a step that waits for its end")
def step_impl(context):
    context.world.defer(lambda: Path("cleaned").write_text("yes", encoding="utf-8"))
    Path("waiting").write_text("yes", encoding="utf-8")
    threading.Event().wait()


@given("a product that is changed in this very process")
def step_impl(context):
    import marketplace

    before, marketplace.__version__ = marketplace.__version__, "changed"
    context.add_cleanup(lambda: setattr(marketplace, "__version__", before))
    assert "changed" in context.world.run("ggen --version").stdout, "it runs elsewhere"
