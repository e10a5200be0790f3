"""Disturbing a command at each of its file-system operations, and looking at what is left.

Every operation is tried in a folder of its own, two at a time, in processes forked from one that has the product
loaded: so an operation costs a fork and a trace rather than three starts of the command.
"""

import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support import crash_point, tracing
from support.crash_point import Point, Tried
from support.tracing import Call
from support.world import PREFIX, World

_WORKERS = 2
_TIMEOUT = 600.0
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where it exists: a kill leaves the same on any


def every_operation(world: World, kind: str, command: str, *, step: int = 1) -> list[Tried]:
    """Run `command` once for each `step`-th of its operations and disturb it there.

    `kind` is `killed`, `failing` (the operation gives EIO, once) or `full` (the disk is full from there on). Returns
    what came of each try, in their order. A kill just after an fsync is left out: what it leaves is what a kill just
    before it leaves.
    """
    before = world.root / "before"
    before.mkdir()
    for folder in (world.home, world.project):
        shutil.copytree(folder, before / folder.name, symlinks=True)
    points = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_MEMORY if _MEMORY.is_dir() else None))
    world.defer(lambda: shutil.rmtree(points))
    argv = tuple(world.command(command)[0][1:])
    epoch = int(world.now.timestamp())
    (whole,) = _tried([Point(before, points / "whole", argv, epoch, "", (), "")])
    assert whole.exit_code == 0, whole
    undisturbed = tracing.changes(points / "whole" / crash_point.LOG, points / "whole")
    return _tried([
        Point(before, points / f"{place:04}", argv, epoch, kind, tuple(_rules(kind, place, undisturbed)), call.text)
        for place, call in enumerate(undisturbed)
        if kind != "killed" or place == 0 or undisturbed[place - 1].name not in tracing.SYNCING
    ][::step])  # fmt: skip


def _tried(points: Sequence[Point]) -> list[Tried]:
    """Let a process of its own fork a process for each point, so many at a time; return what came of each."""
    command = [sys.executable, "-m", crash_point.__name__, str(_WORKERS)]
    given = pickle.dumps(list(points))
    done = subprocess.run(command, input=given, capture_output=True, timeout=_TIMEOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"the tries could not be made: {done.stderr.decode(errors='replace')}")
    results: list[Tried] = pickle.loads(done.stdout)  # noqa: S301 - made by our own process
    return results


def _rules(kind: str, place: int, calls: Sequence[Call]) -> list[str]:
    call = calls[place]
    if kind == "killed":
        return tracing.killing(call)
    if kind == "failing":
        return tracing.failing(call, "EIO")
    return tracing.filling(call, calls[place:])
