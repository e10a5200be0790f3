"""Steps of a small suite that run its product in one kind of process or another."""

import os
import subprocess
import sys
from pathlib import Path

from behave import given, when

from support.cleanroom.images.python import PythonProject, pinned

ROOT = Path(__file__).resolve().parents[1]
IMAGE = PythonProject("till", ROOT, ("till",), ROOT / "constraints.txt", pinned(["coverage"]))


@when("somebody gives {given:d} for {price:d} to a process of its own")
def step_impl(context, given, price):
    subprocess.run([sys.executable, "-m", "till", str(given), str(price)], cwd=ROOT, check=False)


@when("somebody gives {given:d} for {price:d} to a process that does not inherit the environment")
def step_impl(context, given, price):
    subprocess.run([sys.executable, "-m", "till", str(given), str(price)], cwd=ROOT, env={}, check=False)


@when("somebody gives {given:d} for {price:d} to a forked child")
def step_impl(context, given, price):
    child = os.fork()
    if child == 0:
        try:
            from till.sums import change

            change(given, price)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


@when("somebody gives {given:d} for {price:d} in a container on {engine}")
def step_impl(context, given, price, engine):
    with context.session.rooms.builder(engine).with_image(IMAGE).build() as room:
        room.start_generic().exec(["python", "-m", "till", str(given), str(price)])


@given("a process that computes for {seconds:f} s, holds {held:d} MB and writes {written:d} MB")
def step_impl(context, seconds, held, written):
    work = (
        "import sys, time\n"
        f"held = bytearray({held} * 10**6)\n"
        f"while time.process_time() < {seconds}: held[0] ^= 1\n"
        f"sys.stdout.buffer.write(held[:{written} * 10**6])\n"
    )
    subprocess.run([sys.executable, "-c", work], stdout=subprocess.DEVNULL, check=True)


@when("a container on {engine} computes for {seconds:f} s")
def step_impl(context, engine, seconds):
    with context.session.rooms.builder(engine).build() as room:
        work = f"import time\nwhile time.process_time() < {seconds}: pass"
        room.start_generic().run("python3", "-c", work)


@when("a process leaves half of what it had to tell")
def step_impl(context):
    Path(f"{os.environ['COVERAGE_FILE']}.somewhere.1.x").write_bytes(b"SQLite format 3" + bytes(100))
