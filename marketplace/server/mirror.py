"""`ggen market mirror`: a registry's files written to a folder, for any static file server.

A run writes the registry as it is when the run begins: the log's first n entries. Whatever is named is there before its
name is: blobs and archives, release records, the log's tiles, then the checkpoint of n entries, and then the documents,
none of which names a release beyond n. So whoever reads a mirror that is being written, or one whose writing was
killed, finds every release in the log that the checkpoint shows. Each file appears whole. A second run writes what
changed.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from marketplace.errors import ConflictError, IntegrityError
from marketplace.index import published
from marketplace.index.tiles import tiles_of
from marketplace.model.ids import PackageId
from marketplace.model.release import Release
from marketplace.protocol import paths
from marketplace.protocol.notes import read_checkpoint
from marketplace.protocol.paths import place_of
from marketplace.server.content import Content
from marketplace.server.log import LogKey
from marketplace.storage.base import read_tree
from marketplace.storage.files import STAGED_PREFIX, disk_error, staged_name, sync_all, sync_folder, write_atomic
from marketplace.storage.links import clone_error
from marketplace.storage.locks import FileLock

MARKER = ".ggen-mirror"
"""Says whose mirror a folder is, from the first moment; the root document comes last."""

_TOGETHER = 256
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Mirrored:
    """What a run did: files written and their bytes, files that were right already, and the log's size."""

    packages: int = 0
    releases: int = 0
    written: int = 0
    unchanged: int = 0
    bytes: int = 0
    log_size: int = 0


class Mirror:
    """Writes the files of `content` to `target`.

    Args:
        archives: write an archive for each release too.
        advance: called with the package at work, how many are done and how many there are.
    """

    def __init__(
        self, content: Content, key: LogKey, target: Path, *, archives: bool, advance: Callable[[str, int, int], None]
    ) -> None:
        self._content = content
        self._key = key
        self._target = target
        self._archives = archives
        self._advance = advance
        self._writer = _Writer(target)

    def run(self, *, lock_timeout: float) -> Mirrored:
        """Bring the folder up to date.

        Raises:
            ConflictError: `mirror-foreign`, the folder holds something else; nothing was written.
            IntegrityError: the registry is damaged; what is there of the mirror stays right.
            UnavailableError: `disk-full`, `store-unwritable` or `lock-timeout`.
        """
        try:
            self._target.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign()
            lock = self._content.registry.folder / "mirror.lock"
            with FileLock(lock, purpose="writing a mirror", timeout=lock_timeout):
                self._sweep()
                self._all()
        except OSError as error:
            raise disk_error(error, f"the mirror {self._target}") from error
        finally:
            self._writer.discard()
        return self._writer.done

    def _refuse_foreign(self) -> None:
        marker, mine = self._target / MARKER, f"{self._key.verifier}\n".encode()
        if all(path.name.startswith(STAGED_PREFIX) for path in self._target.iterdir()):
            write_atomic(marker, mine)
            return
        with suppress(OSError):
            if marker.read_bytes() == mine:
                return
        hint = "name an empty folder, or the mirror of this registry"
        raise ConflictError("mirror-foreign", f"{self._target} holds something else", hint=hint, path=str(self._target))

    def _sweep(self) -> None:
        """Remove what a run that was killed had staged: nobody else is at it."""
        for path in self._target.rglob(STAGED_PREFIX + "*"):
            path.unlink()

    # --- the order ---------------------------------------------------------------------------------------------------

    def _all(self) -> None:
        before = {path: self._made(path) for path in (paths.CATALOG, paths.CATEGORIES)}  # never newer than the log
        checkpoint = self._made(paths.CHECKPOINT)
        size = read_checkpoint(checkpoint, self._key.verifier).size
        ids = self._content.registry.ids()
        for place, id_ in enumerate(ids):
            self._advance(str(id_), place, len(ids))
            self._releases(id_, size)
        self._tiles(size)
        self._writer.settle()
        self._writer.put(paths.CHECKPOINT, checkpoint)
        self._writer.settle()
        for id_ in ids:
            self._document(id_, size)
        for path, data in {**before, paths.YANKED: self._made(paths.YANKED)}.items():
            self._writer.put(path, data)
        self._writer.settle()
        self._write(paths.REGISTRY)
        self._writer.settle()
        self._writer.done.log_size = size

    # --- packages ----------------------------------------------------------------------------------------------------

    def _releases(self, id_: PackageId, size: int) -> None:
        for row in published.releases_of(self._content.registry.index, id_, until=size):
            self._release(Release.decode(row.record), row.record)

    def _document(self, id_: PackageId, size: int) -> None:
        document = self._content.package(id_, until=size)
        if document is not None:  # None for one that was published meanwhile
            self._writer.done.packages += 1
            self._writer.put(paths.package(id_), document)
            self._write(paths.downloads(id_))
            self._qualities(id_, size)

    def _qualities(self, id_: PackageId, size: int) -> None:
        """Write what was measured of each release that the checkpoint covers."""
        index = self._content.registry.index
        measured = index.scores(id_)
        for row in published.releases_of(index, id_, until=size):
            path = paths.quality(id_, row.version)
            if str(row.version) in measured and place_of(path):
                self._write(path)

    def _release(self, release: Release, record: bytes) -> None:
        store = self._content.registry.store
        for digest in dict.fromkeys((release.content_id, *(e.digest for e in read_tree(store, release.content_id)))):
            self._writer.link(paths.blob(digest), store.path_of(digest))
        if self._archives:
            self._writer.link(paths.archive(release.content_id), self._content.archive(release.content_id))
        path = paths.release(release.id, release.version)
        if place_of(path):
            self._writer.put(path, record)
        self._writer.done.releases += 1

    # --- the log -----------------------------------------------------------------------------------------------------

    def _tiles(self, size: int) -> None:
        for level, index, width in tiles_of(size):
            self._write(paths.tile(level, index, width))
            if level == 0:
                self._write(paths.entries(index, width))

    def _write(self, path: str) -> None:
        if (place := place_of(path)) and place.immutable and self._writer.has(path):
            self._writer.done.unchanged += 1
            return
        self._writer.put(path, self._made(path))

    def _made(self, path: str) -> bytes:
        place = place_of(path)
        data = self._content.of(place) if place else None
        if data is None:
            raise IntegrityError(
                "index-corrupt", f"the registry has no {path}", hint="`ggen market index verify` looks why"
            )
        return data


