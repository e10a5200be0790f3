"""The numbers that a journal adds up to, for each day, in one small SQLite file beside it.

The numbers and the place up to which the journal was read change in one transaction: a record counts once, whoever adds
it up and whenever that is killed. Two who add up at the same time do so one after the other.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from marketplace.errors import IntegrityError, UnavailableError
from marketplace.insights import together
from marketplace.insights.journal import Record, records_in, retire, segments, unread
from marketplace.insights.statistics import OF_PACKAGES, OF_REGISTRIES, Statistics, last_days
from marketplace.storage.transactions import transaction

FILE = "counts.sqlite"
_BUSY = 30.0
BEFORE = ""
"""The day of what was counted before days were kept, or on a day that nobody knows."""

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE segments (name TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE counts (id TEXT, kind TEXT, day TEXT, version TEXT, count INTEGER NOT NULL,"
    " PRIMARY KEY (id, kind, day, version)) WITHOUT ROWID",
    "CREATE TABLE publishers (id TEXT, day TEXT, key TEXT, PRIMARY KEY (id, day, key)) WITHOUT ROWID",
    "CREATE TABLE untold (id TEXT PRIMARY KEY) WITHOUT ROWID",
)
"""`counts` and `publishers` have a row for each package, and one with the id '' for all; `untold` are packages of which
the index has yet to be told how often they were downloaded."""

_ADD = "INSERT INTO counts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
_Key = tuple[str, str, str, str]
_Id = TypeVar("_Id", bound=str | None)


class Published(NamedTuple):
    """A release that the log has: the day on which it was taken, as far as that is known."""

    id: str
    version: str
    day: str
    key: str


class Source(Protocol):
    """Where the releases are."""

    def history(self) -> str:
        """Return the identity of the log; another one is counted anew."""

    def size(self) -> int:
        """Return the number of entries of the log."""

    def published(self, after: int, until: int) -> Iterable[Published]:
        """Yield the releases among the entries beyond `after` up to `until`."""

    def releases_of(self, content_ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
        """Return id and version of each tree that a release has."""

    def downloads(self) -> Mapping[str, int]:
        """Return the downloads of each package that were counted before days were kept."""

    def set_downloads(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Take over the downloads of packages, read while nobody else changes them."""


