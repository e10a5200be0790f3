"""The publisher logs on disk: one SQLite file of the node, written before anything is told to others."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.index.schema import from_sqlite
from marketplace.model.entry import Entry
from marketplace.p2p.logs import Offered, PublisherLogs
from marketplace.storage.transactions import transaction

_VERSION = 1
_TABLES = (
    "CREATE TABLE entries (author TEXT NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (author, seq))"
    " WITHOUT ROWID",
    "CREATE TABLE forks (author TEXT NOT NULL, hash TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (author, hash))"
    " WITHOUT ROWID",
    "CREATE TABLE manifests (digest TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID",
)
_ADD_MANIFEST = "INSERT OR IGNORE INTO manifests VALUES (?, ?)"


class LogStore:
    """`PublisherLogs` that survive the process; the manifests of their releases are kept beside them.

    Every method may raise UnavailableError `disk-full`, `index-unwritable` or `index-busy`; then nothing has changed.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        with self._guarded() as db:
            db.execute("PRAGMA journal_mode = WAL")
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                db.execute("BEGIN")
                for statement in _TABLES:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {_VERSION}")
                db.execute("COMMIT")
            self.logs = PublisherLogs(self._read("entries", "author, seq"), self._read("forks", "author, hash"))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._db
        except sqlite3.DatabaseError as error:
            raise from_sqlite(error) from error

    def _read(self, table: str, order: str) -> list[Entry]:
        rows = self._db.execute(f"SELECT data FROM {table} ORDER BY {order}")  # noqa: S608 - names of our own
        try:
            return [Entry.decode(row[0]) for row in rows]
        except IntegrityError as error:
            raise _damaged(error) from error

    def offer(self, entries: Iterable[Entry], manifests: Iterable[tuple[str, bytes]] = ()) -> list[Offered]:
        """Take verified entries in, in their order, in one transaction; return what became of each.

        Manifests that came with them, each with its digest, which the caller has checked, are kept in the same one.
        """
        with self._guarded() as db:
            touched: set[str] = set()
            try:
                with transaction(db):
                    db.executemany(_ADD_MANIFEST, manifests)
                    outcomes = [self._offer(entry, touched) for entry in entries]
            except BaseException:
                self.logs = PublisherLogs(self._read("entries", "author, seq"), self._read("forks", "author, hash"))
                raise
        return outcomes

    def _offer(self, entry: Entry, touched: set[str]) -> Offered:
        outcome = self.logs.offer(entry)
        if outcome is Offered.ADDED:
            self._db.execute("INSERT INTO entries VALUES (?, ?, ?)", (entry.author, entry.seq, entry.encode()))
        elif outcome is Offered.FORK:
            self._write_fork(entry.author, self.logs.forks()[entry.author])
        touched.add(entry.author)
        return outcome

    def _write_fork(self, author: str, fork: tuple[Entry, ...]) -> None:
        self._db.execute("DELETE FROM entries WHERE author = ? AND seq >= ?", (author, fork[0].seq))
        self._db.execute("DELETE FROM forks WHERE author = ?", (author,))
        self._db.executemany("INSERT INTO forks VALUES (?, ?, ?)", [(author, e.hash, e.encode()) for e in fork])

    def manifest(self, digest: str) -> bytes | None:
        """Return a manifest's bytes, if they are known."""
        with self._guarded() as db:
            row = db.execute("SELECT data FROM manifests WHERE digest = ?", (digest,)).fetchone()
            return row[0] if row else None

    def add_manifests(self, found: Iterable[tuple[str, bytes]]) -> None:
        """Keep manifests, each with its digest, which the caller has checked."""
        with self._guarded() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany(_ADD_MANIFEST, found)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


def _damaged(error: IntegrityError) -> IntegrityError:
    """Return the error for a file of logs whose entries cannot be read."""
    hint = "move the folder `node` of the home away; the peers bring what they know, and `publish` again what they lack"
    return IntegrityError("node-logs-damaged", f"the publisher logs are damaged: {error.message}", hint=hint)