class _Writer:
    """Files on their way into the mirror: staged and synced many at once, and then renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staged: list[tuple[Path, Path, int]] = []
        self._folders: set[Path] = set()
        self._waiting: set[Path] = set()  # renaming a second link of one file over the first would leave both
        self.done = Mirrored()

    def has(self, path: str) -> bool:
        """Tell whether there is a file."""
        return (self._root / path).is_file()

    def put(self, path: str, data: bytes) -> None:
        """Write a file unless it is there with these bytes."""
        target = self._root / path
        with suppress(FileNotFoundError):
            if target.stat().st_size == len(data) and target.read_bytes() == data:
                self.done.unchanged += 1
                return
        handle = self._stage(target)
        with open(handle, "wb", closefd=False) as file:
            file.write(data)
        self._count(len(data))

    def link(self, path: str, source: Path) -> None:
        """Make a file that shares the bytes of `source`: a clone of its extents, else a link, else a copy."""
        target = self._root / path
        size = source.stat().st_size
        if target in self._waiting or (target.exists() and target.stat().st_size == size):
            self.done.unchanged += 1
            return
        handle = self._stage(target)
        with source.open("rb") as file:
            if clone_error(file.fileno(), handle) and not self._linked(source):
                with open(handle, "wb", closefd=False) as copy:
                    shutil.copyfileobj(file, copy)
        self._count(size)

    def _linked(self, source: Path) -> bool:
        """Put a link in the place of the file staged last, if the file system can."""
        staged = self._staged[-1][0]
        other = staged.with_name(staged_name())
        try:
            os.link(source, other)
        except OSError:
            return False
        other.replace(staged)
        return True

    def _stage(self, target: Path) -> int:
        if len(self._staged) >= _TOGETHER:
            self.settle()
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(staged_name())
        handle = os.open(staged, _NEW, 0o644)
        self._staged.append((staged, target, handle))
        self._waiting.add(target)
        return handle

    def _count(self, size: int) -> None:
        self.done.written += 1
        self.done.bytes += size

    def settle(self) -> None:
        """Give everything staged its name, durable before whatever is staged later."""
        sync_all([handle for _, _, handle in self._staged])
        for staged, target, _ in self._staged:
            staged.replace(target)
            self._folders.add(target.parent)
        self._close()
        for folder in self._folders:
            sync_folder(folder)
        self._folders.clear()

    def discard(self) -> None:
        """Remove what was staged and got no name."""
        for staged, _, _ in self._staged:
            staged.unlink(missing_ok=True)
        self._close()

    def _close(self) -> None:
        for _, _, handle in self._staged:
            os.close(handle)
        self._staged.clear()
        self._waiting.clear()
