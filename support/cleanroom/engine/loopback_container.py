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
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.addresses import AddressPool
from support.cleanroom.engine.base import (
    ROOM_LABEL,
    RUN_LABEL,
    Capability,
    CapabilityError,
    ContainerSpec,
    EngineError,
    ExecResult,
    Labels,
    Network,
    Stats,
    Volume,
)
from support.cleanroom.engine.process_container import ProcessContainer
from support.cleanroom.engine.processes import kill_together, kill_tree, words_of_all
from support.cleanroom.images.python import FILES

RUN, ROOM, NAME = "CLEANROOM_OF_RUN", "CLEANROOM_OF_ROOM", "CLEANROOM_OF_CONTAINER"
"""What a process's environment says of whose it is: its descendants inherit it."""
_KILL_SECONDS = 30.0


class _Owner(Protocol):
    @property
    def addresses(self) -> AddressPool: ...

    def lacks(self, capability: Capability) -> str: ...


class LoopbackContainer(ProcessContainer):
    """Processes that listen at an address of their own in 127.0.0.0/8, if their program lets itself be told."""

    _engine_name = "loopback"

    def __init__(self, engine: _Owner, spec: ContainerSpec) -> None:
        super().__init__(spec, engine.addresses)
        self._engine = engine
        self._paths = {"/tmp": self._folder / "tmp"}  # noqa: S108
        for network in spec.networks:
            self._addresses.take(network)

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
        if self.spec.networks:
            values["CLEANROOM_ADDRESS"] = self._addresses.first()
        told = [f"{name}={self._inside(value)}" for name, value in values.items()]
        return ["env", "-i", *told, *(f"{name}={value}" for name, value in labels.items()), *map(self._inside, argv)]

    def start(self) -> None:
        """Start its command."""
        self._refuse_running()
        self._launch(self._command(self.spec.command, {}), self._inside(self.spec.working_dir))

    def _main(self) -> int:
        return self._process.pid if self._process and self._runs() else 0

    def exec(
        self, argv: Iterable[str], deadline: Deadline, environment: Labels | None = None, user: str | None = None
    ) -> ExecResult:
        """Run a command beside it to its end, or to the deadline."""
        if user is not None:
            raise CapabilityError(self._engine.lacks(Capability.NON_ROOT))
        if self.state().status != "running":
            raise EngineError(f"nothing can be run in {self.spec.name}: it does not run")
        words = tuple(argv)
        command = self._command(words, environment or {})
        return self._run_beside(words, command, deadline, kill=kill_tree, folder=self._inside(self.spec.working_dir))

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

    def _own(self) -> set[int]:
        """Return its processes: those that carry its labels, and its command, which shows none while it is begun."""
        return {pid for pid, labels in labelled() if labels[NAME] == self.spec.name} | ({self._main()} - {0})

    def _kill_all(self) -> None:
        kill_together(self._own())
        if self._process:
            self._process.wait(_KILL_SECONDS)
        self._paused = False

    def _freeze(self, frozen: bool) -> None:
        for pid in self._own():
            os.kill(pid, signals.SIGSTOP if frozen else signals.SIGCONT)

    def _details(self) -> Mapping[str, object]:
        return {"paths": {path: str(place) for path, place in self._paths.items()}}

    def stats(self) -> Stats:
        """Refuse: there is no control group."""
        raise CapabilityError(self._engine.lacks(Capability.STATS))

    def dial(self, port: int, seconds: float) -> socket.socket:
        """Return a connection."""
        return socket.create_connection(self.endpoint(port), seconds)

    def endpoint(self, port: int) -> tuple[str, int]:
        """Return its address: everybody on this machine reaches it there."""
        return self._addresses.first(), port

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
    for pid, words in words_of_all("environ"):
        labels = dict(word.split("=", 1) for word in words if word.startswith("CLEANROOM_OF_"))
        if labels.keys() == {RUN, ROOM, NAME}:
            yield pid, labels
