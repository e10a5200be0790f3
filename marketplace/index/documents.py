"""What the search reads of the local index, and the downloads that it counts."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from marketplace.index.scores import IndexScores
from marketplace.search.base import RemovedDocument, SearchDocument

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId

_DOCUMENTS = (
    "SELECT p.id, revision, document, coalesce(count, 0), score FROM packages p LEFT JOIN downloads USING (id) "
    "LEFT JOIN quality q ON q.id = p.id AND q.version = json_extract(document, '$.version')"
)

_BATCH = 500
"""Ids asked for in one statement; SQLite's default limit of variables is 999 before 3.32."""


class IndexDocuments(IndexScores):
    """The search's `DocumentSource`."""

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
            for id_, revision, document, *rest in rows:
                yield RemovedDocument(id_, revision) if document is None else _from_row(revision, document, *rest)

    def lookup(self, ids: Sequence[str]) -> Mapping[str, SearchDocument]:
        """Return the present documents of `ids`; see `DocumentSource`."""
        found: dict[str, SearchDocument] = {}
        with self._guarded() as db:
            for start in range(0, len(ids), _BATCH):
                part = ids[start : start + _BATCH]
                marks = ",".join("?" * len(part))
                rows = db.execute(f"{_DOCUMENTS} WHERE document IS NOT NULL AND p.id IN ({marks})", part)
                found |= {id_: _from_row(*rest) for id_, *rest in rows}
        return found

    def downloads(self, id_: "PackageId") -> int:
        """Return how often the package was downloaded from here."""
        with self._guarded() as db:
            row = db.execute("SELECT count FROM downloads WHERE id = ?", (str(id_),)).fetchone()
            return row[0] if row else 0

    def set_downloads(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Take over how often packages were downloaded; `counts` is asked while nobody else changes the index."""
        with self._transaction() as db:
            for id_, count in counts().items():
                db.execute(
                    "INSERT INTO downloads VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET count = excluded.count",
                    (id_, count),
                )
                db.execute("UPDATE packages SET revision = ? WHERE id = ?", (self._next_revision(), id_))


def _from_row(revision: int, document: str, downloads: int, quality: int | None) -> SearchDocument:
    fields = json.loads(document)
    fields |= {name: tuple(fields[name]) for name in ("tags", "keywords", "authors")}
    return SearchDocument(**fields | {"revision": revision, "downloads": downloads, "quality": quality})
