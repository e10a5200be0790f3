"""The file of the local index: opened, guarded, changed in transactions, and copied as a whole."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from marketplace.index.schema import connect, corrupt, from_sqlite, open_read_only
from marketplace.storage.transactions import transaction

_LEAST_FREE = 256 * 1024
"""Bytes without which SQLite cannot make an index: its shared memory and a write-ahead log of a few pages."""


class IndexFile:
    """A connection to the file; SQLite's errors leave it as the product's."""

    def __init__(self, path: Path, *, may_create: Callable[[], bool] = lambda: True) -> None:
        self.path = path
        self._db, self._writable = connect(path, may_create)

    @classmethod
    def open_copy(cls, path: Path) -> Self:
        """Open a backup for reading; nothing is written to it or beside it.

        Raises:
            IntegrityError: `index-corrupt` or `index-newer`.
            UnavailableError: `index-unreadable`.
        """
        index = cls.__new__(cls)
        index.path, index._db, index._writable = path, open_read_only(path), False
        return index

    def defer_syncs(self) -> None:
        """Let commits return before they are on the disk: for an index that is made anew from what is kept elsewhere.

        A power cut may take the last ones back; the file stays whole (SQLite's `synchronous = NORMAL` in WAL mode).
        """
        self._db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        """Translate SQLite's errors."""
        try:
            yield self._db
        except sqlite3.OperationalError as error:
            raise from_sqlite(error) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise corrupt(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self.refuse_unwritable()
        with self._guarded() as db, transaction(db):
            yield db

    def refuse_unwritable(self) -> None:
        """Raise UnavailableError `disk-full` or `store-unwritable` when the index was opened for reading only."""
        if not self._writable:
            import errno
            import shutil

            from marketplace.storage.files import disk_error

            # SQLite calls a full disk an I/O error when it cannot make its shared memory.
            full = shutil.disk_usage(self.path.parent).free < _LEAST_FREE
            reason = OSError(errno.ENOSPC if full else errno.EROFS, "it was opened for reading only")
            raise disk_error(reason, f"the local index {self.path}")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return what a SELECT finds, for those who read the log in other ways than this class does."""
        with self._guarded() as db:
            return db.execute(sql, parameters).fetchall()

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy, one file without a write-ahead log, to `target`, which must not exist.

        Raises:
            UnavailableError: `disk-full` or `index-unwritable`.
        """
        with self._guarded() as db, closing(sqlite3.connect(target)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")

    def replace_content(self, source: Path) -> None:
        """Take the content of another index file, in one transaction: readers see the old or the new content."""
        self.refuse_unwritable()
        with closing(open_read_only(source)) as other, self._guarded() as db:
            other.backup(db)

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise corrupt(f"its {name} is missing")
        return str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
