"""Steps about the demo."""

import os
import subprocess
import sys

from behave import then, when

from support.market.demo import Demo, DemoError, Step
from support.market.laws.vectors import unescape


@when("the demo is run")
def step_demo(context):
    context.demo_folder = context.world.root / "temporary"
    context.demo_folder.mkdir()
    environ = {**os.environ, "TMPDIR": str(context.demo_folder), "GGEN_REGISTRY": "elsewhere"}
    command = [sys.executable, "-m", "support.market.demo"]
    context.demo = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert context.demo.returncode == 0, context.demo.stdout + context.demo.stderr


@then("the demo has shown these lines in this order")
def step_demo_lines(context):
    rest = context.demo.stdout
    for row in context.table:
        _, found, rest = rest.partition(row["line"])
        assert found, f"{row['line']!r} is not where it should be in\n{context.demo.stdout}"


@then("the demo has left nothing behind")
def step_demo_clean(context):
    assert list(context.demo_folder.iterdir()) == []


@then('a demo whose step is "{command}" that should say "{says}" and end with {exit_code:d} fails')
def step_demo_fails(context, command, says, exit_code):
    root = context.world.root / "demo"
    root.mkdir()
    step = Step("A step.", tuple(command.split()), unescape(says), exit_code)
    try:
        Demo(root).take(step)
    except DemoError:
        return
    raise AssertionError("the demo went on")
