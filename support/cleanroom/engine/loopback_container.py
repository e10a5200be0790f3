"""A container of the loopback engine: processes of this machine like any others, with folders and an address of their
own.

Nothing is mounted: where a word of a command or of its environment is a path of the container, the path that it has on
this machine takes its place.
"""

import os
import shlex
import shutil
import signal as signals
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import (
    ROOM_LABEL,
    RUN_LABEL,
    Capability,
    CapabilityError,
    ContainerSpec,
    EngineError,
    ExecResult,
    ExecTimeoutError,
    Labels,
    Network,
    State,
    Stats,
    Volume,
    run_folder,
)
from support.cleanroom.engine.processes import kill_tree
from support.cleanroom.images.python import FILES

RUN, ROOM, NAME = "CLEANROOM_OF_RUN", "CLEANROOM_OF_ROOM", "CLEANROOM_OF_CONTAINER"
"""What a process's environment says of whose it is: its descendants inherit it."""
_KILL_SECONDS = 5.0


class _Owner(Protocol):
    def next_address(self, network: Network) -> str: ...

    def lacks(self, capability: Capability) -> str: ...


class LoopbackContainer:
    """Processes that listen at an address of their own in 127.0.0.0/8, if their program lets itself be told."""

    def __init__(self, engine: _Owner, spec: ContainerSpec) -> None:
        self.id = spec.name
        self.spec = spec
        self._engine = engine
        self._folder = run_folder(spec.labels[RUN_LABEL]) / "containers" / spec.name
        self._log = self._folder / "log"
        self._paths = {"/tmp": self._folder / "tmp"}  # noqa: S108
        self._addresses = {network.id: engine.next_address(network) for network in spec.networks}
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    def prepare(self) -> None:
        """Make its folders."""
        self._folder.mkdir(parents=True)
        self._log.touch()
        self._paths |= {path: self._folder / "scratch" / path.lstrip("/") for path in self.spec.scratch}
        for folder in self._paths.values():
            folder.mkdir(parents=True, exist_ok=True)
        for mount in self.spec.mounts:
            source = mount.source.path if isinstance(mount.source, Volume) else mount.source
            if not source.exists():
                raise EngineError(f"{source} cannot be shown in {self.spec.name}: it does not exist")
            self._paths[mount.target] = source

    def _inside(self, word: str) -> str:
        """Return the path of this machine that stands for a path of the container; other words as they are."""
        for path in sorted(self._paths, key=len, reverse=True):
            if word == path or word.startswith(f"{path}/"):
                return f"{self._paths[path]}{word.removeprefix(path)}"
        return word

    def _command(self, argv: Iterable[str], more: Labels) -> list[str]:
        values = {
            "PATH": f"{Path(sys.executable).parent}:{FILES}:{os.defpath}:/usr/sbin:/sbin", "PYTHONUNBUFFERED": "1",
            "HOME": "/tmp", "TMPDIR": "/tmp", **self.spec.environment, **more,  # noqa: S108
        }  # fmt: skip
        labels = {RUN: self.spec.labels[RUN_LABEL], ROOM: self.spec.labels[ROOM_LABEL], NAME: self.spec.name}
        if self._addresses:
            values["CLEANROOM_ADDRESS"] = next(iter(self._addresses.values()))
        told = [f"{name}={self._inside(value)}" for name, value in values.items()]
        return ["env", "-i", *told, *(f"{name}={value}" for name, value in labels.items()), *map(self._inside, argv)]

    def start(self) -> None:
        """Start its command."""
        if self._process and self._process.poll() is None:
            raise EngineError(f"{self.spec.name} runs already")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(self.spec.command, {}), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=self._inside(self.spec.working_dir),
            )  # fmt: skip
        self._paused = False

    def exec(
        self, argv: Iterable[str], deadline: Deadline, environment: Labels | None = None, user: str | None = None
    ) -> ExecResult:
        """Run a command beside it to its end, or to the deadline."""
        if user is not None:
            raise CapabilityError(self._engine.lacks(Capability.NON_ROOT))
        if self.state().status != "running":
            raise EngineError(f"nothing can be run in {self.spec.name}: it does not run")
        words = tuple(argv)
        process = subprocess.Popen(
            self._command(words, environment or {}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, cwd=self._inside(self.spec.working_dir),
        )  # fmt: skip
        try:
            stdout, stderr = process.communicate(timeout=max(deadline.remaining(), 0.001))
        except subprocess.TimeoutExpired:
            kill_tree(process.pid)
            stdout, stderr = process.communicate()
            raise ExecTimeoutError(
                f"{' '.join(words)} in {self.spec.name} outlived its deadline", stdout, stderr
            ) from None
        return ExecResult(words, _exit_code(process.returncode), stdout, stderr)

    def logs(self) -> bytes:
        """Return what it wrote."""
        return self._log.read_bytes() if self._log.exists() else b""

    def log_to(self, path: Path) -> None:
        """Write the log to a file, beginning with the next start."""
        path.touch()
        self._log = path

    def copy_in(self, content: bytes, target: str, mode: int = 0o644) -> None:
        """Write a file below a path of its own; this machine's files are not to be written."""
        place = Path(self._inside(target)).resolve()
        if not any(place.is_relative_to(own.resolve()) for own in self._paths.values()):
            raise EngineError(f"{target} cannot be written: {self.spec.name} has no such place of its own")
        place.write_bytes(content)
        place.chmod(mode)

    def copy_out(self, source: str) -> bytes:
        """Read a file."""
        try:
            return Path(self._inside(source)).read_bytes()
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{source}: no such file") from error

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal to the command; SIGKILL goes to all that carries its name, and its end is waited for."""
        if signal == "SIGKILL":
            self._kill_all()
            return
        if not self._process or self._process.poll() is not None:
            raise EngineError(f"{self.spec.name} does not run")
        os.kill(self._process.pid, signals.Signals[signal])

    def _kill_all(self) -> None:
        for pid, labels in labelled():
            if labels[NAME] == self.spec.name:
                kill_tree(pid)
        if self._process:
            self._process.wait(_KILL_SECONDS)
        self._paused = False

    def stop(self, grace: float = 5.0) -> None:
        """SIGTERM, then SIGKILL."""
        if not self._process or self._process.poll() is not None:
            return
        self._process.send_signal(signals.SIGTERM)
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._kill_all()

    def restart(self) -> None:
        """End it if it runs, and start it."""
        self._kill_all()
        self.start()

    def pause(self) -> None:
        """Stop its processes where they are."""
        self._freeze(True)

    def unpause(self) -> None:
        """Let them go on."""
        self._freeze(False)

    def _freeze(self, frozen: bool) -> None:
        if not self._process or self._process.poll() is not None:
            raise EngineError(f"{self.spec.name} does not run")
        for pid, labels in labelled():
            if labels[NAME] == self.spec.name:
                os.kill(pid, signals.SIGSTOP if frozen else signals.SIGCONT)
        self._paused = frozen

    def state(self) -> State:
        """Look at its process."""
        if self._process is None:
            return State("created", None, False, 0)
        code = self._process.poll()
        if code is None:
            return State("paused" if self._paused else "running", None, False, self._process.pid)
        return State("exited", _exit_code(code), False, 0)

    def inspect(self) -> Mapping[str, object]:
        """Return what is known about it."""
        return {
            "engine": "loopback", "spec": asdict(self.spec), "state": asdict(self.state()),
            "addresses": self._addresses, "paths": {path: str(place) for path, place in self._paths.items()},
        }  # fmt: skip

    def stats(self) -> Stats:
        """Refuse: there is no control group."""
        raise CapabilityError(self._engine.lacks(Capability.STATS))

    def address(self, network: Network) -> str:
        """Return its address."""
        return self._addresses[network.id]

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Return a connection."""
        return socket.create_connection(self.endpoint(port), seconds)

    def endpoint(self, port: int) -> tuple[str, int]:
        """Return its address: everybody on this machine reaches it there."""
        if not self._addresses:
            raise EngineError(f"{self.spec.name} is on no network")
        return next(iter(self._addresses.values())), port

    def entrance(self) -> str:
        """Return the command that gives a shell in its folder, with its environment."""
        return f"cd {self._inside(self.spec.working_dir)} && {shlex.join(self._command(('sh',), {}))}"

    def connect(self, network: Network) -> None:  # noqa: ARG002
        """Refuse: there is no cable to plug in."""
        raise CapabilityError(self._engine.lacks(Capability.PRIVATE_NETWORK))

    def disconnect(self, network: Network) -> None:  # noqa: ARG002
        """Refuse: there is no cable to pull."""
        raise CapabilityError(self._engine.lacks(Capability.PRIVATE_NETWORK))

    def remove(self) -> None:
        """Kill and remove it."""
        self._kill_all()
        shutil.rmtree(self._folder, ignore_errors=True)


def labelled() -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the processes of loopback containers that this user may look at, each with its labels."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it has ended, or belongs to somebody else
            continue
        labels = dict(word.split("=", 1) for word in words if word.startswith("CLEANROOM_OF_"))
        if labels.keys() == {RUN, ROOM, NAME}:
            yield int(path.parent.name), labels


def _exit_code(code: int) -> int:
    """Return an exit code as a shell tells it: a signal's number above 128."""
    return 128 - code if code < 0 else code
