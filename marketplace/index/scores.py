"""What was measured of releases when the registry took them: their scores, and the marks of their documents.

It follows from the content and the registry's clock, not from the log: when it is lost, it is unknown.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from marketplace.index.views import IndexViews

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId
    from marketplace.model.release import Release

_MARKED = (
    "SELECT json_extract(CAST(record AS TEXT), '$.id'), count(*) FROM marks JOIN log USING (seq) "
    "WHERE mark IN (SELECT value FROM json_each(?)) AND seq < ? GROUP BY seq"
)
_BEFORE = (
    "SELECT version, json_extract(CAST(record AS TEXT), '$.key'), yanked IS NOT NULL "
    "FROM releases JOIN log USING (seq) WHERE id = ? AND seq < ? ORDER BY seq"
)
END = 2**63 - 1
"""The place in the log of what is not in it yet."""


class Score(NamedTuple):
    """What is kept of a release.

    Attributes:
        taken_at: when the registry took it, None when that was before scores were kept.
        payload: the digest of all its files but the manifest and the changelog.
        score: 0 to 100.
        report: the report as JSON.
    """

    taken_at: str | None
    payload: str
    score: int
    report: str


class IndexScores(IndexViews):
    """The scores of releases."""

    def score(self, release: "Release") -> Score | None:
        """Return what was measured of a release, None when nothing was."""
        return self.scores(release.id).get(str(release.version))

    def scores(self, id_: "PackageId") -> Mapping[str, Score]:
        """Return what was measured of the releases of a package, by version."""
        sql = "SELECT version, taken_at, payload, score, report FROM quality WHERE id = ?"
        return {version: Score(*rest) for version, *rest in self.rows(sql, (str(id_),))}

    def taken_before(self, id_: "PackageId", place: int) -> list[tuple[str, str, bool]]:
        """Return version, key and whether it is yanked of a package's releases before that place in the log."""
        return [(version, key, bool(yanked)) for version, key, yanked in self.rows(_BEFORE, (str(id_), place))]

    def place_of(self, release: "Release") -> int:
        """Return the place of a release in the log, END when it is not there."""
        row = self._release_row(str(release.id), release.version)
        return row[0] if row else END

    def marked_by_others(self, marks: Sequence[int], namespace: str, place: int) -> Mapping[str, int]:
        """Return how many of `marks` packages of other namespaces had first, before that place, by package."""
        found: dict[str, int] = {}
        for id_, count in self.rows(_MARKED, (json.dumps(list(marks)), place)):
            if id_.rpartition(".")[0] != namespace:
                found[id_] = found.get(id_, 0) + count
        return found

    def keep_score(self, release: "Release", score: Score, marks: Sequence[int]) -> None:
        """Keep what was measured of a release that is there, and tell the search."""
        with self._transaction() as db:
            self._keep_score(release, score)
            self._keep_marks(self.place_of(release), marks)
            db.execute("UPDATE packages SET revision = ? WHERE id = ?", (self._next_revision(), str(release.id)))

    def _keep_score(self, release: "Release", score: Score) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO quality VALUES (?, ?, ?, ?, ?, ?)", (str(release.id), str(release.version), *score)
        )

    def _keep_marks(self, seq: int, marks: Sequence[int]) -> None:
        """Note who had marks first."""
        self._db.executemany(
            "INSERT INTO marks VALUES (?, ?) ON CONFLICT (mark) DO UPDATE SET seq = min(seq, excluded.seq)",
            [(mark, seq) for mark in marks],
        )
