"""What a scenario costs: seconds until it is ready and while it runs, processor time, memory, bytes, containers.

Processor time and bytes are the kernel's accounts of this process and of every process it has waited for (getrusage(2),
`/proc/self/io` of proc(5)). Memory is looked at some twenty times a second: the resident memory of this process and
all below it, with pages that processes share counted in each; a process that comes and goes between two looks is not
seen. Containers are none of this process's children: theirs are the figures of the engine, taken when the room closes.
"""

import contextlib
import resource
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from support.cleanroom.engine.base import Container, EngineError

_EVERY = 0.05
_IO = Path("/proc/self/io")
_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one scenario; seconds and bytes. `ready` is how long its Given steps took, `run` the others."""

    ready: float
    run: float
    cpu: float
    memory: int
    read: int
    written: int
    containers: int = 0
    containers_ready: float = 0.0
    containers_cpu: float = 0.0
    containers_memory: int = 0

    def to_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


@dataclass(slots=True)
class _InContainers:
    count: int = 0
    ready: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


_current: "Meter | None" = None


def current() -> "Meter | None":
    """Return the meter of the scenario that runs, if it is measured."""
    return _current


class Meter:
    """Measures from its making until `stop`; there is one at a time."""

    def __init__(self) -> None:
        global _current  # noqa: PLW0603 - a room does not know whose scenario it is in
        self._cpu, self._bytes = _cpu(), _moved()
        self._inside = _InContainers()
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="meter", daemon=True)
        self._thread.start()
        _current = self

    def started(self, seconds: float) -> None:
        """Count a container that was ready after so many seconds."""
        with self._inside.lock:
            self._inside.count += 1
            self._inside.ready += seconds

    def ending(self, container: Container) -> None:
        """Take the figures of a container that is about to be removed; one that has ended has none any more."""
        with contextlib.suppress(EngineError, OSError):
            used = container.stats()
            with self._inside.lock:
                self._inside.cpu += used.cpu_seconds
                self._inside.memory += used.memory_peak_bytes

    def stop(self, steps: Iterable[Any]) -> Metrics:
        """Return what was measured; `steps` are behave's, with the time each took."""
        global _current  # noqa: PLW0603
        _current = None
        self._over.set()
        self._thread.join()
        done = list(steps)
        inside, (read, written) = self._inside, _moved()
        return Metrics(
            sum(step.duration for step in done if step.step_type == "given"),
            sum(step.duration for step in done if step.step_type != "given"),
            _cpu() - self._cpu, self._peak, read - self._bytes[0], written - self._bytes[1],
            inside.count, inside.ready, inside.cpu, inside.memory,
        )  # fmt: skip

    def _look(self) -> None:
        this = psutil.Process()
        while True:
            self._peak = max(self._peak, sum(map(_resident, [this, *this.children(recursive=True)])))
            if self._over.wait(_EVERY):
                return


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has just ended
        return 0


def _cpu() -> float:
    own, waited_for = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + waited_for.ru_utime + waited_for.ru_stime


def _moved() -> tuple[int, int]:
    """Return the bytes read and written by system calls, or nothing where the kernel keeps no account."""
    if not _IO.exists():
        return 0, 0
    found = dict(line.split(": ") for line in _IO.read_text(encoding="ascii").splitlines())
    return int(found["rchar"]), int(found["wchar"])


_COLUMNS = ("ready s", "run s", "CPU s", "peak MB", "read MB", "written MB", "containers")


def table(figures: Sequence[tuple[str, Mapping[str, float]]]) -> list[str]:
    """Return the lines of a table: scenarios with their figures, the one with the most processor time first."""
    head = "".join(f"{name:>12}" for name in _COLUMNS)
    ordered = sorted(figures, key=lambda item: -item[1]["cpu"] - item[1]["containers_cpu"])
    return [f"{head}  scenario", *(f"{_figures(found)}  {name}" for name, found in ordered)]


def _figures(found: Mapping[str, float]) -> str:
    seconds = (found["ready"], found["run"], found["cpu"] + found["containers_cpu"])
    sizes = (found["memory"] + found["containers_memory"], found["read"], found["written"])
    cells = [*(f"{value:.2f}" for value in seconds), *(f"{value / _MEGA:.1f}" for value in sizes)]
    return "".join(f"{cell:>12}" for cell in [*cells, f"{found['containers']:.0f}"])


def told(found: Mapping[str, float]) -> str:
    """Return all figures of a scenario, a line each."""
    return "\n".join(f"{name} {value:g}" for name, value in found.items()) + "\n"
