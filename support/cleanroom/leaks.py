"""The leak gate: what is there after a scenario and was not there before is the harness's fault, and is named.

Each kind of thing has a watch; a harness that makes other things (containers, networks) adds watches of its own.
"""

import contextlib
import gc
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil

from support.cleanroom.deadline import Deadline

MARK = "SUITE_MARK"
"""Environment variable that what a run starts inherits: a process is known by it even when its parent is gone."""
PATIENCE = 20.0
"""Seconds in which what is on its way out may still go."""

_BECOMING = 0.5
"""Seconds that a process is given to have an environment; what has none for good is looked at no longer."""

_AROUND = "what is around the steps"


class LeakError(Exception):
    """A scenario left something behind."""


class Watch(Protocol):
    """Knows one kind of thing that a scenario may leave behind."""

    def look(self) -> frozenset[Hashable]:
        """Return what is there now; it must be cheap, for it is asked after each step."""

    def describe(self, item: Any) -> str:
        """Return what a new thing is, or nothing when it is not ours or is gone by now."""

    def remove(self, items: Sequence[Any]) -> None:
        """Take things away where that can be done safely, so that the next scenario is not hurt by them."""


class Processes:
    """Processes that carry this run's mark or descend from it; one that has ended and waits to be reaped is none."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def look(self) -> frozenset[Hashable]:
        """Return all process numbers."""
        return frozenset(psutil.pids())

    def describe(self, item: int) -> str:
        """Return the command line and the ports of a process of ours."""
        try:
            process = psutil.Process(item)
            if process.status() == psutil.STATUS_ZOMBIE or not self._is_ours(process):
                return ""
            ports = "".join(f", listening on {port}" for port in sorted(_listening(process)))
            return f"process {item} ({' '.join(process.cmdline())}{ports})"
        except psutil.Error:
            return ""

    def remove(self, items: Sequence[int]) -> None:
        """Kill them."""
        for item in items:
            with contextlib.suppress(psutil.Error):
                psutil.Process(item).kill()

    def _is_ours(self, process: psutil.Process) -> bool:
        if self._mark in _environment(process).get(MARK, "").split(":"):
            return True
        return os.getpid() in {parent.pid for parent in process.parents()}


def _environment(process: psutil.Process) -> dict[str, str]:
    """Return the environment of a process; while it becomes another program it has none for a moment."""
    found: dict[str, str] = process.environ()
    if not found and process.exe():  # a thread of the kernel has neither
        found = Deadline.after(_BECOMING).poll(process.environ, every=0.001, slowest=0.02) or {}
    return found


class Sockets:
    """Sockets of this process; those of others are named with their process.

    One that talks to `spared`, such as an engine's, is kept for the next scenario and is none.
    """

    def __init__(self, spared: Collection[object] = ()) -> None:
        self._spared = frozenset(spared)

    def look(self) -> frozenset[Hashable]:
        """Return the kernel's name of each: `socket:[number]`."""
        return frozenset(_open_sockets())

    def describe(self, item: str) -> str:
        """Return which it is."""
        handle = _open_sockets().get(item)
        if handle is None:
            return ""
        try:
            with socket.socket(fileno=os.dup(handle)) as found:
                return self._described(found)
        except OSError:  # it was closed just now
            return ""

    def _described(self, found: socket.socket) -> str:
        here = _address(found.getsockname())
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return f"listening socket {here}"
        with contextlib.suppress(OSError):  # it is not connected
            peer = found.getpeername()
            return "" if peer in self._spared else f"socket {here} connected to {_address(peer)}"
        return f"socket {here}"

    def remove(self, items: Sequence[str]) -> None:
        """Leave them: closing a number that somebody may still use would do more harm."""