class Counters:
    """The numbers of the journal in `folder`.

    Args:
        today: the day (UTC) as `YYYY-MM-DD`.
    """

    def __init__(self, folder: Path, source: Source, today: Callable[[], str]) -> None:
        self._folder = folder
        self._source = source
        self._today = today

    def add_up(self) -> None:
        """Add up what the journal and the log have since the last time.

        Raises:
            UnavailableError: `statistics-unwritable`.
            IntegrityError: `statistics-corrupt`.
        """
        with self._open() as db:
            read = self._take(db, sync=True)
            self._tell(db)
            for path, offset in read.items():
                retire(path, offset)

    def of(self, id_: str | None, days: int) -> Statistics:
        """Return the numbers of the last `days` days and of all time; where nothing can be written they are the same.

        Raises:
            IntegrityError: `statistics-corrupt`.
        """
        return self.several([(id_, days)])[id_, days]

    def several(self, keys: "Iterable[tuple[_Id, int]]") -> "dict[tuple[_Id, int], Statistics]":
        """Return the numbers of several packages and days, as `of`.

        Raises:
            IntegrityError: `statistics-corrupt`.
        """
        try:
            self.add_up()
        except UnavailableError:
            return {(id_, days): self.looked_at(id_, days) for id_, days in keys}
        with self._open() as db:
            return {(id_, days): self._read(db, id_, days) for id_, days in keys}

    def looked_at(self, id_: str | None = None, days: int = 1) -> Statistics:
        """Return what `of` would, and write nothing.

        Raises:
            IntegrityError: `statistics-corrupt`.
            UnavailableError: `statistics-unwritable`, they cannot be read either.
        """
        with self._copy() as db:
            self._take(db, sync=False)
            return self._read(db, id_, days)

    def downloads_since(self, day: str) -> dict[str, dict[str, int]]:
        """Return the downloads of each package on each day from `day` (UTC) on; see `of`.

        Raises:
            IntegrityError: `statistics-corrupt`.
            UnavailableError: `statistics-unwritable`, they cannot be read either.
        """
        found: dict[str, dict[str, int]] = {}
        sql = (
            "SELECT id, day, sum(count) FROM counts WHERE kind = 'downloads' AND id <> '' AND day >= ? GROUP BY id, day"
        )
        with self._copy() as db:
            self._take(db, sync=False)
            for id_, on, count in db.execute(sql, (day,)):
                found.setdefault(id_, {})[on] = count
        return found

    def chosen_beside(self, ids: Iterable[str]) -> dict[str, dict[str, int]]:
        """Return how often others were chosen beside each of `ids`, and by '' how often it was; see `of`.

        Raises:
            IntegrityError: `statistics-corrupt`.
            UnavailableError: `statistics-unwritable`, they cannot be read.
        """
        path = self._folder / FILE
        if not path.exists():
            return {}
        with _translated(path), closing(_reading(path)) as db:
            return together.read(db, ids) if _has(db, together.TABLE) else {}

    # --- adding up ---------------------------------------------------------------------------------------------------

    def _take(self, db: sqlite3.Connection, *, sync: bool) -> dict[Path, int]:
        """Take what is new, in one transaction; return how far each file of the journal was read."""
        with transaction(db):
            self._begin(db)
            self._take_log(db)
            known = dict(db.execute("SELECT name, offset FROM segments").fetchall())
            read, data = dict[Path, int](), b""
            for path in segments(self._folder):
                new = unread(path, known.get(path.name, 0), sync=sync)
                data += new
                read[path] = known.get(path.name, 0) + len(new)
            places = {path.name: offset for path, offset in read.items()}
            if places != known:
                _add(db, self._counts(records_in(data)))
                together.add(db, records_in(data))
                db.execute("DELETE FROM segments")
                db.executemany("INSERT INTO segments VALUES (?, ?)", places.items())
        return read

    def _begin(self, db: sqlite3.Connection) -> None:
        if not db.execute("SELECT 1 FROM meta WHERE name = 'since'").fetchone():
            db.execute("INSERT INTO meta VALUES ('since', ?)", (self._today(),))
            _add(db, {(id_, "downloads", BEFORE, ""): count for id_, count in self._source.downloads().items()})

    def _counts(self, records: Iterable[tuple[Record, int]]) -> Counter[_Key]:
        counts: Counter[_Key] = Counter()
        sent: Counter[tuple[str, str]] = Counter()
        for (kind, day, what), count in records:
            id_, _, version = what.partition(" ")
            if kind == "d":
                sent[day, what] += count
            elif kind == "i":
                counts[id_, "installs", day, version] += count
                counts[id_, "downloads", day, version] += count
            elif kind in "sm":
                counts["", "searches", day, ""] += count
                counts["", "misses", day, ""] += count * (kind == "m")
        releases = self._source.releases_of({tree for _, tree in sent}) if sent else {}
        for (day, tree), count in sent.items():
            if found := releases.get(tree):
                counts[found[0], "downloads", day, found[1]] += count
        return counts

    def _take_log(self, db: sqlite3.Connection) -> None:
        """Count the releases that were published since; all of them when the index has another history."""
        history, end = self._source.history(), self._source.size()
        row = db.execute("SELECT value FROM meta WHERE name = 'log'").fetchone()
        known, _, seen = row[0].partition(" ") if row else ("", "", "0")
        after = int(seen)
        if known != history or after > end:
            db.execute("DELETE FROM counts WHERE kind = 'versions'")
            db.execute("DELETE FROM publishers")
            after = 0
        elif after == end:
            return
        counts: Counter[_Key] = Counter()
        for id_, version, day, key in self._source.published(after, end):
            counts[id_, "versions", day, version] += 1
            db.executemany("INSERT OR IGNORE INTO publishers VALUES (?, ?, ?)", [(id_, day, key), ("", day, key)])
        _add(db, counts)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('log', ?)", (f"{history} {end}",))

    def _tell(self, db: sqlite3.Connection) -> None:
        """Tell the index the downloads of what was downloaded since: search ranks and filters by them."""
        if not db.execute("SELECT 1 FROM untold").fetchone():
            return
        with transaction(db):
            self._source.set_downloads(lambda: dict(db.execute(
                "SELECT id, sum(count) FROM counts JOIN untold USING (id) WHERE kind = 'downloads' GROUP BY id"
            ).fetchall()))  # fmt: skip
            db.execute("DELETE FROM untold")

    # --- reading -----------------------------------------------------------------------------------------------------

    def _read(self, db: sqlite3.Connection, id_: str | None, days: int) -> Statistics:
        names = OF_PACKAGES if id_ else OF_REGISTRIES
        id_or_all, wanted = id_ or "", last_days(self._today(), days)
        found = {day: dict.fromkeys(names, 0) for day in wanted}
        rows = db.execute(
            "SELECT day, kind, sum(count) FROM counts WHERE id = ? AND day >= ? GROUP BY day, kind UNION ALL "
            "SELECT day, 'publishers', count(*) FROM publishers WHERE id = ? AND day >= ? GROUP BY day",
            (id_or_all, wanted[0]) * 2,
        )
        for day, kind, count in rows:
            if day in found and kind in names:
                found[day][kind] = count
        since = db.execute("SELECT value FROM meta WHERE name = 'since'").fetchone()[0]
        return Statistics(id_, since, found, self._totals(db, id_or_all, names), _versions(db, id_))

    def _totals(self, db: sqlite3.Connection, id_: str, names: Iterable[str]) -> dict[str, int]:
        sums = dict(db.execute("SELECT kind, sum(count) FROM counts WHERE id = ? GROUP BY kind", (id_,)).fetchall())
        publishers = db.execute("SELECT count(DISTINCT key) FROM publishers WHERE id = ?", (id_,)).fetchone()[0]
        return {**{name: sums.get(name, 0) for name in names}, "publishers": publishers}

    # --- the file ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self._folder / FILE
        with _translated(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=_BUSY, isolation_level=None)) as db:
                if not _has(db, together.TABLE):
                    _create(db)
                db.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes back is in the journal still
                yield db

    @contextmanager
    def _copy(self) -> Iterator[sqlite3.Connection]:
        """Open a copy in memory of what is there."""
        path = self._folder / FILE
        with _translated(path), closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
            if path.exists():
                with closing(_reading(path)) as there:
                    there.backup(db)
            _create(db)
            yield db


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY)


