"""How blobs get their names: staged, made durable together, and then linked into place.

A link fails when its name is taken, so a blob never replaces another. Many blobs are synced at once, since a disk takes
about as long to flush one file as to flush twenty; yet no blob has its name before its bytes are durable.
"""

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from marketplace.errors import IntegrityError
from marketplace.storage.base import NewBlob
from marketplace.storage.blobs import copy_hashing, unexpected
from marketplace.storage.files import staged_name, sync_all

BLOB_MODE = 0o444
"""The permissions of a blob: nobody has reason to write it."""

_SHARD = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""A link in the place of one of the store's inner folders would lead writes somewhere else."""

_TOGETHER = 256
"""Most files staged, and held open, before they are synced: well below the usual limit of 1,024 open files."""


class Staged(NamedTuple):
    """A staged file, still open as `handle`."""

    path: str
    handle: int
    digest: str
    size: int


class Placer:
    """Writes blobs into the store at `root`.

    Args:
        is_sound: tells whether a blob is there and has its digest.
        notify: told of damage that was mended.
        shard_digits: how many digits of the digest name a blob's folder.
    """

    def __init__(
        self, root: Path, *, is_sound: Callable[[str], bool], notify: Callable[[str], None], shard_digits: int
    ) -> None:
        self._root = root
        self._cut = len("sha256:") + shard_digits
        self._blobs = root / "blobs"
        self._staging = root / "staging"
        self._is_sound = is_sound
        self._notify = notify

    def place(self, stream: BinaryIO, expected: str | None, limit: int | None) -> tuple[str, int]:
        """Store one stream, unless its blob is there; return its digest and size."""
        with self._batch() as batch:
            staged = self._stage(stream, expected, limit)
            batch.append(staged)
            if not self._is_sound(staged.digest):
                self._settle(batch)
        return staged.digest, staged.size

    def place_many(self, blobs: Iterable[NewBlob]) -> dict[str, int]:
        """Store blobs that are not there or damaged; return the digests and sizes of those that it stored."""
        stored: dict[str, int] = {}
        with self._batch() as batch:
            for blob in self._lacking(blobs):
                with blob.open() as stream:
                    batch.append(self._stage(stream, blob.digest, blob.size))
                stored[blob.digest] = blob.size
                if len(batch) == _TOGETHER:
                    self._settle(batch)
            self._settle(batch)
        return stored

    def adopt(self, path: Path, digest: str, size: int) -> None:
        """Give a file with the bytes of a blob its name, unless the blob is there; `path` is gone then."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with self._batch() as batch:
            batch.append(Staged(str(path), handle, digest, size))
            os.fchmod(handle, BLOB_MODE)
            if not self._is_sound(digest):
                self._settle(batch)

    def _lacking(self, blobs: Iterable[NewBlob]) -> Iterator[NewBlob]:
        """Yield each blob once that is not there or damaged."""
        seen: set[str] = set()
        for blob in blobs:
            if blob.digest not in seen:
                seen.add(blob.digest)
                if not self._is_sound(blob.digest):
                    yield blob

    @contextmanager
    def _batch(self) -> Iterator[list[Staged]]:
        """Hold staged files; whatever happens, none is left at the end."""
        batch: list[Staged] = []
        try:
            yield batch
        finally:
            _discard(batch)

    def _stage(self, stream: BinaryIO, expected: str | None, limit: int | None, folder: str = "") -> Staged:
        path = f"{folder or self._staging}/{staged_name()}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, BLOB_MODE)
        try:
            with open(handle, "wb", buffering=0, closefd=False) as file:
                digest, count = copy_hashing(stream, file, limit)
            if expected is not None and digest != expected:
                raise unexpected(digest, expected)
            if stat.S_IMODE(os.fstat(handle).st_mode) != BLOB_MODE:
                os.fchmod(handle, BLOB_MODE)
        except BaseException:
            _discard([Staged(path, handle, "", 0)])
            raise
        return Staged(path, handle, digest, count)

    def _settle(self, batch: list[Staged]) -> None:
        """Make what is staged durable, give each file its name, make the names durable, and empty the batch."""
        self._sync([staged.handle for staged in batch])
        shards = self._open_shards({self._shard_of(staged.digest) for staged in batch})
        try:
            for staged in batch:
                self._name(staged, shards[self._shard_of(staged.digest)])
            self._sync(list(shards.values()))
        finally:
            close_all(shards.values())
        _discard(batch)

    def _shard_of(self, digest: str) -> str:
        return digest[7 : self._cut]

    def _name_of(self, digest: str) -> str:
        return digest[self._cut :]

    def _sync(self, handles: list[int]) -> None:
        sync_all(handles)

    def _open_shards(self, names: set[str]) -> dict[str, int]:
        """Make the folders that are missing, and open all."""
        missing = [name for name in names if not (self._blobs / name).is_dir()]
        for name in missing:
            (self._blobs / name).mkdir(parents=True, exist_ok=True)
        if missing:
            self._sync_blobs()
        shards: dict[str, int] = {}
        try:
            for name in names:
                shards[name] = _open_shard(self._blobs / name)
        except BaseException:
            close_all(shards.values())
            raise
        return shards

    def _sync_blobs(self) -> None:
        handle = _open_shard(self._blobs)
        try:
            self._sync([handle])
        finally:
            os.close(handle)

    def _name(self, staged: Staged, shard: int) -> None:
        """Give a staged file its name, unless somebody else stored the same bytes in this moment."""
        name = self._name_of(staged.digest)
        try:
            os.link(staged.path, name, dst_dir_fd=shard, follow_symlinks=False)
        except FileExistsError:
            if self._is_sound(staged.digest):
                return
            self._bury(staged.digest)
            os.replace(staged.path, name, dst_dir_fd=shard)
        if not os.path.samestat(os.fstat(staged.handle), os.stat(name, dir_fd=shard, follow_symlinks=False)):
            os.unlink(name, dir_fd=shard)
            hint = "find out who else writes into the home (GGEN_HOME), then run the command again"
            raise IntegrityError("staged-changed", f"somebody replaced the staged file {staged.path}", hint=hint)

    def _bury(self, digest: str) -> None:
        """Keep a damaged blob for whoever wants to know what happened to it."""
        grave = self._root / "damaged"
        grave.mkdir(exist_ok=True)
        target = self._blobs / self._shard_of(digest) / self._name_of(digest)
        os.link(target, grave / f"{digest[7:]}-{time.time_ns()}", follow_symlinks=False)
        self._notify(f"the stored blob {digest} was damaged and has been replaced; what was there is in {grave}")


def _open_shard(folder: Path) -> int:
    try:
        return os.open(folder, _SHARD)
    except OSError as error:
        if folder.is_dir() and not folder.is_symlink():
            raise
        hint = "remove it: blobs would be written somewhere else"
        raise IntegrityError("store-unsafe", f"{folder} is a link or no folder", hint=hint) from error


def close_all(handles: Iterable[int]) -> None:
    """Close descriptors."""
    for handle in handles:
        os.close(handle)


def _discard(batch: list[Staged]) -> None:
    """Close the staged files and remove their temporary names."""
    close_all(staged.handle for staged in batch)
    for staged in batch:
        with suppress(FileNotFoundError):  # it replaced a damaged blob
            os.unlink(staged.path)  # noqa: PTH108 - a path object for each file costs more than the call
    batch.clear()