class Threads:
    """Threads of this process."""

    def look(self) -> frozenset[Hashable]:
        """Return those alive."""
        return frozenset(threading.enumerate())

    def describe(self, item: threading.Thread) -> str:
        """Return its name while it lives."""
        return f"thread {item.name}" if item.is_alive() else ""

    def remove(self, items: Sequence[threading.Thread]) -> None:
        """Leave them: a thread cannot be ended from outside."""


class Folders:
    """Files and folders in folders of the run's own, but for those with a fixed name: what is in these is looked at."""

    def __init__(self, root: Path, fixed: Collection[str] = ()) -> None:
        self._root = root
        self._fixed = fixed

    def look(self) -> frozenset[Hashable]:
        """Return the paths."""
        folders = [self._root, *(self._root / name for name in self._fixed)]
        found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
        return frozenset(path for path in found if path.name not in self._fixed)

    def describe(self, item: Path) -> str:
        """Return the path while it is there."""
        return f"temporary {'folder' if item.is_dir() else 'file'} {item.name}" if os.path.lexists(item) else ""

    def remove(self, items: Sequence[Path]) -> None:
        """Remove them."""
        for item in items:
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item)
            else:
                item.unlink(missing_ok=True)


def _open_sockets() -> dict[str, int]:
    """Return the handles of this process's sockets by the kernel's name."""
    found: dict[str, int] = {}
    for handle in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
        with contextlib.suppress(OSError):  # the handle of the listing itself, or one closed just now
            name = os.readlink(f"/proc/self/fd/{handle}")  # noqa: PTH115
            if name.startswith("socket:"):
                found[name] = int(handle)
    return found


def _address(address: object) -> str:
    """Return what `getsockname` gave as text."""
    return ":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address or "without a name")


def _listening(process: psutil.Process) -> set[str]:
    connections = process.net_connections("inet")
    return {f"{found.laddr.ip}:{found.laddr.port}" for found in connections if found.status == psutil.CONN_LISTEN}


class LeakGate:
    """Looks when a scenario begins, after each step, and when all its cleanups are done.

    Args:
        watches: what is looked at each time.
        others: what is looked at in the beginning and at the end, for no step is likely to make it.
    """

    def __init__(
        self, watches: Sequence[Watch], others: Sequence[Watch] = (), clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep, patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self._clock, self._pause, self._patience = clock, pause, patience
        self._before = [(watch, watch.look()) for watch in (*watches, *others)]
        self._after_steps = self._before[: len(watches)]
        self._made: dict[tuple[Watch, Hashable], str] = {}

    def step(self, name: str) -> None:
        """Note what is new since the step before: this step has made it."""
        for watch, before in self._after_steps:
            for item in watch.look() - before:
                self._made.setdefault((watch, item), name)

    def check(self, name: str) -> None:
        """See that all that came is gone again; what is not is removed where that can be done.

        Raises:
            LeakError: something was left, of which step; `name` is the scenario.
        """
        deadline = self._clock() + self._patience
        while (left := self._left()) and self._clock() < deadline:
            gc.collect()  # what nobody holds any more is only not collected yet
            self._pause(0.02)
        if left:
            told = [f"{text}, of {self._made.get((watch, item), _AROUND)}" for watch, item, text in left]
            raise LeakError(f"'{name}' left behind: " + "; ".join([*told, *self._remove(left)]))

    def _remove(self, left: Sequence[tuple[Watch, Hashable, str]]) -> Iterator[str]:
        """Take away what was left, and yield what cannot be taken away."""
        for watch, _ in self._before:
            if items := [item for owner, item, _ in left if owner is watch]:
                try:
                    watch.remove(items)
                except Exception as error:  # noqa: BLE001 - the others must go all the same, and the leak be told
                    yield f"it cannot be removed: {type(error).__name__}: {error}"

    def _left(self) -> list[tuple[Watch, Hashable, str]]:
        new = [(watch, item) for watch, before in self._before for item in watch.look() - before]
        described = [(watch, item, watch.describe(item)) for watch, item in new]
        return sorted((found for found in described if found[2]), key=lambda found: found[2])
