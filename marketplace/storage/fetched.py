"""The store of what was fetched from elsewhere: a cache. Nothing in it is synced, and its blobs themselves are linked.

Every file is so written once. What a power cut or an edit through a project damages is found by its digest when it is
used, counts as absent from then on, and is fetched again (docs/adr/0113).
"""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.storage.base import NewBlob
from marketplace.storage.blobs import missing
from marketplace.storage.files import STALE_AFTER, remove_stale, staged_name
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.links import How
from marketplace.storage.placing import BLOB_MODE, Placer, Staged, close_all

_WRITERS = 2
_MANY = 32
"""How many threads write blobs, and of how many blobs on: the kernel takes longest to make a file, and makes as many at
the same time as there are processors and folders."""


class FetchedStore(FilesystemStore):
    """A `BlobStore` of copies of what a registry has.

    Of the contract it keeps all but one promise: what was put may be gone after a power cut. Blobs that read wrong are
    removed and raise NotFoundError `blob-missing`, where another store raises IntegrityError `blob-corrupt`.
    """

    shard_digits = 1

    def _new_placer(self, notify: Callable[[str], None]) -> Placer:
        return _UnsyncedPlacer(self.root, is_sound=self.is_sound, notify=notify, shard_digits=self.shard_digits)

    def read(self, digest: str, limit: int) -> bytes:
        """Return a whole verified blob; a damaged one is removed and missing."""
        try:
            return super().read(digest, limit)
        except IntegrityError as error:
            raise self._missing_if_corrupt(error, digest) from error

    def materialise(self, digest: str, destination: str | Path, *, executable: bool, copy: bool) -> How:
        """Make a file with the blob's bytes: a link of the blob itself where that can be, else as the other stores do.

        Raises:
            NotFoundError: `blob-missing`, it was not there or damaged.
        """
        if not (copy or executable):
            try:
                os.link(self._file_of(digest), destination)
            except FileNotFoundError:
                raise missing(digest) from None
            except OSError:  # another filesystem, too many links, or none at all: see LinkCopies
                copy = True
            else:
                return "hardlink"
        try:
            return super().materialise(digest, destination, executable=executable, copy=copy)
        except IntegrityError as error:
            raise self._missing_if_corrupt(error, digest) from error

    def drop_link_copy(self, digest: str, *, executable: bool) -> None:
        """Forget what was linked and found to be edited: the blob itself when it is damaged, or only its mode."""
        super().drop_link_copy(digest, executable=executable)
        if not self.has(digest):
            return
        if not self.is_sound(digest):
            self._discard(digest)
        elif stat.S_IMODE(Path(self._file_of(digest)).lstat().st_mode) != BLOB_MODE:
            with self.open(digest) as blob:
                Path(self._file_of(digest)).unlink(missing_ok=True)
                self.put(blob, expected=digest)  # the same bytes in a file whose mode no project has changed

    def in_use(self, since: float) -> Iterator[str]:
        """Yield the digests of blobs that a project links, or were stored at or after `since` (seconds from 1970)."""
        for path, digest in self._files():
            found = path.lstat()
            if digest and (found.st_nlink > 1 or found.st_mtime >= since):
                yield digest

    def drop_damaged(self) -> int:
        """Re-hash every blob and remove what is damaged or not of this store; return how many files that were."""
        damaged = [path for path, digest in self._files() if digest is None or not self.is_sound(digest)]
        for path in damaged:
            path.unlink(missing_ok=True)
        return len(damaged)

    def clear(self) -> int:
        """Remove everything, and return the bytes no longer used: projects keep what they link."""
        with self.alone("clearing the cache"):
            found = [path.lstat() for path, _ in self._files()]
            freed = self.clear_link_copies() + sum(item.st_size for item in found if item.st_nlink == 1)
            for folder in (self._blobs, self._staging):
                if folder.is_dir():
                    shutil.rmtree(folder)
        return freed

    def _missing_if_corrupt(self, error: IntegrityError, digest: str) -> Exception:
        if error.code != "blob-corrupt":
            return error
        self._discard(digest)
        return missing(digest)

    def _discard(self, digest: str) -> None:
        Path(self._file_of(digest)).unlink(missing_ok=True)
        self._notify(f"the fetched copy of {digest} is damaged, perhaps by an edit in a project, and not used any more")


class _UnsyncedPlacer(Placer):
    """Places blobs by renaming: equal ones may replace each other, and a damaged one gives way.

    The first time it clears away what commands that were killed have left: nobody else does it for a cache.
    """

    _cleared = False

    def place_many(self, blobs: Iterable[NewBlob]) -> dict[str, int]:
        """Store blobs that are not there or damaged, each by itself; see `Placer`."""
        if not self._cleared:
            self._cleared = True
            remove_stale(Path(self._staging), time.time() - STALE_AFTER)
        lacking = list(self._lacking(blobs))
        shards = self._open_shards({self._shard_of(blob.digest) for blob in lacking})
        try:
            if len(lacking) < _MANY:
                self._put_all(shards, lacking)
            else:
                self._share_out(shards, lacking)
        finally:
            close_all(shards.values())
        return {blob.digest: blob.size for blob in lacking}

    def _share_out(self, shards: Mapping[str, int], blobs: Sequence[NewBlob]) -> None:
        """Have several threads store blobs; raises what the first one raised that failed, when all have ended."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_WRITERS) as pool:
            for one in [pool.submit(self._put_apart, shards, blobs[number::_WRITERS]) for number in range(_WRITERS)]:
                one.result()

    def _put_apart(self, shards: Mapping[str, int], blobs: Sequence[NewBlob]) -> None:
        """Store blobs staged in a folder of their own: its lock is waited for by nobody else."""
        folder = f"{self._staging}/{staged_name()}"
        os.mkdir(folder, 0o700)  # noqa: PTH102
        try:
            self._put_all(shards, blobs, folder)
        finally:
            os.rmdir(folder)  # noqa: PTH106

    def _put_all(self, shards: Mapping[str, int], blobs: Sequence[NewBlob], folder: str = "") -> None:
        """Store blobs one after the other, staged in `folder`, or where all are."""
        for blob in blobs:
            with blob.open() as stream, self._batch() as batch:
                batch.append(self._stage(stream, blob.digest, blob.size, folder))
                self._rename(batch, shards)

    def _settle(self, batch: list[Staged]) -> None:
        shards = self._open_shards({self._shard_of(staged.digest) for staged in batch})
        try:
            self._rename(batch, shards)
        finally:
            close_all(shards.values())

    def _rename(self, batch: list[Staged], shards: Mapping[str, int]) -> None:
        while batch:
            staged = batch[-1]
            os.replace(staged.path, self._name_of(staged.digest), dst_dir_fd=shards[self._shard_of(staged.digest)])
            os.close(batch.pop().handle)

    def _sync(self, handles: list[int]) -> None:
        """Sync nothing: what is lost is fetched again."""
