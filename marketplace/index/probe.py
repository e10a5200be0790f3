"""Whether an index has changed since it was last asked: a server asks before each of its answers."""

import mmap
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

_HEADER = 96
"""Bytes at the start of the shared memory of a write-ahead log: two copies of what is written anew with each
transaction (SQLite's "WAL-mode File Format", section 2.1)."""

_mapped: dict[tuple[int, int], mmap.mmap] = {}
"""Shared memory that this process looks into, by device and inode. None is ever closed: closing any descriptor of a
file takes away all locks of the process on it (fcntl(2)), and SQLite's are on this one."""


class ChangeProbe:
    """Asks one index for its change counter, in one thread, and waits for nobody.

    As long as the head of the shared memory is what it was, no transaction has been committed, and nothing is asked:
    a question to SQLite lets other threads run, and costs a server of several threads more than all the rest of a
    small answer.

    Args:
        index: the index's file.
    """

    def __init__(self, index: Path) -> None:
        self._index = index
        self._connection: sqlite3.Connection | None = None
        self._memory: mmap.mmap | None = None
        self._head = b""
        self._version = -1

    def version(self) -> int:
        """Return SQLite's change counter for this connection; -1 when it cannot be had."""
        head = self._memory[:_HEADER] if self._memory else b""
        if not head or head != self._head:
            self._version = self._asked()
            self._head = head  # as it was before SQLite was asked: what came between is asked for again
        return self._version

    def _asked(self) -> int:
        try:
            if self._connection is None:
                address = f"{self._index.absolute().as_uri()}?mode=ro"
                self._connection = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            self.close()
            return -1
        self._memory = self._memory or _shared_memory(self._index)
        return version

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._memory = None, None


def _shared_memory(index: Path) -> mmap.mmap | None:
    """Return the shared memory of an index that this process has open; None for one without a write-ahead log."""
    with suppress(OSError, ValueError):
        path = index.with_name(f"{index.name}-shm")
        about = path.stat()
        known = about.st_dev, about.st_ino
        if known not in _mapped:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            _mapped[known] = mmap.mmap(handle, _HEADER, mmap.MAP_SHARED, mmap.PROT_READ)
        return _mapped[known]
    return None
