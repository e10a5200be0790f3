"""The tables of the local index and how a database file is opened."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from marketplace.errors import IntegrityError, MarketError, UnavailableError
from marketplace.storage.transactions import transaction

VERSION = 1
"""Kept in SQLite's `user_version`; a newer one is refused, since two versions of the tool may share a home."""

_GONE = "it is missing or empty, but the content store beside it is not"

BUSY_TIMEOUT = 30.0
"""Seconds a writer waits for the others: far more than the milliseconds that one publish holds the lock."""

_LOG = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, record BLOB NOT NULL, leaf BLOB NOT NULL)",
    "CREATE TABLE manifests (digest TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE downloads (id TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
)
_SCORES = (
    "CREATE TABLE {0}quality (id TEXT NOT NULL, version TEXT NOT NULL, taken_at TEXT, payload TEXT NOT NULL,"
    " score INTEGER NOT NULL, report TEXT NOT NULL, PRIMARY KEY (id, version))",
    "CREATE TABLE {0}marks (mark INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
)
"""What was measured of releases when they were taken."""

REQUIRED = (
    "SELECT p.id, d.key FROM packages p JOIN releases r ON r.id = p.id AND r.version = json_extract(document,"
    " '$.version') JOIN log USING (seq), json_each(CAST(record AS TEXT), '$.dependencies') d"
)
"""What the release of each package that search shows requires: the ids of the two."""

_REQUIRES = (
    "CREATE TABLE {0}requires (dependent TEXT NOT NULL, dependency TEXT NOT NULL, PRIMARY KEY (dependent, dependency))"
    " WITHOUT ROWID",
    "CREATE INDEX {0}requires_by_dependency ON requires (dependency, dependent)",
)
_FILL_REQUIRES = f"INSERT INTO requires {REQUIRED}"
_LATER = {"quality": _SCORES, "requires": (*_REQUIRES, _FILL_REQUIRES)}
"""Tables that earlier versions did not have, by the first of them. An index without them gets them when it is opened;
older versions pass them over, so that the format's number stays."""

_GUARDS = {
    f"log_is_append_only_{action[0].lower()}": f"BEFORE {action} ON log "
    "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for action in ("UPDATE", "DELETE")
}
_DROPS = ("DROP TABLE IF EXISTS releases", "DROP TABLE IF EXISTS packages", "DROP TABLE IF EXISTS requires")
_FORGETS = (
    "PRAGMA writable_schema = ON",
    "DELETE FROM sqlite_master WHERE tbl_name IN ('releases', 'packages', 'requires', 'quality', 'marks')",
    "PRAGMA writable_schema = RESET",
)
_VIEWS = (
    "CREATE TABLE releases (id TEXT NOT NULL, precedence TEXT NOT NULL, version TEXT NOT NULL, seq INTEGER NOT NULL,"
    " yanked TEXT, PRIMARY KEY (id, precedence)) WITHOUT ROWID",
    "CREATE TABLE packages (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, category TEXT NOT NULL, document TEXT)"
    " WITHOUT ROWID",
    "CREATE UNIQUE INDEX packages_by_revision ON packages (revision)",
    *(statement.format("") for statement in _REQUIRES),
)


def connect(path: Path, may_create: Callable[[], bool] = lambda: True) -> tuple[sqlite3.Connection, bool]:
    """Open the index at `path`, making it when it is missing; return the connection and whether it can be written.

    `may_create` is asked when there is none: taking a lost index for a new one would let everything it named go. A home
    that cannot be written is opened for reading; an index that is missing there reads as empty.

    Raises:
        IntegrityError: `index-corrupt`, or `index-newer` when a newer version of this program wrote it.
        UnavailableError: `index-busy`.
    """
    writable = True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _prepared(path, may_create)
    except OSError:
        connection, writable = _without_writing(path, may_create), False
    except sqlite3.DatabaseError as error:
        known = from_sqlite(error)
        if known.code != "index-unwritable":
            raise known from error
        connection, writable = _without_writing(path, may_create), False
    return connection, writable


def _open(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)


def _prepared(path: Path, may_create: Callable[[], bool]) -> sqlite3.Connection:
    connection = _open(f"{path.absolute().as_uri()}?mode=rwc")
    try:
        _prepare(connection, path, may_create)
    except BaseException:
        connection.close()  # else its locks last as long as the error is kept
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, may_create: Callable[[], bool]) -> None:
    if _known_format(connection):
        _add_later(connection)
        return
    from marketplace.storage.locks import FileLock

    # Of two that switch a new file to WAL at once SQLite refuses one, without waiting. And whoever makes the index does
    # so before storing a blob: the second look finds it, where `may_create` would already see the blobs.
    with FileLock(path.with_name(path.name + ".lock"), purpose="making the local index", timeout=BUSY_TIMEOUT):
        if _known_format(connection):
            return
        if not may_create():
            raise lost(_GONE)
        _create(connection)


def _add_later(connection: sqlite3.Connection) -> None:
    """Make the tables that an earlier version has not made."""
    if _lacking(connection):
        with transaction(connection):
            for statement in _lacking(connection):  # asked again: nobody else was faster
                connection.execute(statement.format(""))


