"""What images are made of, kept between runs of any process: made once per content, whole or not at all."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.cleanroom.engine.base import Recipe


def cache_folder() -> Path:
    """Return the folder that keeps wheels and trees between runs: `CLEANROOM_CACHE`, else the user's cache."""
    named = os.environ.get("CLEANROOM_CACHE")
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cleanroom"
    return Path(named) if named else default


def cached(kind: str, key: str, fill: Callable[[Path], object]) -> Path:
    """Return a folder of the cache, filled by the first who asks. It appears whole or not at all."""
    place = cache_folder() / kind / key[:16]
    with in_use(place):
        if place.is_dir():
            return place
        staging = Path(tempfile.mkdtemp(dir=place.parent, prefix=f"{place.name}-"))
        try:
            staging.chmod(0o755)
            fill(staging)
            staging.rename(place)
        except BaseException:
            shutil.rmtree(staging)
            raise
    return place


@contextmanager
def in_use(place: Path) -> Iterator[None]:
    """Hold a lock on a thing of the cache, and note beside it that it was wanted now."""
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = place.parent / f"{place.name}.lock"
    with locked(lock):
        os.utime(lock)
        yield


@contextmanager
def unused(place: Path, before: float) -> Iterator[bool]:
    """Hold the lock, if it is free, and say whether the thing was not wanted since a time.

    One that is seen here for the first time counts as wanted now.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"{place.name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it is being built
            yield False
            return
        yield os.fstat(file.fileno()).st_mtime < before


def prune_trees(before: float) -> list[str]:
    """Remove the trees that nobody has wanted since a time, and what builds left that were killed before it.

    Wheels and packages stay: they cost a download, and there are few of them.
    """
    removed = []
    for path in (cache_folder() / "trees").glob("*"):
        if path.is_dir():
            with unused(path.parent / path.name.partition("-")[0], before) as old:
                if old:
                    shutil.rmtree(path)
                    removed.append(path.name)
    return removed


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among the processes of this machine."""
    with path.open("a") as file:  # which leaves the file's time as it is
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(parts: Iterable[str | bytes]) -> str:
    """Return the SHA-256 of parts, each with its length before it."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def tree_of(recipe: Recipe) -> Path:
    """Return the root file system of a recipe, made the first time; nobody may write to it."""
    base = recipe.base()
    return cached("trees", recipe.key(), lambda folder: recipe.build_tree(folder, tree_of(base) if base else None))
