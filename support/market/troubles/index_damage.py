"""What happens to the file of the local index, done to a home on purpose."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path


def file_of(home: Path) -> Path:
    """Return the index's file."""
    return home / "registry" / "index.sqlite"


def _sql(*statements: str) -> Callable[[Path], None]:
    """Return what runs statements past the guards of the log, which are there again afterwards."""

    def run(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(statement)
            for _, sql in guards:
                db.execute(sql)

    return run


def _without_guards(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")


def _torn(table: str) -> Callable[[Path], None]:
    """Return what overwrites the first page of a table, as a disk does that writes half of what it was given."""

    def run(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            (size,) = db.execute("PRAGMA page_size").fetchone()
        with path.open("r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\xaa" * size)

    return run


_KINDS: Mapping[str, Callable[[Path], object]] = {
    "the list of releases is emptied": _sql("DELETE FROM releases"),
    "a release is shown as yanked": _sql("UPDATE releases SET yanked = 'no reason'"),
    "a package is missing in the list": _sql("DELETE FROM packages"),
    "another title is told to the search": _sql("UPDATE packages SET document = replace(document, 'Axum', 'Evil')"),
    "the table of releases is dropped": _sql("DROP TABLE releases"),
    "the table of packages is dropped": _sql("DROP TABLE packages"),
    "what the search is told is cut short": _sql("UPDATE packages SET document = substr(document, 1, 20)"),
    "the file has a torn page of the releases": _torn("releases"),
    "the file has a torn page of the packages": _torn("packages"),
    "the file has a torn page of the scores": _torn("quality"),
    "the record of the root is missing": _sql("DELETE FROM meta WHERE name = 'peaks'"),
    "the number of changes is missing": _sql("DELETE FROM meta WHERE name = 'revision'"),
    "one list is out of step": _sql(
        "PRAGMA writable_schema = ON",
        "CREATE TEMP TABLE kept AS SELECT * FROM sqlite_master WHERE name = 'packages_by_revision'",
        "DELETE FROM sqlite_master WHERE name = 'packages_by_revision'",
        "PRAGMA writable_schema = RESET",
        "UPDATE packages SET revision = revision + 100",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master SELECT * FROM kept",
        "PRAGMA writable_schema = RESET",
    ),
    "the guards of the log are dropped": _without_guards,
    "a log entry is altered": _sql("UPDATE log SET record = record || ' ' WHERE seq = 1"),
    "a log entry is replaced": _sql("UPDATE log SET record = x'7b7d', leaf = x'00' WHERE seq = 1"),
    "the first log entry is removed": _sql("DELETE FROM log WHERE seq = 1"),
    "the last log entry is removed": _sql("DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)"),
    "a manifest is altered": _sql("UPDATE manifests SET data = data || x'0a'"),
    "the file is garbage": lambda path: path.write_bytes(b"\xaa" * path.stat().st_size),
    "the file is cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "the file is empty": lambda path: path.write_bytes(b""),
    "the file is gone": lambda path: path.unlink(),
    "it is of a newer format": _sql("PRAGMA user_version = 99"),
}


def suffer(home: Path, kind: str) -> None:
    """Do the damage of that name."""
    path = file_of(home)
    if kind.startswith("the file "):
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ("-wal", "-shm"):  # with them SQLite would answer from the newest pages, and rightly
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    _KINDS[kind](path)


def refusal(home: Path, statement: str) -> str:
    """Run a statement as another program would; return SQLite's refusal."""
    with closing(sqlite3.connect(file_of(home), isolation_level=None)) as db:
        try:
            db.execute(statement)
        except sqlite3.DatabaseError as error:
            return str(error)
    raise AssertionError(f"the index took {statement}")


def set_aside(home: Path) -> list[Path]:
    """Return the damaged index files that were kept."""
    found = file_of(home).parent.glob("index.sqlite.damaged-*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))
