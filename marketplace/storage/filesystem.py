"""The content store on disk: `blobs/ab/cdef…`, each named by the SHA-256 of its bytes.

Immutability is the filesystem's: a blob is staged, made durable and then *linked* into its place, which fails when the
place is taken, and it is read-only from then on. What is linked into projects is never the blob itself but a second
copy under `links/`, so that an installed file edited in place cannot damage the store.
"""

import hashlib
import io
import math
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from marketplace.errors import IntegrityError, NotFoundError
from marketplace.model.tree import DIGEST
from marketplace.storage.base import Damage, StoreStats
from marketplace.storage.files import disk_error, remove_stale, staged_name, sync_folder
from marketplace.storage.locks import FileLock

CHUNK = 1024 * 1024
"""Bytes read at once: large enough to amortise the call, small enough for constant memory."""

_FICLONE = 0x40049409
"""ioctl number of "clone this file's extents" (linux/fs.h)."""

_SHARD = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""A link in the place of one of the store's inner folders would lead writes somewhere else."""

How = Literal["reflink", "hardlink", "copy"]


class VerifyingReader(io.RawIOBase):
    """Streams a blob; the read that reaches the end raises when the bytes do not have their digest."""

    def __init__(self, file: BinaryIO, digest: str) -> None:
        super().__init__()
        self._file = file
        self._digest = digest
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`.

        Raises:
            IntegrityError: `blob-corrupt` at the end of the data.
        """
        count = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self._hash.update(memoryview(buffer)[:count])
        if count == 0 and len(buffer) and "sha256:" + self._hash.hexdigest() != self._digest:
            raise corrupt(self._digest)
        return int(count)

    def close(self) -> None:
        """Close the file underneath."""
        self._file.close()
        super().close()


def corrupt(digest: str) -> IntegrityError:
    """Return the error for a blob whose bytes do not have its digest."""
    hint = "`ggen market cache verify` lists the damage; publish the package again or restore a backup of the store"
    return IntegrityError("blob-corrupt", f"the stored blob {digest} is damaged", hint=hint, digest=digest)


def check_digest(digest: str) -> None:
    """Raise IntegrityError `digest-malformed` for what is not a digest as this project writes it."""
    if not DIGEST.fullmatch(digest):
        raise IntegrityError("digest-malformed", f"{digest[:80]!r} is not a sha256 digest")


def missing(digest: str) -> NotFoundError:
    """Return the error for a blob that is not in a store."""
    return NotFoundError("blob-missing", f"blob {digest} is not in the store", digest=digest)


class FilesystemStore:
    """A `BlobStore` in the folder `root`, shared by any number of processes.

    Args:
        lock_timeout: seconds that writers and the garbage collection wait for each other.
        notify: told who is waited for, and of damage that was mended.
    """

    def __init__(
        self, root: Path, *, lock_timeout: float = 30.0, notify: Callable[[str], None] = lambda _text: None
    ) -> None:
        self.root = root
        self._lock_timeout = lock_timeout
        self._notify = notify
        self._blobs = root / "blobs"
        self._links = root / "links"
        self._staging = root / "staging"

    def path_of(self, digest: str) -> Path:
        """Return where the blob is kept (whether it is there or not).

        Raises:
            IntegrityError: `digest-malformed`; so no path is ever made from unchecked text.
        """
        check_digest(digest)
        return self._blobs / digest[7:9] / digest[9:]

    def has(self, digest: str) -> bool:
        """Tell whether the blob is there; see `BlobSource`."""
        return self.path_of(digest).is_file()

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for verified streaming; see `BlobSource`."""
        try:
            handle = os.open(self.path_of(digest), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise missing(digest) from None
        except OSError as error:
            raise corrupt(digest) from error
        raw = VerifyingReader(os.fdopen(handle, "rb", buffering=0), digest)
        return io.BufferedReader(raw, CHUNK)

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
                return self._put(stream, expected, limit)
            except OSError as error:
                raise disk_error(error, "the content store") from error

    def _put(self, stream: BinaryIO, expected: str | None, limit: int | None) -> tuple[str, int]:
        staged = self._staging / staged_name()
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o444)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                digest, count = copy_hashing(stream, file, limit)
                if expected is not None and digest != expected:
                    raise IntegrityError(
                        "blob-corrupt", f"the bytes have the digest {digest}, not {expected}",
                        expected=expected, actual=digest,
                    )  # fmt: skip
                if not self.is_sound(digest):
                    os.fchmod(file.fileno(), 0o444)
                    os.fsync(file.fileno())
                    self._place(staged, file.fileno(), digest)
        finally:
            staged.unlink(missing_ok=True)
        return digest, count

    def is_sound(self, digest: str) -> bool:
        """Tell whether the blob is there and has its digest, by reading it."""
        try:
            with self.open(digest) as file:
                while file.read(CHUNK):
                    pass
        except (NotFoundError, IntegrityError):
            return False
        return True

    def _place(self, staged: Path, handle: int, digest: str) -> None:
        """Give the staged file its name, unless somebody else stored the same bytes in this moment."""
        target = self.path_of(digest)
        shard = self._open_shard(target.parent)
        try:
            try:
                os.link(staged, target.name, dst_dir_fd=shard, follow_symlinks=False)
            except FileExistsError:
                if self.is_sound(digest):
                    return
                self._bury(target, digest)
                staged.replace(target)
            if not os.path.samestat(os.fstat(handle), os.stat(target.name, dir_fd=shard, follow_symlinks=False)):
                os.unlink(target.name, dir_fd=shard)
                hint = "find out who else writes into the home (GGEN_HOME), then run the command again"
                raise IntegrityError("staged-changed", f"somebody replaced the staged file {staged}", hint=hint)
            os.fsync(shard)
        finally:
            os.close(shard)

    def _open_shard(self, folder: Path) -> int:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self._blobs)
        try:
            return os.open(folder, _SHARD)
        except OSError as error:
            if _is_folder(folder):
                raise
            hint = "remove it: blobs would be written somewhere else"
            raise IntegrityError("store-unsafe", f"{folder} is a link or no folder", hint=hint) from error

    def _bury(self, target: Path, digest: str) -> None:
        """Keep a damaged blob for whoever wants to know what happened to it."""
        grave = self.root / "damaged"
        grave.mkdir(exist_ok=True)
        os.link(target, grave / f"{digest[7:]}-{time.time_ns()}", follow_symlinks=False)
        self._notify(f"the stored blob {digest} was damaged and has been replaced; what was there is in {grave}")

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
                named = path.parent == folder and len(folder.name) == 2 and DIGEST.fullmatch(digest)
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
            copies = [path for path in self._link_copies() if path.lstat().st_nlink == 1]
            freed = StoreStats(len(blobs), sum(path.lstat().st_size for path in [*blobs, *copies]))
            if not dry_run:
                for path in [*blobs, *copies]:
                    path.unlink(missing_ok=True)
                remove_stale(self._staging, math.inf)
        return freed

    def clear_link_copies(self) -> int:
        """Remove the copies kept for linking (projects keep theirs); return the bytes no longer used."""
        freed = sum(path.lstat().st_size for path in self._link_copies() if path.lstat().st_nlink == 1)
        if self._links.is_dir():
            shutil.rmtree(self._links)
        return freed

    def _link_copies(self) -> Iterator[Path]:
        return self._links.glob("??/*") if self._links.is_dir() else iter(())

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
        if not copy:
            try:
                self._link(digest, destination, executable=executable)
            except OSError:
                pass  # another filesystem (EXDEV), too many links (EMLINK) or no links at all (EPERM): copy instead
            else:
                return "hardlink"
        return self._copy(digest, destination, 0o755 if executable else 0o644)

    def _link(self, digest: str, destination: str | Path, *, executable: bool) -> None:
        source = self._link_path(digest, executable=executable)
        try:
            os.link(source, destination)
        except FileNotFoundError:
            self._make_link_copy(digest, Path(source), executable=executable)
            os.link(source, destination)

    def _link_path(self, digest: str, *, executable: bool) -> str:
        check_digest(digest)
        return f"{self._links}/{digest[7:9]}/{digest[9:]}{'-x' if executable else ''}"

    def _make_link_copy(self, digest: str, path: Path, *, executable: bool) -> None:
        """Make the copy of a blob that may be linked into projects, from the verified blob."""
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(staged_name())
        try:
            self._copy(digest, staged, 0o555 if executable else 0o444)
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)

    def drop_link_copy(self, digest: str, *, executable: bool) -> None:
        """Forget a link copy that was edited through a project; the next use makes a fresh one."""
        Path(self._link_path(digest, executable=executable)).unlink(missing_ok=True)

    def _copy(self, digest: str, destination: str | Path, mode: int) -> How:
        with self.open(digest) as source:
            handle = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(handle, "wb", buffering=0) as target:
                os.fchmod(handle, mode)
                cloned = self._clone(digest, handle)
                if not cloned:
                    shutil.copyfileobj(source, target, CHUNK)
        return "reflink" if cloned else "copy"

    def _clone(self, digest: str, target: int) -> bool:
        with self.path_of(digest).open("rb") as source:
            return clone(source.fileno(), target)


def clone(source: int, target: int) -> bool:
    """Let the file `target` share the extents of `source` (both descriptors); False when the filesystem cannot."""
    import fcntl

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def too_large(limit: int) -> IntegrityError:
    """Return the error for data beyond its limit."""
    return IntegrityError("blob-too-large", f"the data is longer than {limit} bytes", limit=limit)


def copy_hashing(source: BinaryIO, target: BinaryIO, limit: int | None) -> tuple[str, int]:
    """Copy a stream in pieces; return its `sha256:` digest and its length.

    Raises:
        IntegrityError: `blob-too-large` as soon as more than `limit` bytes were read.
    """
    state, count = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        count += len(chunk)
        if limit is not None and count > limit:
            raise too_large(limit)
        state.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[target.write(view) :]
    return "sha256:" + state.hexdigest(), count
