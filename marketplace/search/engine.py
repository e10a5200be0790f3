"""Full-text search on tantivy: a derived view of the index, stamped with what it has seen and rebuilt on any doubt.

A search first brings the stored view up to date (the publisher never waits for that). When the view cannot be written,
because another process is writing it or the disk refuses, the answer comes from a view in memory: slower, and right.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marketplace.errors import UnavailableError
from marketplace.search.base import (
    FACETS,
    MAX_WINDOW,
    DocumentSource,
    RemovedDocument,
    SearchDocument,
    SearchHit,
    SearchPage,
    SearchQuery,
    close_matches,
)
from marketplace.search.query import build_query, highlights, words
from marketplace.search.schema import SCHEMA_VERSION, make_schema, register_tokenizers, to_document
from marketplace.storage.files import write_atomic
from marketplace.storage.locks import FileLock

if TYPE_CHECKING:
    import tantivy

_HEAP = 32_000_000
"""Bytes of the writer's heap: tantivy wants at least 15 MB a thread."""

_RERANK = 200
"""Hits looked at when downloads break ties of the score."""

_FACET_SIZE = 50


class TantivySearch:
    """The `Search` over `source`, kept in `folder` (which may be deleted at any time).

    Args:
        notify: told when the stored view had to be rebuilt, or could not be used.
    """

    def __init__(self, folder: Path, source: DocumentSource, notify: Callable[[str], None]) -> None:
        self._folder = folder
        self._source = source
        self._notify = notify

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer `query`; see `Search`."""
        try:
            return self._answer(self._current(), query)
        except BaseException as error:
            if not _is_damage(error):
                raise
        self._notify("the search index was damaged and has been rebuilt")
        self._discard()
        return self._answer(self._current(), query)

    def refresh(self) -> None:
        """Bring the stored view up to date, unless somebody else is at it; see `Search`."""
        self._current()

    def suggest(self, text: str, limit: int = 3) -> list[str]:
        """Return ids spelled like `text`, best first; see `Search`."""
        page = self.search(SearchQuery(text=text.replace(".", " "), limit=20, highlight=False))
        found = [hit.document.id for hit in page.hits]
        by_name = close_matches(text.rpartition(".")[2], [id_.rpartition(".")[2] for id_ in found], limit)
        best = [id_ for name in by_name for id_ in found if id_.rpartition(".")[2] == name]
        return list(dict.fromkeys([*close_matches(text, found, limit), *best, *found]))[:limit]

    # --- keeping the view current -----------------------------------------------------------------------------------

    def _current(self) -> "tantivy.Index":
        revision, fingerprint = self._source.revision(), self._source.fingerprint()
        if self._stamp() == [SCHEMA_VERSION, fingerprint, revision]:
            return self._open()
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder.with_suffix(".lock"), purpose="updating the search index", timeout=0):
                return self._catch_up(fingerprint)
        except (UnavailableError, OSError):
            return self._in_memory()  # another process is writing the view, or the home cannot be written

    def _stamp(self) -> list[Any] | None:
        try:
            found = json.loads((self._folder / "stamp.json").read_bytes())
            files = found.pop("files")
            sound = all((self._folder / name).stat().st_size == size for name, size in files.items())
            return list(found["state"]) if sound else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # missing or unreadable: rebuilt below

    def _open(self) -> "tantivy.Index":
        import tantivy

        index = tantivy.Index(make_schema(), path=str(self._folder), reuse=True)
        register_tokenizers(index)
        return index

    def _catch_up(self, fingerprint: str) -> "tantivy.Index":
        stamp = self._stamp()
        if stamp is None or stamp[:2] != [SCHEMA_VERSION, fingerprint] or stamp[2] > self._source.revision():
            if self._folder.exists() and any(self._folder.iterdir()):
                self._notify("the search index was out of date or damaged and has been rebuilt")
            self._discard()
            stamp = [SCHEMA_VERSION, fingerprint, 0]
        self._folder.mkdir(parents=True, exist_ok=True)
        index = self._open()
        seen = self._write(index, stamp[2])
        files = {path.name: path.stat().st_size for path in self._folder.iterdir() if path.suffix != ".lock"}
        files.pop("stamp.json", None)
        document = {"state": [SCHEMA_VERSION, fingerprint, seen], "files": files}
        write_atomic(self._folder / "stamp.json", json.dumps(document).encode())
        return index

    def _write(self, index: "tantivy.Index", since: int) -> int:
        """Commit all changes after `since`; return the newest revision among them."""
        writer = index.writer(_HEAP, 1)
        for change in self._source.documents(since):
            writer.delete_documents("id", change.id)
            if not isinstance(change, RemovedDocument):
                writer.add_document(to_document(change))
            since = change.revision
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return since

    def _in_memory(self) -> "tantivy.Index":
        import tantivy

        index = tantivy.Index(make_schema())
        register_tokenizers(index)
        self._write(index, 0)
        return index

    def _discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- answering ---------------------------------------------------------------------------------------------------

    def _answer(self, index: "tantivy.Index", query: SearchQuery) -> SearchPage:
        schema, searcher = index.schema, index.searcher()
        built = build_query(schema, query, every=True)
        total = _count(searcher, built)
        if not total and len(words(query.text)) > 1:
            built = build_query(schema, query, every=False)
            total = _count(searcher, built)
        if not total:
            return SearchPage(0, (), {facet: {} for facet in FACETS})
        ranked = self._ranked(searcher, built, query)
        page = ranked[query.offset : query.offset + query.limit]
        shown = self._source.lookup([document.id for document, _ in page])
        hits = tuple(
            SearchHit(shown[found.id], score, highlights(shown[found.id], query.text) if query.highlight else {})
            for found, score in page
            if found.id in shown
        )
        return SearchPage(total, hits, _facets(searcher, built))

    def _ranked(
        self, searcher: "tantivy.Searcher", built: "tantivy.Query", query: SearchQuery
    ) -> list[tuple[SearchDocument, float]]:
        """Return the hits up to the end of the page, in the order asked for."""
        window = MAX_WINDOW if query.sort != "relevance" else max(_RERANK, query.offset + query.limit)
        found = searcher.search(built, min(window, MAX_WINDOW)).hits
        scores = {str(searcher.doc(address)["id"][0]): float(score) for score, address in found}
        documents = self._source.lookup(list(scores))
        pairs = [(document, scores[id_]) for id_, document in documents.items()]
        pairs.sort(key=lambda pair: pair[0].id)
        if query.sort == "downloads":
            pairs.sort(key=lambda pair: -pair[0].downloads)
        elif query.sort == "updated":
            pairs.sort(key=lambda pair: pair[0].updated_at, reverse=True)
        elif query.sort == "relevance":
            pairs.sort(key=lambda pair: (-round(pair[1], 1), -pair[0].downloads))
        return pairs


def _count(searcher: "tantivy.Searcher", built: "tantivy.Query") -> int:
    return int(searcher.search(built, 1).count)  # type: ignore[attr-defined]  # the stub forgets it


def _facets(searcher: "tantivy.Searcher", built: "tantivy.Query") -> dict[str, dict[str, int]]:
    wanted = {facet: {"terms": {"field": f"{facet}_raw", "size": _FACET_SIZE}} for facet in FACETS}
    found = searcher.aggregate(built, wanted)
    return {
        facet: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found[facet]["buckets"] if bucket["key"]}
        for facet in FACETS
    }


def _is_damage(error: BaseException) -> bool:
    """Tell whether tantivy stumbled over its files: it panics (a BaseException) or raises ValueError or OSError."""
    return type(error).__name__ == "PanicException" or isinstance(error, ValueError | OSError)
