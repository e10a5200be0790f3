"""Which modules a command loads, and whether the shortcuts answer as the parser does."""

import re
import subprocess
import sys

from support.cleanroom.measuring import without
from support.market.world import Outcome, World

_LOADED = re.compile(r"^import time: .*\| *(\S+)$", re.MULTILINE)
_OF_THE_ENVIRONMENT = {"sitecustomize", "usercustomize", "_distutils_hack", "_virtualenv"}
"""What the environment loads into every Python process, as its editable install does too."""


def modules_of(world: World, command: str) -> set[str]:
    """Run a command that must succeed; return the names of all modules that it loaded after `site`."""
    args, environ = world.command(command)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *args], cwd=world.project, env=without(environ), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    return set(_LOADED.findall(done.stderr.partition(" | site\n")[2])) - _OF_THE_ENVIRONMENT


def has(modules: set[str], name: str) -> bool:
    """Say whether a module or one below it is among those."""
    return any(f"{module}.".startswith(f"{name}.") for module in modules)


def owners(modules: set[str]) -> set[str]:
    """Return the packages beyond Python's own that modules belong to."""
    found = {name.partition(".")[0] for name in modules}
    return {name for name in found if name not in sys.stdlib_module_names and name not in {"__main__", "org"}}


def both_ways(world: World, arguments: str) -> tuple[Outcome, Outcome]:
    """Run `ggen` with the shortcuts and without; return both outcomes without what differs from run to run."""
    short = world.attempt(f"ggen {arguments}")
    long = world.attempt(f"python -m marketplace.cli {arguments}")
    world.exit_code()
    return _plain(short), _plain(long)


def _plain(outcome: Outcome) -> Outcome:
    stdout = re.sub(r'"took_ms": [0-9.]+', '"took_ms": 0', outcome.stdout)
    return Outcome((), outcome.exit_code, stdout, outcome.stderr)
