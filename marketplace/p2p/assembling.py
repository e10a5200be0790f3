"""Putting a blob together while its chunks come: when the last one is here little is left to do."""

import fcntl
import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from marketplace.p2p.limits import CHUNK
from marketplace.storage.files import staged_name
from marketplace.storage.filesystem import FilesystemStore

_WRITTEN_BACK = 8
"""Chunks after which the system is asked to write to the disk, so that the sync at the end finds little to do."""

_PART = ".part"

_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_abandoned(folder: Path, older_than: float) -> None:
    """Remove what came of blobs last before `older_than` (seconds since 1970), but what somebody goes on with."""
    for path in folder.glob(f"*{_PART}"):
        with suppress(OSError):  # it has just become whole, or is no file; what cannot be removed does no harm
            if path.lstat().st_mtime < older_than:
                _remove_unused(path)


def _remove_unused(path: Path) -> None:
    handle = os.open(path, _FLAGS)
    try:
        if _take(handle, path):
            path.unlink()
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> bool:
    """Take an open file for this process alone; tell whether that worked, and the file is still at its path."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(path.stat(), os.fstat(handle))
    except (BlockingIOError, FileNotFoundError):
        return False


class Assembly:
    """A blob of several chunks, which come in whatever order. Safe in several threads; no method belongs in the loop.

    Each chunk is written to its place in one file, which is named by the list of the chunks, so that a later try finds
    there what has come; and it is hashed in the order of the blob. Of two at once with the same list the second one has
    a file of its own.

    Args:
        folder: where the file is.
        chunks: the digests of the chunks as hexadecimal, in their order.
    """

    def __init__(self, folder: Path, chunks: Sequence[str]) -> None:
        self._path = folder / f"{hashlib.sha256(''.join(chunks).encode()).hexdigest()}{_PART}"
        self._here: set[int] = set()
        self._next = 0
        self._size = 0
        self._hash = hashlib.sha256()
        self._going = threading.Lock()
        self._opening = threading.Lock()
        self._handle: int | None = None
        self._useless = False

    def read(self, index: int, size: int) -> bytes:
        """Return what is in the place of a chunk of so many bytes; less, or nothing, where nothing was written."""
        if self._handle is None and not self._path.exists():
            return b""
        place = index * CHUNK
        try:
            if os.lseek(self._file(), place, os.SEEK_DATA) >= place + size:
                return b""
        except OSError:  # there is nothing from here to the end
            return b""
        return os.pread(self._file(), size, place)

    def found(self, index: int) -> None:
        """Take note that a chunk, which is right, is here from an earlier try."""
        self._here.add(index)

    def keep(self, index: int, data: bytes) -> None:
        """Keep a chunk that is right.

        Raises:
            OSError: the disk is full or cannot be written.
        """
        self._write(index * CHUNK, data)
        self._here.add(index)
        if self._going.acquire(blocking=False):  # else somebody goes on, or the end does
            try:
                self._go_on({index: data})
            finally:
                self._going.release()

    def _write(self, place: int, data: bytes) -> None:
        with memoryview(data) as left:
            done = 0
            while done < len(left):
                done += os.pwrite(self._file(), left[done:], place + done)

    def _file(self) -> int:
        with self._opening:
            if self._handle is None:
                self._handle = self._open_shared()
            if self._handle is None:
                self._handle = self._open_own()
            return self._handle

    def _open_shared(self) -> int | None:
        """Return the file that a later try will find; None when another one has it now, or has just taken it away."""
        handle = os.open(self._path, _FLAGS | os.O_CREAT, 0o600)
        if _take(handle, self._path):
            return handle
        os.close(handle)
        return None

    def _open_own(self) -> int:
        self._path, self._useless = self._path.with_name(staged_name()), True
        return os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)

    def _go_on(self, at_hand: Mapping[int, bytes]) -> None:
        """Hash what is here and next, from memory if it is `at_hand`."""
        while self._next in self._here:
            data = at_hand.get(self._next) or os.pread(self._file(), CHUNK, self._next * CHUNK)
            self._hash.update(data)
            self._size += len(data)
            self._next += 1
            if self._next % _WRITTEN_BACK == 0:
                self._write_back()

    def _write_back(self) -> None:
        """Have the system begin to write what is not on the disk yet; it drops nothing that is still to be written."""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._file(), 0, 0, os.POSIX_FADV_DONTNEED)

    def finish(self, digest: str, store: FilesystemStore) -> bool:
        """Put the blob into the store; tell whether its chunks make it. All of them must be here.

        Raises:
            OSError, UnavailableError: the disk is full or cannot be written.
        """
        with self._going:
            self._go_on({})
            if f"sha256:{self._hash.hexdigest()}" == digest:
                store.adopt(self._path, digest, self._size)
                self._close()
                return True
            self._useless = True
            return False

    def discard(self) -> None:
        """Leave what has come to a later try, unless it makes no blob or is the second of its kind."""
        with self._going:
            self._close()
            if self._useless:
                self._path.unlink(missing_ok=True)

    def drop(self) -> None:
        """Forget what has come."""
        self._useless = True
        self.discard()

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
