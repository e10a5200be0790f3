"""The views of the local index: the present state of each package, as it follows from the log."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from marketplace.errors import NotFoundError
from marketplace.index.log import IndexLog, check_leaf
from marketplace.index.schema import REQUIRED, lost
from marketplace.search.base import SearchDocument

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import ListedRelease
    from marketplace.model.release import Release, YankRecord
    from marketplace.model.version import Version


class IndexViews(IndexLog):
    """What is read without replaying the log; every row can be made anew from it."""

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

    def known(self, ids: Sequence["PackageId"]) -> frozenset[str]:
        """Return those of `ids` that have a release."""
        with self._guarded() as db:
            sql = "SELECT id FROM releases WHERE id IN (SELECT value FROM json_each(?))"
            return frozenset(row[0] for row in db.execute(sql, (json.dumps(list(map(str, ids))),)))

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

    def _listed(self, id_: str) -> "list[ListedRelease]":
        rows = self._db.execute(
            "SELECT seq, record, leaf, yanked FROM releases JOIN log USING (seq) WHERE id = ?", (id_,)
        )
        listed = [_to_listed(*row) for row in rows]
        return sorted(listed, key=lambda item: item.release.version.precedence, reverse=True)

    def _release_row(self, id_: str, version: "Version") -> tuple[int, bytes, bytes, str | None] | None:
        row: tuple[int, bytes, bytes, str | None] | None = self._db.execute(
            "SELECT seq, record, leaf, yanked FROM releases JOIN log USING (seq) WHERE id = ? AND precedence = ?",
            (id_, precedence(version)),
        ).fetchone()
        return row

    def _version_not_found(self, id_: "PackageId", version: "Version") -> NotFoundError:
        available = [str(item.release.version) for item in self._listed(str(id_))]
        if not available:
            return NotFoundError("package-not-found", f"there is no package {id_}", id=str(id_))
        return NotFoundError(
            "version-not-found", f"{id_} has no version {version}", hint=f"it has {', '.join(available[:10])}",
            id=str(id_), version=str(version), available=available,
        )  # fmt: skip

    def _add_release(self, seq: int, release: "Release") -> None:
        row = (str(release.id), precedence(release.version), str(release.version), seq)
        self._db.execute("INSERT INTO releases VALUES (?, ?, ?, ?, NULL)", row)

    def _apply_yank(self, record: "YankRecord") -> None:
        reason = record.reason if record.action == "yank" else None
        place = (reason, str(record.id), precedence(record.version))
        self._db.execute("UPDATE releases SET yanked = ? WHERE id = ? AND precedence = ?", place)

    def _refresh_package(self, id_: str, manifests: "Mapping[str, Manifest]") -> None:
        """Write the package's row anew from its releases, with the next revision."""
        row = (id_, self._next_revision(), *self._described(id_, manifests))
        self._db.execute("INSERT OR REPLACE INTO packages VALUES (?, ?, ?, ?)", row)
        self._db.execute("DELETE FROM requires WHERE dependent = ?", (id_,))
        self._db.execute(f"INSERT INTO requires {REQUIRED} WHERE p.id = ?", (id_,))

    def _described(self, id_: str, manifests: "Mapping[str, Manifest]") -> tuple[str, str | None]:
        """Return the category and the search document of a package; none while all its versions are yanked."""
        from marketplace.model.package import rank
        from marketplace.model.version import Version

        rows = self._db.execute("SELECT version, yanked FROM releases WHERE id = ?", (id_,))
        version, yanked = max(rows, key=lambda row: rank(Version.parse(row[0]), row[1]))
        row = self._release_row(id_, Version.parse(version)) if yanked is None else None
        if row is None:
            return "", None
        release = _to_listed(*row).release
        manifest = manifests.get(release.manifest) or self.manifest(release)
        return manifest.category, json.dumps(_document(release, manifest), ensure_ascii=False)

    def _next_revision(self) -> int:
        revision = int(self._meta("revision")) + 1
        self._set_meta("revision", str(revision))
        return revision


def precedence(version: "Version") -> str:
    """Return the part of a version that says which is which: build metadata makes no other version."""
    return str(version).partition("+")[0]


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