def _lacking(connection: sqlite3.Connection) -> list[str]:
    """Return the statements that make the tables which are not there."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [statement for name, statements in _LATER.items() if name not in there for statement in statements]


def _stand_in_for_later(connection: sqlite3.Connection) -> None:
    """Let tables of the connection's own stand in for those that are missing for good."""
    if lacking := _lacking(connection):
        connection.execute("PRAGMA temp_store = MEMORY")
        for statement in lacking:
            connection.execute(statement.format("temp."))


def _known_format(connection: sqlite3.Connection) -> bool:
    """Tell whether there is an index of a format that this version knows; False for an empty file."""
    # Tables first: whoever makes the index commits both at once, so tables seen here have a version in the next line.
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        hint = "update this program, or use another home (GGEN_HOME)"
        raise IntegrityError("index-newer", f"the index has format {found}, this version knows {VERSION}", hint=hint)
    if found == 0 and tables:
        raise lost("it is the database of another program")
    return bool(found)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:  # nobody else was faster
        for statement in (*_LOG, *(scores.format("") for scores in _SCORES)):
            connection.execute(statement)
        make_views(connection)
        import secrets

        fingerprint = secrets.token_hex(16)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)", [("fingerprint", fingerprint), ("revision", "0"), ("peaks", "")]
        )
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def make_views(connection: sqlite3.Connection) -> bool:
    """Make the tables that are derived from the log, empty, whatever is there of them, and the guards of the log.

    Return whether the file was torn: then pages are left in it that only VACUUM takes away, and the scores are gone,
    since SQLite cannot tell which of its tables is torn without losing the way to forget it.
    """
    torn = bool(connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok")
    # SQLite drops no table whose pages it cannot follow, and after the try it forgets none either.
    for statement in (*(_FORGETS if torn else _DROPS), *_VIEWS):
        connection.execute(statement)
    for statement in _SCORES if torn else ():
        connection.execute(statement.format(""))
    for name, body in _GUARDS.items():
        connection.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
    return torn


def missing_guards(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the triggers that forbid changes to the log and are not there."""
    return _GUARDS.keys() - {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


def _without_writing(path: Path, may_create: Callable[[], bool]) -> sqlite3.Connection:
    """Open for reading; what is missing, or was being made when the disk refused, reads as empty."""
    if path.exists():
        connection = _open_read_only(path)
        if _known_format(connection):
            _stand_in_for_later(connection)
            return connection
    if not may_create():
        raise lost(_GONE)
    connection = _open("file::memory:")
    _create(connection)
    return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open an index file without changing it or what is beside it.

    Raises:
        IntegrityError: `index-corrupt` or `index-newer`.
        UnavailableError: `index-unreadable`.
    """
    connection = _open_read_only(path)
    if not _known_format(connection):
        raise lost("it holds no index")
    _stand_in_for_later(connection)
    return connection


def _open_read_only(path: Path) -> sqlite3.Connection:
    modes = ["mode=ro", "mode=ro&immutable=1"]
    if _has_wal(path):
        modes.pop()  # it would be read without its newest entries, which are in the write-ahead log
    for mode in modes:
        try:
            connection = _open(f"{path.absolute().as_uri()}?{mode}")
            connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            failure = error
            if from_sqlite(error).code != "index-unwritable":
                raise from_sqlite(error) from error
        else:
            return connection
    hint = "check the permissions of the home (GGEN_HOME)"
    if _has_wal(path):
        hint = "an interrupted command left work to complete: run any `ggen market` command that may write to the home"
    raise UnavailableError("index-unreadable", f"the index {path} cannot be opened: {failure}", hint=hint)


def _has_wal(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def corrupt(error: object) -> IntegrityError:
    """Return the error for an index that is damaged."""
    hint = "`ggen market index repair` rebuilds it from its log; `ggen market index restore FILE` takes a backup"
    return IntegrityError("index-corrupt", f"the local index is damaged: {error}", hint=hint)


def lost(error: object) -> IntegrityError:
    """Return the error for an index whose log itself is damaged: nothing here can rebuild it."""
    hint = "`ggen market index restore FILE` takes a backup; without one, publish again into another home (GGEN_HOME)"
    return IntegrityError("index-corrupt", f"the local index is damaged: {error}", hint=hint)


def from_sqlite(error: sqlite3.DatabaseError) -> MarketError:
    """Return the error that SQLite's own stands for."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return busy(error)
    if code == sqlite3.SQLITE_FULL:
        hint = "free some space (`ggen market cache gc` removes what no release needs) and run the command again"
        return UnavailableError("disk-full", f"the local index cannot be written: {error}", hint=hint)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        hint = "check the disk, its free space and the permissions of the home (GGEN_HOME), then run the command again"
        return UnavailableError("index-unwritable", f"the local index cannot be written: {error}", hint=hint)
    return lost(error) if code == sqlite3.SQLITE_NOTADB else corrupt(error)


def busy(error: object) -> UnavailableError:
    """Return the error for an index that others kept locked for too long."""
    hint = "another program is writing to this home; try again when it has finished"
    return UnavailableError("index-busy", f"the local index stayed locked for {BUSY_TIMEOUT:g} s: {error}", hint=hint)