def _create(db: sqlite3.Connection) -> None:
    """Make the tables; of several that do so at once one does."""
    db.execute("PRAGMA journal_mode = WAL")
    with transaction(db):
        for name, statements in (("untold", _TABLES), (together.TABLE, (together.CREATE,))):
            if not _has(db, name):
                for statement in statements:
                    db.execute(statement)


def _has(db: sqlite3.Connection, table: str) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone())


def _add(db: sqlite3.Connection, counts: Mapping[_Key, int]) -> None:
    """Add to the numbers of packages and to those of all."""
    everywhere: Counter[_Key] = Counter()
    for (id_, kind, day, version), count in counts.items():
        everywhere["", kind, day, ""] += count
        if id_:
            db.execute(_ADD, (id_, kind, day, version, count))
        if kind == "downloads" and day != BEFORE:
            db.execute("INSERT OR IGNORE INTO untold VALUES (?)", (id_,))
    db.executemany(_ADD, [(*key, count) for key, count in everywhere.items()])


def _versions(db: sqlite3.Connection, id_: str | None) -> dict[str, dict[str, int]]:
    if not id_:
        return {}
    sql = "SELECT version, kind, sum(count) FROM counts WHERE id = ? AND version <> '' GROUP BY version, kind"
    found: dict[str, dict[str, int]] = {}
    for version, kind, count in db.execute(sql, (id_,)):
        counts = found.setdefault(version, {"downloads": 0, "installs": 0})
        if kind in counts:
            counts[kind] = count
    return found


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Raise the errors of SQLite and of the system as the product's."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        hint = "check the disk, its free space and the permissions of the home (GGEN_HOME)"
        message = f"what was counted cannot be added up in {path}: {error}"
        raise UnavailableError("statistics-unwritable", message, hint=hint) from error
    except sqlite3.DatabaseError as error:
        hint = f"move the folder {path.parent} away: counting begins anew, with the downloads that the index knows"
        raise IntegrityError("statistics-corrupt", f"{path} is damaged: {error}", hint=hint) from error
