"""Putting a blob together while its chunks come: when the last one is here little is left to do."""

import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from marketplace.storage.files import staged_name
from marketplace.storage.filesystem import FilesystemStore

_WRITTEN_BACK = 8
"""Chunks after which the system is asked to write to the disk, so that the sync at the end finds little to do."""


class Assembly:
    """A blob of several chunks, which come in whatever order. Safe in several threads; no method belongs in the loop.

    Each chunk waits as a file of its own, named by its digest, so that a later try finds it. Beside that they are
    put in their order into one file, which nobody else knows, and hashed as they are written.

    Args:
        folder: where the chunks wait.
        chunks: their digests as hexadecimal, in their order.
    """

    def __init__(self, folder: Path, chunks: Sequence[str]) -> None:
        self._folder = folder
        self._chunks = chunks
        self._here: set[int] = set()
        self._next = 0
        self._size = 0
        self._hash = hashlib.sha256()
        self._going = threading.Lock()
        self._path = folder / staged_name()
        self._handle: int | None = None

    def file_of(self, index: int) -> Path:
        """Return where a chunk waits."""
        return self._folder / self._chunks[index]

    def files(self) -> set[Path]:
        """Return where all the chunks wait."""
        return {self.file_of(index) for index in range(len(self._chunks))}

    def found(self, index: int) -> None:
        """Take note that a chunk, which is right, waits from an earlier try."""
        self._here.add(index)

    def keep(self, index: int, data: bytes) -> None:
        """Keep a chunk that is right.

        Raises:
            OSError: the disk is full or cannot be written.
        """
        self.file_of(index).write_bytes(data)
        self._here.add(index)
        if self._going.acquire(blocking=False):  # else somebody goes on, or the end does
            try:
                self._go_on({index: data})
            finally:
                self._going.release()

    def _go_on(self, at_hand: Mapping[int, bytes]) -> None:
        """Append what is here and next, from memory if it is `at_hand`."""
        while self._next in self._here:
            self._append(at_hand.get(self._next) or self.file_of(self._next).read_bytes())
            self._next += 1
            if self._next % _WRITTEN_BACK == 0:
                self._write_back()

    def _append(self, data: bytes) -> None:
        if self._handle is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._handle = os.open(self._path, flags, 0o600)
        with memoryview(data) as left:
            place = 0
            while place < len(left):
                place += os.write(self._handle, left[place:])
        self._hash.update(data)
        self._size += len(data)

    def _write_back(self) -> None:
        """Have the system begin to write what is not on the disk yet; it drops nothing that is still to be written."""
        if self._handle is not None and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def finish(self, digest: str, store: FilesystemStore) -> bool:
        """Put the blob into the store; tell whether its chunks make it. All of them must be here.

        Raises:
            OSError, UnavailableError: the disk is full or cannot be written.
        """
        with self._going:
            self._go_on({})
            right = f"sha256:{self._hash.hexdigest()}" == digest
            if right:
                store.adopt(self._path, digest, self._size)
            self._close()
        return right

    def discard(self) -> None:
        """Forget what was put together; the chunks go on waiting."""
        with self._going:
            self._close()

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._path.unlink(missing_ok=True)
