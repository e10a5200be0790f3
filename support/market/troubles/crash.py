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
from dataclasses import replace
from pathlib import Path

from support.market.troubles import crash_point, tracing
from support.market.troubles.crash_point import Point, Tried
from support.market.troubles.tracing import Call
from support.market.world import PREFIX, World

_WORKERS = 2
_TIMEOUT = 600.0
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where it exists: a kill leaves the same on any


def every_operation(world: World, kind: str, command: str, *, step: int = 1) -> list[Tried]:
    """Run `command` once for each `step`-th of its operations and disturb it there.

    `kind` is `killed`, `failing` (the operation gives EIO, once) or `full` (the disk is full from there on). Returns
    what came of each try, in their order. A kill just after an fsync is left out: what it leaves is what a kill just
    before it leaves.
    """
    whole, undisturbed = _undisturbed(world, command)
    points = whole.folder.parent
    return _tried([
        replace(whole, folder=points / f"{place:04}", kind=kind, text=call.text,
                rules=tuple(_rules(kind, place, undisturbed)))
        for place, call in enumerate(undisturbed)
        if kind != "killed" or place == 0 or undisturbed[place - 1].name not in tracing.SYNCING
    ][::step])  # fmt: skip


def calls_of(world: World, command: str) -> list[str]:
    """Run `command` undisturbed; return its system calls as strace shows them, in their order."""
    whole, _ = _undisturbed(world, command)
    return (whole.folder / crash_point.LOG).read_text(encoding="utf-8", errors="surrogateescape").splitlines()


def _undisturbed(world: World, command: str) -> tuple[Point, list[Call]]:
    """Run `command` undisturbed in a folder of its own; return how, and its calls that change files."""
    before = world.root / "before"
    before.mkdir()
    for folder in (world.home, world.project):
        shutil.copytree(folder, before / folder.name, symlinks=True)
    points = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_MEMORY if _MEMORY.is_dir() else None))
    world.defer(lambda: shutil.rmtree(points))
    argv = tuple(world.command(command)[0][1:])
    epoch = int(world.now.timestamp())
    whole = Point(before, points / "whole", argv, epoch, "", (), "")
    (tried,) = _tried([whole])
    assert tried.exit_code == 0, tried
    return whole, tracing.changes(whole.folder / crash_point.LOG, whole.folder)


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
