"""The content store on disk: `blobs/ab/cdef…`, each named by the SHA-256 of its bytes.

How blobs get their places is `placing`'s, how files are made from them `links`'. A blob is read-only once it is there.
"""

import io
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from marketplace.errors import IntegrityError
from marketplace.model.tree import DIGEST
from marketplace.storage.base import Damage, NewBlob, StoreStats
from marketplace.storage.blobs import CHUNK, VerifyingReader, check_digest, corrupt, hash_file, missing, too_large
from marketplace.storage.files import disk_error, remove_stale
from marketplace.storage.links import How, LinkCopies
from marketplace.storage.locks import FileLock
from marketplace.storage.placing import Placer

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class FilesystemStore:
    """A `BlobStore` in the folder `root`, shared by any number of processes.

    Args:
        lock_timeout: seconds that writers and the garbage collection wait for each other.
        notify: told who is waited for, and of damage that was mended.
    """

    shard_digits = 2
    """How many digits of the digest name a blob's folder."""

    def __init__(
        self, root: Path, *, lock_timeout: float = 30.0, notify: Callable[[str], None] = lambda _text: None
    ) -> None:
        self.root = root
        self._lock_timeout = lock_timeout
        self._notify = notify
        self._blobs = root / "blobs"
        self._staging = root / "staging"
        self._cut = len("sha256:") + self.shard_digits
        self._placer = self._new_placer(notify)
        self._links = LinkCopies(root / "links", self.path_of, self.open)

    def _new_placer(self, notify: Callable[[str], None]) -> Placer:
        return Placer(self.root, is_sound=self.is_sound, notify=notify, shard_digits=self.shard_digits)

    def path_of(self, digest: str) -> Path:
        """Return where the blob is kept (whether it is there or not).

        Raises:
            IntegrityError: `digest-malformed`; so no path is ever made from unchecked text.
        """
        return Path(self._file_of(digest))

    def _file_of(self, digest: str) -> str:
        check_digest(digest)
        return f"{self._blobs}/{digest[7 : self._cut]}/{digest[self._cut :]}"

    def has(self, digest: str) -> bool:
        """Tell whether the blob is there; see `BlobSource`."""
        try:
            return stat.S_ISREG(os.stat(self._file_of(digest)).st_mode)  # noqa: PTH116 - asked for each file of a project
        except OSError:
            return False

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for verified streaming; see `BlobSource`."""
        try:
            handle = os.open(self._file_of(digest), _READ)
        except FileNotFoundError:
            raise missing(digest) from None
        except OSError as error:
            raise corrupt(digest) from error
        raw = VerifyingReader(os.fdopen(handle, "rb", buffering=0), digest)
        return io.BufferedReader(raw, min(CHUNK, os.fstat(handle).st_size + 1))

    def read(self, digest: str, limit: int) -> bytes:
        """Return a whole verified blob of at most `limit` bytes; see `BlobSource`."""
        with self.open(digest) as file:
            data = file.read(limit + 1)
            if len(data) > limit:
                raise too_large(limit)
            file.read(1)  # reaching the end verifies; a read of exactly `limit` bytes has not reached it
        return data

    @contextmanager
    def writing(self, purpose: str) -> Iterator[None]:
        """Keep the garbage collection away, from the first blob stored until the index names it.

        Any number of writers may be in here at once.

        Raises:
            UnavailableError: `lock-timeout`, or `disk-full` or `store-unwritable` when the lock cannot be made.
        """
        with self._locked(purpose, shared=True):
            yield

    @contextmanager
    def alone(self, purpose: str) -> Iterator[None]:
        """Keep every writer away.

        Raises:
            UnavailableError: `lock-timeout`, or `disk-full` or `store-unwritable` when the lock cannot be made.
        """
        with self._locked(purpose, shared=False):
            yield

    @contextmanager
    def _locked(self, purpose: str, *, shared: bool) -> Iterator[None]:
        path = self.root / "gc.lock"
        lock = FileLock(path, purpose=purpose, timeout=self._lock_timeout, notify=self._notify, shared=shared)
        try:
            self._staging.mkdir(parents=True, exist_ok=True)
            lock.__enter__()
        except OSError as error:
            raise disk_error(error, "the content store") from error
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def put(self, stream: BinaryIO, *, expected: str | None = None, limit: int | None = None) -> tuple[str, int]:
        """Store a stream in constant memory; see `BlobStore`. A damaged blob in its place is replaced and kept aside.

        Raises:
            IntegrityError: `store-unsafe`, a folder of the store is a link; `staged-changed`, somebody swapped the
                staged file.
        """
        with self.writing("writing a blob"):
            try:
                return self._placer.place(stream, expected, limit)
            except OSError as error:
                raise disk_error(error, "the content store") from error

    def put_many(self, blobs: Iterable[NewBlob]) -> dict[str, int]:
        """Store what is lacking or damaged, with few syncs for many blobs; see `BlobStore`.

        Raises:
            IntegrityError: as `put`.
        """
        with self.writing("writing blobs"):
            try:
                return self._placer.place_many(blobs)
            except OSError as error:
                raise disk_error(error, "the content store") from error

    def adopt(self, path: Path, digest: str, size: int) -> None:
        """Take a file over whose bytes the caller has hashed as it wrote them, and that nobody else has open.

        It has another name then; it is copied, and hashed again, when it is on another file system.

        Raises:
            IntegrityError: as `put`.
            UnavailableError: the disk is full or cannot be written.
        """
        with self.writing("taking a blob over"):
            try:
                if path.stat().st_dev == self._staging.stat().st_dev:
                    self._placer.adopt(path, digest, size)
                else:
                    self._placer.place_many([NewBlob(digest, size, lambda: path.open("rb"))])
            except OSError as error:
                raise disk_error(error, "the content store") from error
            path.unlink(missing_ok=True)

    def is_sound(self, digest: str) -> bool:
        """Tell whether the blob is there and has its digest, by reading it."""
        try:
            handle = os.open(self._file_of(digest), _READ)
        except OSError:
            return False
        try:
            return hash_file(handle, os.fstat(handle).st_size) == digest
        finally:
            os.close(handle)

    def put_bytes(self, data: bytes) -> str:
        """Store `data`; see `BlobStore`."""
        return self.put(io.BytesIO(data))[0]

    def digests(self) -> Iterator[str]:
        """Yield every digest; see `BlobStore`."""
        return (digest for _, digest in self._files() if digest)

    def _files(self) -> Iterator[tuple[Path, str | None]]:
        """Yield each file below blobs/ with its digest, None for a file that has no business there."""
        for folder in sorted(self._blobs.iterdir()) if self._blobs.is_dir() else ():
            for path in sorted(folder.iterdir()) if _is_folder(folder) else [folder]:
                digest = f"sha256:{folder.name}{path.name}"
                named = path.parent == folder and len(folder.name) == self.shard_digits and DIGEST.fullmatch(digest)
                yield path, digest if named and stat.S_ISREG(path.lstat().st_mode) else None

    def verify(self) -> Iterator[Damage]:
        """Re-hash every blob; see `BlobStore`."""
        for path, digest in self._files():
            if digest is None:
                yield Damage(str(path.relative_to(self.root)), "foreign", "not a blob of this store")
                continue
            try:
                with self.open(digest) as file:
                    while file.read(CHUNK):
                        pass
            except (IntegrityError, OSError) as error:
                yield Damage(digest, "corrupt", f"{path.stat().st_size} bytes: {error}")

    def gc(self, keep: Iterable[str], *, dry_run: bool = False) -> StoreStats:
        """Delete unneeded blobs, unused link copies and abandoned staged files; see `BlobStore`.

        Nobody is `writing` while this runs, so `keep` is read only now: an iterator that asks the index sees every
        release whose blobs are there. Whatever is staged was left by a process that died.
        """
        with self.alone("collecting garbage"):
            kept = set(keep)
            blobs = [path for path, digest in self._files() if digest is not None and digest not in kept]
            copies = list(self._links.unused())
            freed = StoreStats(len(blobs), sum(path.lstat().st_size for path in [*blobs, *copies]))
            if not dry_run:
                for path in [*blobs, *copies]:
                    path.unlink(missing_ok=True)
                remove_stale(self._staging, math.inf)
        return freed

    def clear_link_copies(self) -> int:
        """Remove the copies kept for linking (projects keep theirs); return the bytes no longer used."""
        return self._links.clear()

    def stats(self) -> StoreStats:
        """Count blobs and bytes; see `BlobStore`."""
        sizes = [path.lstat().st_size for path, digest in self._files() if digest]
        return StoreStats(len(sizes), sum(sizes))

    def materialise(self, digest: str, destination: str | Path, *, executable: bool, copy: bool) -> How:
        """Make a file with the blob's bytes at `destination`, which must not exist.

        A hard link of the linkable copy, else (or with `copy`) a file of its own: a clone of the extents where the
        filesystem can, else a copy. Linked files are read-only, others are not. The caller verifies what it got: a
        link copy may have been edited through another project.

        Raises:
            NotFoundError: `blob-missing`.
            IntegrityError: `blob-corrupt` (when the bytes were copied).
        """
        return self._links.materialise(digest, destination, executable=executable, copy=copy)

    def drop_link_copy(self, digest: str, *, executable: bool) -> None:
        """Forget a link copy that was edited through a project; the next use makes a fresh one."""
        self._links.drop(digest, executable=executable)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
