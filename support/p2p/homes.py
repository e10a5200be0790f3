"""Users with homes of their own, each with a node as a process of this machine, on loopback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.cleanroom import measuring
from support.cleanroom.deadline import Deadline
from support.market.world import World

_SECONDS = 60.0
_GGEN = Path(sys.executable).with_name("ggen")
LOOPBACK = "/ip4/127.0.0.1/tcp/0"


class User:
    """A user: a home, a project, and perhaps a running node. The home may be one that is there."""

    def __init__(self, world: World, name: str, home: Path | None = None) -> None:
        self.name = name
        self.folder = world.root / name
        self.home = home or self.folder / "home"
        self.project = self.folder / "project"
        self.project.mkdir(parents=True)
        self.environ = {
            **os.environ,
            "GGEN_HOME": str(self.home),
            "SOURCE_DATE_EPOCH": str(int(world.now.timestamp())),
        }
        self.id = self.address = ""
        self._log = self.folder / "node.log"
        self._process: subprocess.Popen[str] | None = None

    def run_node(self, bootstrap: Sequence[str] = (), *flags: str) -> None:
        """Start the node, and wait until it prints that it is ready.

        Raises:
            AssertionError: it ended, or was not ready in time.
        """
        joining = [word for address in bootstrap for word in ("--bootstrap", address)]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [str(_GGEN), "market", "node", "run", "--json", "--listen", LOOPBACK, *joining, *flags],
                env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the node of {self.name} ended: {self._log.read_text()}"
        ready = json.loads(line)
        self.id, self.address = ready["id"], ready["addresses"][0]

    def stop_node(self) -> int:
        """End the node as an operator does; return its exit code."""
        return self._end(signal.SIGTERM)

    def kill_node(self) -> None:
        """End the node without a word."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        process = self._process
        assert process is not None and process.stdout is not None
        process.send_signal(how)
        code = process.wait(_SECONDS)
        process.stdout.close()
        self._process = None
        return code

    def close(self) -> None:
        """End the node, if it runs."""
        if self._process and self._process.poll() is None:
            self._end(signal.SIGTERM if measuring.on() else signal.SIGKILL)
        elif self._process and self._process.stdout:
            self._process.stdout.close()

    def ggen(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run `ggen market` in the user's project."""
        return subprocess.run(
            [str(_GGEN), "market", *args], cwd=self.project, env=self.environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip

    def json(self, *args: str) -> Any:
        """Run `ggen market … --json`, which must succeed, and return its document."""
        done = self.ggen(*args, "--json")
        assert done.returncode == 0, f"{self.name}: {' '.join(args)} gave {done}"
        return json.loads(done.stdout)

    def error(self, *args: str) -> tuple[int, dict[str, Any]]:
        """Run `ggen market … --json`, which must fail; return the exit code and the error."""
        done = self.ggen(*args, "--json")
        assert done.returncode != 0, f"{self.name}: {' '.join(args)} gave {done}"
        return done.returncode, json.loads(done.stderr.splitlines()[-1])["error"]

    def comes_to(self, field: str, wanted: object, seconds: float = _SECONDS) -> None:
        """Wait until a field of `node status` has a value.

        Raises:
            AssertionError: it has not come to that.
        """
        found = Deadline.after(seconds).poll(
            lambda: self.json("node", "status")[field] == wanted, every=0.1, slowest=0.3
        )
        assert found, f"{self.name}: {field} is {self.json('node', 'status')[field]}, not {wanted}"

    def knows(self, id_: str, seconds: float = _SECONDS) -> bool:
        """Tell whether the user's index has a package before the time is over."""
        return bool(
            Deadline.after(seconds).poll(
                lambda: self.ggen("versions", id_, "--registry", "p2p").returncode == 0, every=0.1, slowest=0.3
            )
        )
