"""Looking after a local registry: its store, its index, and what can be made from them again."""

import shutil
from collections.abc import Container, Iterator
from pathlib import Path

from marketplace.index.backup import backup as write_backup
from marketplace.index.backup import restore as put_backup
from marketplace.model.release import Release
from marketplace.registry.local import LocalRegistry
from marketplace.storage.base import Damage, StoreStats, read_tree


class Upkeep:
    """What the operator of `registry` does now and then."""

    def __init__(self, registry: LocalRegistry) -> None:
        self._registry = registry

    def collect_garbage(self, *, dry_run: bool = False) -> StoreStats:
        """Delete the blobs that no release needs; return what was freed.

        Raises:
            NotFoundError or IntegrityError: a tree is missing or damaged; then nothing is deleted.
        """
        return self._registry.store.gc(self._needed(), dry_run=dry_run)

    def verify_store(self) -> Iterator[Damage]:
        """Re-hash every blob; yield those that are damaged, and those that a release needs and that are missing."""
        damaged = set()
        for item in self._registry.store.verify():
            damaged.add(item.digest)
            yield item
        for digest, release in self._expected(damaged):
            if digest not in damaged and not self._registry.store.has(digest):
                damaged.add(digest)
                yield Damage(digest, "missing", f"{release} needs it")

    def _expected(self, damaged: Container[str]) -> Iterator[tuple[str, Release]]:
        """Yield each blob that a release needs, as far as its tree can be read."""
        for release in self._releases():
            yield release.content_id, release
            if release.content_id not in damaged and self._registry.store.has(release.content_id):
                yield from ((entry.digest, release) for entry in read_tree(self._registry.store, release.content_id))

    def _needed(self) -> Iterator[str]:
        for release in self._releases():
            yield release.content_id
            yield from (entry.digest for entry in read_tree(self._registry.store, release.content_id))

    def _releases(self) -> Iterator[Release]:
        return (record for _, record in self._registry.index.entries() if isinstance(record, Release))

    def clear_derived(self) -> int:
        """Remove the search view, the link copies and the archives; return the bytes freed."""
        freed = sum(path.lstat().st_size for path in self._registry.archives.glob("*/*"))
        if self._registry.archives.is_dir():
            shutil.rmtree(self._registry.archives)
        return freed + self._registry.engine.clear() + self._registry.store.clear_link_copies()

    def backup(self, target: Path) -> None:
        """Write a consistent copy of the index to `target`; see `marketplace.index.backup`."""
        write_backup(self._registry.index, target)

    def restore(self, source: Path, *, force: bool = False) -> None:
        """Put a backup in the index's place, while nobody publishes; see `marketplace.index.backup`."""
        with self._registry.store.alone("restoring the index"):
            put_backup(self._registry.index_path, source, force=force)
        self._registry.reopen()

    def repair(self) -> None:
        """Rebuild the index's views from its log, and the search view from them; measure what nobody has measured."""
        self._registry.index.repair()
        for release in list(self._releases()):
            self._registry.quality(release)
        self.clear_derived()
        self._registry.engine.refresh()
