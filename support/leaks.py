"""The leak gate: what is there after a scenario and was not there before is the harness's fault, and is named.

Each kind of thing has a watch; a harness that makes other things (containers, networks) adds watches of its own.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil

MARK = "SUITE_MARK"
"""Environment variable that what a run starts inherits: a process is known by it even when its parent is gone."""
_PATIENCE = 2.0
"""Seconds in which what is on its way out may still go."""


class LeakError(Exception):
    """A scenario left something behind."""


class Watch(Protocol):
    """Knows one kind of thing that a scenario may leave behind."""

    def look(self) -> frozenset[Hashable]:
        """Return what is there now; it must be cheap, for it is asked twice in each scenario."""

    def describe(self, item: Any) -> str:
        """Return what a new thing is, or nothing when it is not ours or is gone by now."""

    def remove(self, item: Any) -> None:
        """Take it away if that can be done safely, so that the next scenario is not hurt by it."""


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

    def remove(self, item: int) -> None:
        """Kill it."""
        try:
            psutil.Process(item).kill()
        except psutil.Error:
            return

    def _is_ours(self, process: psutil.Process) -> bool:
        if self._mark in process.environ().get(MARK, "").split(":"):
            return True
        return os.getpid() in {parent.pid for parent in process.parents()}


class Sockets:
    """Listening sockets of this process; those of others are named with their process."""

    def look(self) -> frozenset[Hashable]:
        """Return address and port of each."""
        return frozenset(_listening(psutil.Process()))

    def describe(self, item: str) -> str:
        """Return which it is."""
        return f"listening socket {item}" if item in self.look() else ""

    def remove(self, item: str) -> None:
        """Leave it: closing a number that somebody may still use would do more harm."""


class Threads:
    """Threads of this process."""

    def look(self) -> frozenset[Hashable]:
        """Return those alive."""
        return frozenset(threading.enumerate())

    def describe(self, item: threading.Thread) -> str:
        """Return its name while it lives."""
        return f"thread {item.name}" if item.is_alive() else ""

    def remove(self, item: threading.Thread) -> None:
        """Leave it: a thread cannot be ended from outside."""


class Folders:
    """Files and folders in the run's own temporary folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def look(self) -> frozenset[Hashable]:
        """Return the paths."""
        return frozenset(self._root.iterdir())

    def describe(self, item: Path) -> str:
        """Return the path while it is there."""
        return f"temporary {'folder' if item.is_dir() else 'file'} {item.name}" if os.path.lexists(item) else ""

    def remove(self, item: Path) -> None:
        """Remove it."""
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink(missing_ok=True)


def _listening(process: psutil.Process) -> set[str]:
    connections = process.net_connections("inet")
    return {f"{found.laddr.ip}:{found.laddr.port}" for found in connections if found.status == psutil.CONN_LISTEN}


class LeakGate:
    """Looks when a scenario begins and when all its cleanups are done."""

    def __init__(
        self, watches: Sequence[Watch], clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._clock, self._pause = clock, pause
        self._before = [(watch, watch.look()) for watch in watches]

    def check(self, name: str) -> None:
        """See that all that came is gone again; what is not is removed where that can be done.

        Raises:
            LeakError: something was left; `name` is the scenario.
        """
        deadline = self._clock() + _PATIENCE
        while (left := self._left()) and self._clock() < deadline:
            self._pause(0.02)
        for watch, item, _ in left:
            watch.remove(item)
        if left:
            raise LeakError(f"'{name}' left behind: " + "; ".join(text for _, _, text in left))

    def _left(self) -> list[tuple[Watch, Hashable, str]]:
        new = [(watch, item) for watch, before in self._before for item in watch.look() - before]
        described = [(watch, item, watch.describe(item)) for watch, item in new]
        return sorted((found for found in described if found[2]), key=lambda found: found[2])
