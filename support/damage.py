"""What goes wrong on a disk, done to a home on purpose."""

import sqlite3
from pathlib import Path


def overwrite_search_index(home: Path) -> None:
    """Replace the bytes of every file of the search index, keeping the sizes."""
    for path in (home / "registry" / "search").iterdir():
        if path.is_file() and path.name != "stamp.json":
            path.write_bytes(b"\xaa" * path.stat().st_size)


def change_log_entry(home: Path) -> None:
    """Flip a bit in the first record of the log, past the triggers that forbid it."""
    with sqlite3.connect(home / "registry" / "index.sqlite") as db:
        db.execute("DROP TRIGGER log_is_append_only_u")
        (record,) = db.execute("SELECT record FROM log WHERE seq = 1").fetchone()
        db.execute("UPDATE log SET record = ? WHERE seq = 1", (record[:-1] + b"]",))
    db.close()


def empty_releases(home: Path) -> None:
    """Delete every row of the view of releases."""
    with sqlite3.connect(home / "registry" / "index.sqlite") as db:
        db.execute("DELETE FROM releases")
    db.close()


def change_a_blob(home: Path) -> None:
    """Flip a bit of one stored blob."""
    path = next((home / "registry" / "store" / "blobs").glob("??/*"))
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
