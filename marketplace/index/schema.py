"""The tables of the local index and how a database file is opened."""

import secrets
import sqlite3
from pathlib import Path

from marketplace.errors import IntegrityError, UnavailableError

VERSION = 1
"""Kept in SQLite's `user_version`; a newer one is refused, since two versions of the tool may share a home."""

BUSY_TIMEOUT = 30.0
"""Seconds a writer waits for the others: far more than the milliseconds that one publish holds the lock."""

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE log (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, record BLOB NOT NULL, leaf BLOB NOT NULL);
CREATE TRIGGER log_is_append_only_u BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_is_append_only_d BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TABLE manifests (digest TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE releases (
    id TEXT NOT NULL, precedence TEXT NOT NULL, version TEXT NOT NULL, seq INTEGER NOT NULL, yanked TEXT,
    PRIMARY KEY (id, precedence)
) WITHOUT ROWID;
CREATE TABLE packages (
    id TEXT PRIMARY KEY, revision INTEGER NOT NULL, category TEXT NOT NULL, document TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX packages_by_revision ON packages (revision);
CREATE TABLE downloads (id TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""


def connect(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the index at `path`, making it when it is missing; return the connection and whether it can be written.

    A home that cannot be written is opened for reading; an index that is missing there reads as empty.

    Raises:
        IntegrityError: `index-corrupt`, or `index-newer` when a newer version of this program wrote it.
        UnavailableError: `index-busy`.
    """
    writable = True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _open(f"{path.absolute().as_uri()}?mode=rwc")
        _prepare(connection)
    except (sqlite3.OperationalError, PermissionError, OSError) as error:
        if "locked" in str(error):
            raise busy(error) from error
        connection, writable = _read_only(path), False
    except sqlite3.DatabaseError as error:
        raise corrupt(error) from error
    return connection, writable


def _open(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)


def _prepare(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found == 0:
        _create(connection)
    elif found > VERSION:
        hint = "update this program, or use another home (GGEN_HOME)"
        raise IntegrityError("index-newer", f"the index has format {found}, this version knows {VERSION}", hint=hint)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:  # nobody else was faster
        for statement in _TABLES.replace("; END;", "\x00END;").split(";\n"):
            if statement.strip():
                connection.execute(statement.replace("\x00", "; "))
        fingerprint = secrets.token_hex(16)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)", [("fingerprint", fingerprint), ("revision", "0"), ("peaks", "")]
        )
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _read_only(path: Path) -> sqlite3.Connection:
    if not path.exists():
        connection = _open("file::memory:")
        _create(connection)
        return connection
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        try:
            connection = _open(f"{path.absolute().as_uri()}?{mode}")
            _prepare(connection)
        except sqlite3.OperationalError as error:
            failure = error
        except sqlite3.DatabaseError as error:
            raise corrupt(error) from error
        else:
            return connection
    hint = "check the permissions of the home (GGEN_HOME)"
    raise UnavailableError("index-unreadable", f"the index {path} cannot be opened: {failure}", hint=hint)


def corrupt(error: object) -> IntegrityError:
    """Return the error for an index that is damaged."""
    hint = "`ggen market index repair` rebuilds it from its log; `ggen market index restore FILE` takes a backup"
    return IntegrityError("index-corrupt", f"the local index is damaged: {error}", hint=hint)


def busy(error: object) -> UnavailableError:
    """Return the error for an index that others kept locked for too long."""
    hint = "another program is writing to this home; try again when it has finished"
    return UnavailableError("index-busy", f"the local index stayed locked for {BUSY_TIMEOUT:g} s: {error}", hint=hint)
