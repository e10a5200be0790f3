"""The local index: an append-only log of signed releases and yanks in SQLite, with the current state as its views."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from marketplace.errors import ConflictError, NotFoundError
from marketplace.index import merkle
from marketplace.index.schema import connect, corrupt, from_sqlite, lost, make_views, missing_guards, open_read_only
from marketplace.search.base import RemovedDocument, SearchDocument

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import ListedRelease
    from marketplace.model.release import LogRecord, Release, YankRecord
    from marketplace.model.version import Version

_DOCUMENTS = "SELECT p.id, revision, document, coalesce(count, 0) FROM packages p LEFT JOIN downloads USING (id)"
_WRONG_ROOT = "the log does not have its Merkle root: entries are missing or were put in their place"
_LEAST_FREE = 256 * 1024
"""Bytes without which SQLite cannot make an index: its shared memory and a write-ahead log of a few pages."""

_BATCH = 500
"""Ids asked for in one statement; SQLite's default limit of variables is 999 before 3.32."""


class LogHead(NamedTuple):
    """How many entries the log has and the Merkle root over them, in hexadecimal."""

    size: int
    root: str


class LocalIndex:
    """The index in one SQLite file, shared by any number of processes; also the search's `DocumentSource`.

    Every method may raise IntegrityError `index-corrupt` and UnavailableError `index-busy`. Where there is no index,
    one is made if `may_create` says so.
    """

    def __init__(self, path: Path, *, may_create: Callable[[], bool] = lambda: True) -> None:
        self.path = path
        self._db, self._writable = connect(path, may_create)

    @classmethod
    def open_copy(cls, path: Path) -> "LocalIndex":
        """Open a backup for reading; nothing is written to it or beside it.

        Raises:
            IntegrityError: `index-corrupt` or `index-newer`.
            UnavailableError: `index-unreadable`.
        """
        index = cls.__new__(cls)
        index.path, index._db, index._writable = path, open_read_only(path), False
        return index

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
        with self._guarded() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

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

    # --- the log ---------------------------------------------------------------------------------------------------

    def head(self) -> LogHead:
        """Return the size and root of the log."""
        with self._guarded() as db:
            size = db.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()[0]
            return LogHead(size, merkle.root_of_peaks(self._peaks()).hex())

    def entries(self, after: int = 0) -> "Iterator[tuple[int, LogRecord]]":
        """Yield the log's entries with their numbers (from 1), those beyond `after`; each checked against its leaf."""
        from marketplace.model.release import Release, YankRecord

        with self._guarded() as db:
            rows = db.execute("SELECT seq, kind, record, leaf FROM log WHERE seq > ? ORDER BY seq", (after,))
            for seq, kind, record, leaf in rows:
                check_leaf(seq, record, leaf)
                yield seq, Release.decode(record) if kind == "release" else YankRecord.decode(record)

    def append_release(self, release: "Release", manifest: "Manifest", manifest_data: bytes) -> int:
        """Append a verified release; return its number in the log. When this returns, every reader sees it.

        Raises:
            ConflictError: `version-exists`; `identical` in the details tells whether it is the very same content.
            UnavailableError: `store-unwritable`, `disk-full`, `index-busy`.
        """
        (outcome,) = self.append_releases([(release, manifest, manifest_data)])
        if isinstance(outcome, ConflictError):
            raise outcome
        return outcome

    def append_releases(self, offers: "Iterable[tuple[Release, Manifest, bytes]]") -> list[int | ConflictError]:
        """Append verified releases in one transaction; return the number of each in the log, or why it is not there.

        Raises:
            UnavailableError: `store-unwritable`, `disk-full`, `index-busy`; nothing was appended.
        """
        with self._transaction():
            return [self._append_release(*offer) for offer in offers]

    def _append_release(self, release: "Release", manifest: "Manifest", data: bytes) -> int | ConflictError:
        try:
            self.refuse_existing(release)
        except ConflictError as error:
            return error
        seq = self._append("release", release.encode())
        self._db.execute("INSERT OR IGNORE INTO manifests VALUES (?, ?)", (release.manifest, data))
        self._add_release(seq, release)
        self._refresh_package(str(release.id), {release.manifest: manifest})
        return seq

    def refuse_existing(self, release: "Release") -> None:
        """Raise ConflictError `version-exists` when a release of the same precedence is there."""
        row = self._release_row(str(release.id), release.version)
        if row is None:
            return
        from marketplace.model.release import Release

        existing = Release.decode(row[1])
        same = existing.content_id == release.content_id and existing.key == release.key
        why = "with the same content" if same else "with other content"
        if existing.version.text != release.version.text:
            why = f"as {existing.version.text}: build metadata makes no other version"
        raise ConflictError(
            "version-exists", f"{release} is already published, {why}",
            hint="nothing is to be done" if same else "a version is published once: raise it in package.toml",
            id=str(release.id), version=str(release.version), identical=same,
        )  # fmt: skip

    def append_yank(self, record: "YankRecord") -> int:
        """Append a verified yank or unyank; return its number in the log.

        Raises:
            NotFoundError: `version-not-found`.
            ConflictError: `already-yanked` or `not-yanked`.
        """
        with self._transaction():
            row = self._release_row(str(record.id), record.version)
            if row is None:
                raise self._version_not_found(record.id, record.version)
            if (row[3] is not None) == (record.action == "yank"):
                code, text = (
                    ("already-yanked", "is yanked already") if row[3] is not None else ("not-yanked", "is not yanked")
                )
                raise ConflictError(code, f"{record.id}@{record.version} {text}")
            seq = self._append(record.action, record.encode())
            self._apply_yank(record)
            self._refresh_package(str(record.id), {})
        return seq

    def _append(self, kind: str, record: bytes) -> int:
        size = self._db.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()[0]
        leaf = merkle.leaf_hash(record)
        peaks = merkle.append(self._peaks(), size, leaf)
        self._db.execute("INSERT INTO log VALUES (?, ?, ?, ?)", (size + 1, kind, record, leaf))
        self._set_meta("peaks", b"".join(peaks).hex())
        return int(size) + 1

    def _peaks(self) -> list[bytes]:
        joined = bytes.fromhex(self._meta("peaks"))
        return [joined[i : i + 32] for i in range(0, len(joined), 32)]

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise corrupt(f"its {name} is missing")
        return str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # --- the views -------------------------------------------------------------------------------------------------

    def _add_release(self, seq: int, release: "Release") -> None:
        row = (str(release.id), _precedence(release.version), str(release.version), seq)
        self._db.execute("INSERT INTO releases VALUES (?, ?, ?, ?, NULL)", row)

    def _apply_yank(self, record: "YankRecord") -> None:
        reason = record.reason if record.action == "yank" else None
        place = (reason, str(record.id), _precedence(record.version))
        self._db.execute("UPDATE releases SET yanked = ? WHERE id = ? AND precedence = ?", place)

    def _refresh_package(self, id_: str, manifests: "Mapping[str, Manifest]") -> None:
        """Write the package's row anew from its releases, with the next revision."""
        row = (id_, self._next_revision(), *self._described(id_, manifests))
        self._db.execute("INSERT OR REPLACE INTO packages VALUES (?, ?, ?, ?)", row)

    def _described(self, id_: str, manifests: "Mapping[str, Manifest]") -> tuple[str, str | None]:
        """Return the category and the search document of a package; none while all its versions are yanked."""
        from marketplace.model.ids import PackageId
        from marketplace.model.package import Package

        latest = Package(PackageId(id_), tuple(self._listed(id_)), 0).latest
        if latest.yanked is not None:
            return "", None
        manifest = manifests.get(latest.release.manifest) or self.manifest(latest.release)
        return manifest.category, json.dumps(_document(latest.release, manifest), ensure_ascii=False)

    def _next_revision(self) -> int:
        revision = int(self._meta("revision")) + 1
        self._set_meta("revision", str(revision))
        return revision

    def _release_row(self, id_: str, version: "Version") -> tuple[int, bytes, bytes, str | None] | None:
        row: tuple[int, bytes, bytes, str | None] | None = self._db.execute(
            "SELECT seq, record, leaf, yanked FROM releases JOIN log USING (seq) WHERE id = ? AND precedence = ?",
            (id_, _precedence(version)),
        ).fetchone()
        return row

    def _listed(self, id_: str) -> "list[ListedRelease]":
        rows = self._db.execute(
            "SELECT seq, record, leaf, yanked FROM releases JOIN log USING (seq) WHERE id = ?", (id_,)
        )
        listed = [_to_listed(*row) for row in rows]
        return sorted(listed, key=lambda item: item.release.version.precedence, reverse=True)

    def releases(self, id_: "PackageId") -> "tuple[ListedRelease, ...]":
        """Return the releases of a package from the highest version to the lowest; empty when it is unknown."""
        with self._guarded():
            return tuple(self._listed(str(id_)))

    def release(self, id_: "PackageId", version: "Version") -> "ListedRelease":
        """Return one release.

        Raises:
            NotFoundError: `version-not-found` with `available`, or `package-not-found`.
        """
        with self._guarded():
            row = self._release_row(str(id_), version)
            if row is None:
                raise self._version_not_found(id_, version)
            return _to_listed(*row)

    def _version_not_found(self, id_: "PackageId", version: "Version") -> NotFoundError:
        available = [str(item.release.version) for item in self._listed(str(id_))]
        if not available:
            return NotFoundError("package-not-found", f"there is no package {id_}", id=str(id_))
        return NotFoundError(
            "version-not-found", f"{id_} has no version {version}", hint=f"it has {', '.join(available[:10])}",
            id=str(id_), version=str(version), available=available,
        )  # fmt: skip

    def manifest(self, release: "Release") -> "Manifest":
        """Return the manifest of a release, checked against the digest the release binds."""
        from marketplace.model.manifest import Manifest
        from marketplace.model.tree import digest_of

        with self._guarded() as db:
            row = db.execute("SELECT data FROM manifests WHERE digest = ?", (release.manifest,)).fetchone()
            if row is None or not isinstance(row[0], bytes) or digest_of(row[0]) != release.manifest:
                raise lost(f"the manifest of {release} is missing or altered")
            return Manifest.parse(row[0])

    def ids(self) -> tuple[str, ...]:
        """Return every package id, sorted."""
        with self._guarded() as db:
            return tuple(row[0] for row in db.execute("SELECT id FROM packages ORDER BY id"))

    def counts(self) -> tuple[int, int]:
        """Return the numbers of packages and releases."""
        with self._guarded() as db:
            (row,) = db.execute("SELECT (SELECT count(*) FROM packages), (SELECT count(*) FROM releases)")
            return row[0], row[1]

    def yanked(self) -> Mapping[tuple[str, str], str]:
        """Return the reason of each yanked release, by id and version: few, so that no record need be decoded."""
        with self._guarded() as db:
            rows = db.execute("SELECT id, version, yanked FROM releases WHERE yanked IS NOT NULL")
            return {(id_, version): reason for id_, version, reason in rows}

    def categories(self) -> Mapping[str, int]:
        """Return how many packages that search finds each category has."""
        with self._guarded() as db:
            sql = "SELECT category, count(*) FROM packages WHERE document IS NOT NULL GROUP BY category"
            return dict(db.execute(sql).fetchall())

    def downloads(self, id_: "PackageId") -> int:
        """Return how often the package was downloaded from here."""
        with self._guarded() as db:
            row = db.execute("SELECT count FROM downloads WHERE id = ?", (str(id_),)).fetchone()
            return row[0] if row else 0

    def count_downloads(self, ids: "Sequence[PackageId]") -> None:
        """Count one download of each package."""
        with self._transaction() as db:
            for id_ in ids:
                db.execute(
                    "INSERT INTO downloads VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET count = count + 1", (str(id_),)
                )
                db.execute("UPDATE packages SET revision = ? WHERE id = ?", (self._next_revision(), str(id_)))

    # --- what the search reads --------------------------------------------------------------------------------------

    def revision(self) -> int:
        """Return the number of the newest change; see `DocumentSource`."""
        with self._guarded():
            return int(self._meta("revision"))

    def fingerprint(self) -> str:
        """Return the identity of this index's history; see `DocumentSource`."""
        with self._guarded():
            return self._meta("fingerprint")

    def documents(self, since: int = 0) -> Iterator[SearchDocument | RemovedDocument]:
        """Yield changed packages, oldest change first; see `DocumentSource`."""
        with self._guarded() as db:
            rows = db.execute(f"{_DOCUMENTS} WHERE revision > ? ORDER BY revision", (since,))
            for id_, revision, document, count in rows:
                yield RemovedDocument(id_, revision) if document is None else _from_row(revision, document, count)

    def lookup(self, ids: Sequence[str]) -> Mapping[str, SearchDocument]:
        """Return the present documents of `ids`; see `DocumentSource`."""
        found: dict[str, SearchDocument] = {}
        with self._guarded() as db:
            for start in range(0, len(ids), _BATCH):
                part = ids[start : start + _BATCH]
                marks = ",".join("?" * len(part))
                rows = db.execute(f"{_DOCUMENTS} WHERE document IS NOT NULL AND p.id IN ({marks})", part)
                found |= {id_: _from_row(revision, document, count) for id_, revision, document, count in rows}
        return found

    # --- checking, repair, backup -----------------------------------------------------------------------------------

    def verify(self) -> None:
        """Check the file, every log entry against its leaf, the root, and the views against the log.

        Raises:
            IntegrityError: `index-corrupt`, saying what was found.
        """
        with self._guarded() as db:
            report = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if report != "ok":
                raise corrupt(report)
            self._meta("revision"), self._meta("fingerprint")
            if missing_guards(db):
                raise corrupt("what forbids changes to its log is missing")
            if merkle.root(self._leaves()) != merkle.root_of_peaks(self._peaks()):
                raise lost(_WRONG_ROOT)
            expected = self._replayed()
            rows = db.execute("SELECT id, precedence, version, seq, yanked FROM releases")
            found = {(row[0], row[1]): tuple(row[2:]) for row in rows}
            wrong = sorted(key for key, _ in found.items() ^ expected.items())
            if wrong:
                raise corrupt(f"its view of {wrong[0][0]}@{wrong[0][1]} differs from the log")
            if {key[0] for key in expected} != set(self.ids()):
                raise corrupt("its list of packages differs from the log")
            for id_, category, document in db.execute("SELECT id, category, document FROM packages").fetchall():
                if (category, document) != self._described(id_, {}):
                    raise corrupt(f"what it tells the search of {id_} differs from the log")

    def leaves(self) -> list[bytes]:
        """Return the leaf hash of every log entry, each checked against its record.

        Raises:
            IntegrityError: `index-corrupt`.
        """
        with self._guarded():
            return self._leaves()

    def _leaves(self) -> list[bytes]:
        leaves = []
        for place, (seq, record, leaf) in enumerate(self._db.execute("SELECT seq, record, leaf FROM log ORDER BY seq")):
            if seq != place + 1:
                raise lost(f"log entry {place + 1} is missing")
            check_leaf(seq, record, leaf)
            leaves.append(leaf)
        return leaves

    def _replayed(self) -> dict[tuple[str, str], tuple[str, int, str | None]]:
        from marketplace.model.release import Release

        state: dict[tuple[str, str], tuple[str, int, str | None]] = {}
        for seq, record in self.entries():
            key = (str(record.id), _precedence(record.version))
            if isinstance(record, Release):
                state[key] = (str(record.version), seq, None)
            else:
                state[key] = (*state[key][:2], record.reason if record.action == "yank" else None)
        return state

    def repair(self) -> None:
        """Rebuild every view from the log and the stored manifests; the log itself is not touched.

        Raises:
            IntegrityError: `index-corrupt` when the log or a manifest is damaged: then a backup is needed.
        """
        from marketplace.model.release import Release

        with self._transaction() as db:
            torn = make_views(db)
            self._repair_meta()
            ids: set[str] = set()
            for seq, record in self.entries():
                ids.add(str(record.id))
                self._add_release(seq, record) if isinstance(record, Release) else self._apply_yank(record)
            for id_ in sorted(ids):
                self._refresh_package(id_, {})
            db.execute("REINDEX")
        if torn:
            with self._guarded() as db:
                db.execute("VACUUM")

    def _repair_meta(self) -> None:
        """Restore what can be derived; a root that is there and is not the log's means that entries were lost."""
        known = dict(self._db.execute("SELECT name, value FROM meta").fetchall())
        peaks: list[bytes] = []
        for size, leaf in enumerate(self._leaves()):
            peaks = merkle.append(peaks, size, leaf)
        joined = b"".join(peaks).hex()
        if known.get("peaks", joined) != joined:
            raise lost(_WRONG_ROOT)
        self._set_meta("peaks", joined)
        self._set_meta("revision", known.get("revision", "0"))
        self._new_history()

    def _new_history(self) -> None:
        import secrets

        self._set_meta("fingerprint", secrets.token_hex(16))

    def start_new_history(self) -> None:
        """Give the index another identity, so that what was derived from other content is made anew."""
        with self._transaction():
            self._new_history()

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


