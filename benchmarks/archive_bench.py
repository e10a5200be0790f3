"""Packing and unpacking 1,000 files against `cp -r`, tarfile's `data` filter, and GNU tar with gzip.

Ours reads, hashes and checks each file and syncs the result; the peers do none of that.
"""

import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring import Contestant, Row, Stage, attempt, contest
from benchmarks.packages import as_folder, as_npm_folder, make
from benchmarks.peers import tool
from benchmarks.processes import environment, product, run
from marketplace.archive import unpack, write_archive
from marketplace.source import FolderSource

_FILES = 1_000


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    os.sync()
    root = stage.scratch
    package, rounds = as_folder(make("many", files=_FILES - 1), root / "package"), stage.pick(9, 3)
    archive, plain, zipped = root / "a.gpack", _tarfile(package, root / "a.tar", "w"), _tarfile(package, root / "a.tgz")
    packed = write_archive(FolderSource.read(package), archive)
    place, env = _Place(root / "place"), environment(root)
    gzip = "GNU tar and gzip, process"

    def turn(name: str, act: Callable[[Path], object], goal: float | None = None) -> Contestant:
        return Contestant(name, lambda: act(place.now), place.clear, goal=goal)

    ours = turn("ours", lambda here: write_archive(FolderSource.read(package), here / "a.gpack"))
    yield from contest(f"pack {_FILES:,} files", ours, [
        turn("floor: cp -r, process", lambda here: run(["cp", "-r", package, here / "copy"], env)),
        turn("tarfile, gzip", lambda here: _tarfile(package, here / "a.tgz"), 0.4),
        turn(gzip, lambda here: run(["tar", "-czf", here / "a.tgz", "-C", package, "."], env), 0.4),
    ], rounds)  # fmt: skip
    yield from contest(f"unpack {_FILES:,} files", turn("ours", lambda here: _unpack(archive, here)), [
        turn("floor: cp -r, process", lambda here: run(["cp", "-r", package, here / "copy"], env)),
        turn("tarfile, filter=data", lambda here: _extract(plain, here), 0.7),
        turn("tarfile, filter=data, gzip", lambda here: _extract(zipped, here), 0.7),
        turn(gzip, lambda here: run(["tar", "-xzf", zipped, "-C", here], env)),
    ], rounds)  # fmt: skip
    yield from _against_npm(stage, package, rounds)
    yield Row(f"archive of {_FILES:,} files", packed, "tar.gz", zipped.stat().st_size, None, "bytes")


def _against_npm(stage: Stage, package: Path, rounds: int) -> list[Row]:
    """Compare whole processes: npm packs the same files with a package.json."""
    installed, env = product(stage), environment(stage.scratch)
    as_npm_folder(make("many", files=_FILES - 1), stage.scratch / "npm-package")
    command = [installed.ggen, "market", "pack", package, "-o", stage.scratch / "b.gpack"]
    ours = Contestant("ggen market pack", lambda: run(command, installed.environment(stage.scratch)))

    def npm() -> Contestant:
        command = [tool("npm"), "pack", "--silent", stage.scratch / "npm-package"]
        return Contestant("npm pack, process", lambda: run(command, env, stage.scratch))

    return contest(f"pack {_FILES:,} files, process", ours, [attempt("npm pack, process", npm)], rounds)


class _Place:
    """An empty folder to write to, anew for each turn."""

    def __init__(self, folder: Path) -> None:
        self.now = folder

    def clear(self) -> None:
        """Empty it."""
        shutil.rmtree(self.now, ignore_errors=True)
        self.now.mkdir()


def _tarfile(package: Path, target: Path, mode: str = "w:gz") -> Path:
    with tarfile.open(target, mode) as file:  # type: ignore[call-overload]
        file.add(package, arcname=".")
    return target


def _extract(archive: Path, place: Path) -> None:
    with tarfile.open(archive) as file:
        file.extractall(place, filter="data")


def _unpack(archive: Path, place: Path) -> None:
    with archive.open("rb") as stream:
        unpack(stream, place)
