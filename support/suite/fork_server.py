"""A fork server for behave: loads behave, the steps and all that they import once, and forks a process for each shard.

Loading takes longer than most features take to run; a fork takes milliseconds. The server has one thread and is
connected to nothing, so what it hands on is what a fresh process would have after its imports.
"""

import contextlib
import gc
import json
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from behave.__main__ import run_behave
from behave.configuration import Configuration
from behave.exception import ConfigError, TagExpressionError
from behave.runner import Runner

from support.suite import allure, verdicts  # noqa: F401 - the formatters of each run, loaded before the fork
from support.suite.forked import LONGEST
from support.suite.step_files import load_steps, without_peers

_STEPS = "steps"


class LoadedRunner(Runner):  # type: ignore[misc] # behave has no annotations
    """A runner that has its steps from the server."""

    loaded = False

    def load_step_definitions(self, extra_step_paths: Sequence[str] | None = None) -> None:
        """Take what the server has loaded; what it could not load fails again here, where it is reported."""
        if not self.loaded:
            with without_peers():
                super().load_step_definitions(extra_step_paths)


def load() -> None:
    """Load the steps below the current folder, as behave does."""
    with contextlib.suppress(Exception):  # the runner of each shard meets it again, and tells
        load_steps([_STEPS])
        LoadedRunner.loaded = True
    gc.freeze()  # or each process looks through all of it at each collection, and copies the pages that it marks


def serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each request and tell the pid and the exit code; return the request in the child, None at the end."""
    while request := channel.recv(LONGEST):
        pid = os.fork()
        if not pid:
            os.setsid()
            channel.send(str(os.getpid()).encode())
            channel.close()
            found: dict[str, Any] = json.loads(request)
            return found
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):  # who asked has gone
            channel.send(str(os.waitstatus_to_exitcode(status)).encode())
    return None


def run(request: dict[str, Any]) -> int:
    """Be behave's process: run it, and return the exit code that `python -m behave` ends with."""
    with Path(request["log"]).open("wb") as log:
        for number in (1, 2):
            os.dup2(log.fileno(), number)
    os.environ["TMPDIR"] = request["temporary"]
    tempfile.tempdir = None
    try:
        return int(run_behave(Configuration(request["argv"]), LoadedRunner))
    except (ConfigError, TagExpressionError) as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        return 1


def main(number: int) -> int:
    """Be the server, and in time each of the processes that it forks."""
    with socket.socket(fileno=number) as channel:
        load()
        request = serve(channel)
    return run(request) if request else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