def _precedence(version: "Version") -> str:
    return str(version).partition("+")[0]


def check_leaf(seq: int, record: bytes, leaf: bytes) -> None:
    """Raise IntegrityError `index-corrupt` when a record of the log is not the one of its leaf."""
    if not isinstance(record, bytes) or merkle.leaf_hash(record) != leaf:
        raise lost(f"log entry {seq} is altered")


def _to_listed(seq: int, record: bytes, leaf: bytes, yanked: str | None) -> "ListedRelease":
    from marketplace.model.package import ListedRelease
    from marketplace.model.release import Release

    check_leaf(seq, record, leaf)
    return ListedRelease(Release.decode(record), yanked)


def _document(release: "Release", manifest: "Manifest") -> dict[str, object]:
    document = SearchDocument(
        id=str(release.id), version=str(release.version), title=manifest.title, description=manifest.description,
        category=manifest.category, tags=manifest.tags, keywords=manifest.keywords, license=manifest.license,
        authors=manifest.authors, downloads=0, updated_at=release.published_at, revision=0,
    )  # fmt: skip
    return document._asdict()


def _from_row(revision: int, document: str, downloads: int) -> SearchDocument:
    fields = json.loads(document)
    fields |= {name: tuple(fields[name]) for name in ("tags", "keywords", "authors")}
    return SearchDocument(**fields | {"revision": revision, "downloads": downloads})
