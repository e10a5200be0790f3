"""The world of one scenario: a temporary folder with a home and a project, a fixed clock, and runs of `ggen`."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from support.market.drivers import Driver, ProcessDriver

PREFIX = "ggen-world-"
_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of `ggen` did."""

    args: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Return the JSON document on stdout."""
        return json.loads(self.stdout)

    def error(self) -> dict[str, Any]:
        """Return the object under `error` of a failure with --json: the last line, which notes may come before."""
        found: dict[str, Any] = json.loads(self.stderr.splitlines()[-1])["error"]
        return found


class Backend(Protocol):
    """Whose registry the commands of a scenario ask."""

    def environ(self, world: "World", args: Sequence[str]) -> Mapping[str, str]:
        """Make the registry ready for a command, and return what the command finds in its environment."""

    def log_size(self, world: "World") -> int:
        """Return how many entries its log has."""


def verified_log(world: "World") -> int:
    """Return how many entries the log of the registry in the home has, once it is verified."""
    return int(world.run("ggen market index verify --json").json()["log_size"])


class World:
    """Everything a scenario touches, removed by `close`."""

    def __init__(self, driver: Driver | None = None, backend: Backend | None = None) -> None:
        self._driver = driver or ProcessDriver()
        self.backend = backend
        self.root = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.home = self.root / "home"
        self.project = self.root / "project"
        self.project.mkdir()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.environ: dict[str, str] = {}
        self.last: Outcome | None = None
        self._unasserted: Outcome | None = None
        self._deferred: list[Callable[[], object]] = []
        self._kept: Path | None = None

    def clock(self) -> datetime:
        """Return the scenario's time."""
        return self.now

    def defer(self, action: Callable[[], object]) -> None:
        """Run `action` when the scenario ends, the last one first."""
        self._deferred.append(action)

    def attempt(self, command: str) -> Outcome:
        """Run a command line in the project folder; its exit code must be asserted later (`exit_code`)."""
        args, environ = self.command(command)
        done = self._driver.run(args, self.project, environ)
        self.last = self._unasserted = Outcome(tuple(args), done.exit_code, done.stdout, done.stderr)
        return self.last

    def command(self, command: str) -> tuple[list[str], dict[str, str]]:
        """Return the argument list and the environment of a command line."""
        args = shlex.split(command.format(root=self.root, home=self.home, project=self.project))
        program = Path(sys.executable).with_name(args[0])
        environ = {**os.environ, "GGEN_HOME": str(self.home), "SOURCE_DATE_EPOCH": str(int(self.now.timestamp()))}
        environ |= self.environ
        command_line = [str(program), *args[1:]]
        return command_line, {**environ, **(self.backend.environ(self, command_line) if self.backend else {})}

    def race(self, *commands: str) -> list[int]:
        """Run commands in processes that start together; return their exit codes."""
        racers = []
        for command in commands:
            args, environ = self.command(command)
            starter = ["sh", "-c", 'read -r _go; exec "$@"', "sh", *args]
            racers.append(
                subprocess.Popen(
                    starter, cwd=self.project, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(b"go\n")
            racer.stdin.close()
        return [racer.wait(_TIMEOUT) for racer in racers]

    def run(self, command: str) -> Outcome:
        """Run a command line that must succeed without a word on stderr but notes."""
        outcome = self.attempt(command)
        noise = [line for line in outcome.stderr.splitlines() if not line.startswith("note: ")]
        assert self.exit_code() == 0 and not noise, f"{command} gave {outcome}"
        return outcome

    def log_size(self) -> int:
        """Return how many entries the log of the scenario's registry has."""
        return self.backend.log_size(self) if self.backend else verified_log(self)

    def outcome(self) -> Outcome:
        """Return the last run."""
        assert self.last is not None, "no command was run"
        return self.last

    def exit_code(self) -> int:
        """Return the last run's exit code and take note that it is being asserted."""
        self._unasserted = None
        return self.outcome().exit_code

    def json_at(self, path: str) -> Any:
        """Return the value at a dotted path (`keys.0.name`) in the last run's JSON document."""
        value = self.outcome().json()
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    def keep(self, folder: Path, name: str) -> Path:
        """Have `close` move this world's folder below `folder` instead of removing it, and return where to."""
        readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
        self._kept = folder / f"{readable[:80]}-{self.root.name.removeprefix(PREFIX)}"
        return self._kept

    def close(self) -> None:
        """Run what was deferred and remove the folder."""
        for action in reversed(self._deferred):
            action()
        if self._kept:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.root, self._kept)
        else:
            shutil.rmtree(self.root)

    def ignored_failure(self) -> Outcome | None:
        """Return the last run if it failed and nobody asserted its exit code."""
        ignored = self._unasserted
        return ignored if ignored and ignored.exit_code else None
