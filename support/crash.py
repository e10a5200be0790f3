"""Disturbing a command at each of its file-system operations, and looking at what is left.

Every operation is tried in a folder of its own, two at a time, in processes forked from one that has the product
loaded: so an operation costs a fork and a trace rather than three starts of the command.
"""

import multiprocessing
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from support import crash_point, tracing
from support.crash_point import Point, Tried
from support.tracing import Call
from support.world import PREFIX, World

_WORKERS = 2
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
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([crash_point.__name__])
    argv = tuple(world.command(command)[0][1:])
    epoch = int(world.now.timestamp())
    with ProcessPoolExecutor(_WORKERS, context, max_tasks_per_child=1) as pool:
        undisturbed = pool.submit(crash_point.operations, before, points / "whole", argv, epoch).result()
        tries = [
            Point(before, points / f"{place:04}", argv, epoch, kind, tuple(_rules(kind, place, undisturbed)), call.text)
            for place, call in enumerate(undisturbed)
            if kind != "killed" or place == 0 or undisturbed[place - 1].name not in tracing.SYNCING
        ][::step]  # fmt: skip
        return list(pool.map(crash_point.disturb, tries))


def _rules(kind: str, place: int, calls: Sequence[Call]) -> list[str]:
    call = calls[place]
    if kind == "killed":
        return tracing.killing(call)
    if kind == "failing":
        return tracing.failing(call, "EIO")
    return tracing.filling(call, calls[place:])
