"""What a home keeps of registries over HTTP: their content in one store, and the answers of each in a folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from marketplace.clock import Clock, system_clock
from marketplace.http.cache import Cache
from marketplace.storage.fetched import FetchedStore
from marketplace.storage.files import remove_stale, staged_name

KEPT = 90 * 86400.0
"""Seconds for which what nobody uses is kept; cargo keeps what it downloaded for about as long (three months)."""


class Amount(NamedTuple):
    """Blobs of content and their bytes, and the bytes of everything that is kept of registries' answers."""

    blobs: int
    bytes: int
    answers_bytes: int


class FetchedCopies:
    """The copies in `cache/` of a home. All of it can be fetched again.

    Args:
        folder: where `store` and `registries` lie.
        clock: the time.
    """

    def __init__(self, folder: Path, store: FetchedStore, clock: Clock = system_clock) -> None:
        self._registries = folder / "registries"
        self._store = store
        self._clock = clock

    def amount(self) -> Amount:
        """Count what is kept."""
        stats = self._store.stats()
        return Amount(stats.blobs, stats.bytes, sum(map(_size, self._folders())))

    def drop_damaged(self) -> int:
        """Re-hash the content and remove what is damaged or foreign; return how many files that were."""
        return self._store.drop_damaged()

    def collect_garbage(self, *, dry_run: bool = False) -> Amount:
        """Remove what no project links and nobody fetched or confirmed for `KEPT` seconds; return what was freed.

        With `dry_run` nothing is removed.
        """
        limit = self._clock().timestamp() - KEPT
        freed = self._store.gc(self._store.in_use(since=limit), dry_run=dry_run)
        answers = sum(Cache(folder, clock=self._clock).prune(KEPT, dry_run=dry_run) for folder in self._folders())
        if not dry_run:
            remove_stale(self._registries, limit)
        return Amount(freed.blobs, freed.bytes, answers)

    def clear(self) -> int:
        """Remove all of it; return the bytes no longer used. What projects link stays theirs."""
        freed = self._store.clear()
        for folder in list(self._folders()):
            doomed = self._registries / staged_name()
            folder.rename(doomed)  # at once: who asks that registry meanwhile begins a new folder
            freed += _size(doomed)
            shutil.rmtree(doomed)
        return freed

    def _folders(self) -> Iterator[Path]:
        return (path for path in self._registries.glob("*") if path.is_dir() and not path.is_symlink())


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
