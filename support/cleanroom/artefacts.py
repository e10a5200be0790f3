"""What a red scenario leaves for its reader: logs, inspection, files, traffic, commands, resources, timeline of rooms.

There is one witness at a time, the running scenario's. Rooms report to it when they are made and when they fail; what a
room knew is gathered while it still stands.
"""

import contextlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import EngineError
from support.cleanroom.proxy.running import RECORD

if TYPE_CHECKING:
    from support.cleanroom.cleanroom import Cleanroom
    from support.cleanroom.containers import GenericContainer

_SECONDS = 20.0  # for one look into a container that may be in any state
_LARGEST = 1 << 20  # bytes of one artefact; of a longer one the end is kept
_COMMANDS = 50

_current: "Witness | None" = None


def current() -> "Witness | None":
    """Return the witness of the scenario that runs, if a scenario runs."""
    return _current


class Witness:
    """Knows the rooms of one scenario; with `keeps`, a room of a red scenario stays.

    Attributes:
        seen: the artefacts of rooms that failed before the end of the scenario, by file name.
        kept: what is to be told of rooms that stay.
    """

    def __init__(self, *, keeps: bool, clock: Callable[[], float] = time.monotonic) -> None:
        global _current  # noqa: PLW0603 - a room does not know whose scenario it is in
        self.keeps = keeps
        self.rooms: list[Cleanroom] = []
        self.seen: dict[str, str] = {}
        self.kept: list[str] = []
        self._steps: list[tuple[float, str]] = []
        self._clock = clock
        _current = self

    def step(self, name: str) -> None:
        """Note that a step has ended."""
        self._steps.append((self._clock(), f"step: {name}"))

    def failing(self, room: "Cleanroom") -> None:
        """Gather what a room knows now: it is about to be taken away, and something is wrong."""
        for name, text in gather(room):
            self.seen.setdefault(f"{self._number(room)}/{name}", text[-_LARGEST:])

    def timeline(self) -> str:
        """Return what happened in the rooms and which steps ended, in seconds since the first; empty without rooms."""
        happened = [(at, f"room {self._number(room)}: {what}") for room in self.rooms for at, what in room.events]
        if not happened:
            return ""
        told = sorted([*happened, *self._steps])
        return "".join(f"{at - told[0][0]:9.3f} s  {what}\n" for at, what in told)

    def look(self, world: Path) -> None:
        """Gather what is there of a red scenario; `world` is its folder, with the records of proxies."""
        for room in self.rooms:
            if not room.closed:
                self.failing(room)
        for number, record in enumerate(sorted(world.rglob(RECORD)), start=1):
            self.seen[f"traffic-{number}.jsonl"] = record.read_text(encoding="utf-8")[-_LARGEST:]

    def finish(self, folder: Path) -> dict[str, str]:
        """Forget the rooms; return what is to be attached, and write it below `folder` if something was wrong."""
        found = dict(self.seen)
        if timeline := self.timeline():
            found["timeline.txt"] = timeline
        write(folder, found if self.seen else {})
        self.close()
        return found

    def keep(self) -> list[str]:
        """Have the rooms that are open stay; return for each that stays how to enter it and how to remove it."""
        self.kept += [room.keep() for room in self.rooms if not room.closed]
        return self.kept

    def close(self) -> None:
        """Forget the rooms."""
        global _current  # noqa: PLW0603
        self.rooms.clear()
        _current = None

    def _number(self, room: "Cleanroom") -> str:
        return room.id.rpartition("-")[2]


def gather(room: "Cleanroom") -> Iterator[tuple[str, str]]:
    """Yield file name and text of all that can be had of a room; what cannot be had says why."""
    yield "commands.txt", "".join(f"{line}\n" for line in room.transcript.lines[-_COMMANDS:])
    for volume in room.volumes():
        name = volume.name.removesuffix(f"-{room.id}")
        yield f"{name}.volume.txt", tree(volume.path)
        if (record := volume.path / RECORD).is_file():
            yield f"{name}.traffic.jsonl", record.read_text(encoding="utf-8")
    for name, container in room.containers.items():
        for kind, look in _looks(container).items():
            yield f"{name}.{kind}", _seen(look)


def _looks(container: "GenericContainer") -> Mapping[str, Callable[[], str]]:
    inside = container.engine_container
    return {
        "log": container.logs,
        "inspect.json": lambda: json.dumps(inspected(container), indent=1, default=str),
        "resources.json": lambda: json.dumps(asdict(inside.stats()), indent=1),
        "files.txt": lambda: inside.exec(_listing(container), Deadline.after(_SECONDS)).text,
    }


def inspected(container: "GenericContainer") -> dict[str, object]:
    """Return a container's state, and what its engine knows of it."""
    inside = container.engine_container
    return {"state": asdict(inside.state()), **inside.inspect()}


def _listing(container: "GenericContainer") -> list[str]:
    """Return the command that lists what a container could write to, and not what came with its image."""
    spec = container.engine_container.spec
    return ["ls", "-lAR", *sorted({"/tmp", *spec.scratch, *(mount.target for mount in spec.mounts)})]  # noqa: S108


def _seen(look: Callable[[], str]) -> str:
    try:
        return look()
    except (EngineError, OSError) as error:  # it has ended, is paused, or its engine is gone: that is told instead
        return f"not to be had: {error}\n"


def tree(folder: Path) -> str:
    """Return mode, size and path of all below a folder of this machine, or that it is gone."""
    lines = []
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # containers may still write
            about = path.lstat()
            lines.append(f"{about.st_mode:o} {about.st_size:>12} {path.relative_to(folder)}\n")
    return "".join(lines) if folder.is_dir() else f"{folder} is gone\n"


def folder_name(scenario: str, location: str) -> str:
    """Return the name of a scenario's folder of artefacts: readable, and no other scenario's."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", scenario).strip("-")
    return f"{readable[:80]}-{sha256(location.encode()).hexdigest()[:8]}"


def write(folder: Path, found: Mapping[str, str]) -> None:
    """Write artefacts below a folder, in place of what an earlier run has left there."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")


def how_to_leave(run: str, room: str, entrances: Iterable[str]) -> str:
    """Return what is printed of a room that stays."""
    lines = [f"kept room {room}", *(f"  enter:  {entrance}" for entrance in entrances)]
    return "\n".join([*lines, f"  remove: python -m support.cleanroom.reaper --remove {run}"])
