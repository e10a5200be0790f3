"""The local index: an append-only log of signed releases and yanks in SQLite, with the current state as its views."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from marketplace.errors import ConflictError
from marketplace.index import merkle
from marketplace.index.documents import IndexDocuments
from marketplace.index.log import LogHead
from marketplace.index.schema import REQUIRED, corrupt, lost, make_views, missing_guards
from marketplace.index.views import precedence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marketplace.index.scores import Score
    from marketplace.model.manifest import Manifest
    from marketplace.model.release import Release, YankRecord

__all__ = ["LocalIndex", "LogHead"]

_KEPT = "SELECT dependent, dependency FROM requires"
_WRONG_ROOT = "the log does not have its Merkle root: entries are missing or were put in their place"


def refuse_idle_yank(record: "YankRecord", *, yanked: bool) -> None:
    """Raise ConflictError `already-yanked` or `not-yanked` when a record would change nothing of a release."""
    if yanked == (record.action == "yank"):
        code, text = ("already-yanked", "is yanked already") if yanked else ("not-yanked", "is not yanked")
        raise ConflictError(code, f"{record.id}@{record.version} {text}")


class LocalIndex(IndexDocuments):
    """The index in one SQLite file, shared by any number of processes; also the search's `DocumentSource`.

    Every method may raise IntegrityError `index-corrupt` and UnavailableError `index-busy`. Where there is no index,
    one is made if `may_create` says so.
    """

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

    def append_releases(
        self, offers: "Iterable[tuple[Release, Manifest, bytes]]",
        measure: "Callable[[Release, int], tuple[Score, Sequence[int]]] | None" = None,
    ) -> list[int | ConflictError]:  # fmt: skip
        """Append verified releases in one transaction; return the number of each in the log, or why it is not there.

        `measure` is given one that was appended and its number; it returns what is to be kept of it and the marks of
        its documents, and can look at those before it, of the same call too.

        Raises:
            UnavailableError: `store-unwritable`, `disk-full`, `index-busy`; nothing was appended.
        """
        with self._transaction():
            outcomes: list[int | ConflictError] = []
            touched: dict[str, dict[str, Manifest]] = {}
            for release, manifest, data in offers:
                outcomes.append(self._append_release(release, data))
                if isinstance(place := outcomes[-1], ConflictError):
                    continue
                touched.setdefault(str(release.id), {})[release.manifest] = manifest
                if measure:
                    score, marks = measure(release, place)
                    self._keep_score(release, score)
                    self._keep_marks(place, marks)
            for id_, manifests in touched.items():  # once each: to list a package reads all its releases
                self._refresh_package(id_, manifests)
            return outcomes

    def _append_release(self, release: "Release", data: bytes) -> int | ConflictError:
        try:
            self.refuse_existing(release)
        except ConflictError as error:
            return error
        seq = self._append("release", release.encode())
        self._db.execute("INSERT OR IGNORE INTO manifests VALUES (?, ?)", (release.manifest, data))
        self._add_release(seq, release)
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
            refuse_idle_yank(record, yanked=row[3] is not None)
            seq = self._append(record.action, record.encode())
            self._apply_yank(record)
            self._refresh_package(str(record.id), {})
        return seq

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
            for one, other in ((REQUIRED, _KEPT), (_KEPT, REQUIRED)):
                if wrong_pair := db.execute(f"{one} EXCEPT {other}").fetchone():
                    raise corrupt(f"whether {wrong_pair[0]} requires {wrong_pair[1]} differs from the log")

    def _replayed(self) -> dict[tuple[str, str], tuple[str, int, str | None]]:
        from marketplace.model.release import Release

        state: dict[tuple[str, str], tuple[str, int, str | None]] = {}
        for seq, record in self.entries():
            key = (str(record.id), precedence(record.version))
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
