"""Searching a registry over HTTP: by its interface, or in its catalog where there are files alone."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from marketplace.errors import IntegrityError
from marketplace.protocol.strict import read_object, text, whole
from marketplace.search.base import (
    FACETS,
    RemovedDocument,
    SearchDocument,
    SearchHit,
    SearchPage,
    SearchQuery,
)

if TYPE_CHECKING:
    from marketplace.insights.suggestions import Suggestion
    from marketplace.model.ids import PackageId
    from marketplace.search.engine import TantivySearch

_MAX_PAGE = 4 * 1024 * 1024
_TEXTS = ("id", "version", "title", "description", "category", "license", "updated_at")
_LISTS = ("tags", "keywords", "authors")
_MOST_NOTES = 20


def query_string(query: SearchQuery) -> str:
    """Return a search as the parameters of the interface; what has its default is left out."""
    given = {"q": query.text, **{name: value for name, value in query._asdict().items() if name != "text"}}
    defaults = {"q": "", **SearchQuery()._asdict(), "highlight": False, "limit": None}
    chosen = {name: value for name, value in given.items() if value != defaults[name]}
    return urlencode({name: int(value) if isinstance(value, bool) else value for name, value in chosen.items()})


def read_page(data: bytes) -> SearchPage:
    """Read the answer to a search.

    Raises:
        IntegrityError: `document-too-large` or `document-malformed`.
    """
    fields = read_object(data, limit=_MAX_PAGE, what="answer to the search")
    try:
        hits = tuple(_hit(item) for item in fields["results"])
        facets = {name: _counts(fields["facets"].get(name, {})) for name in FACETS}
        notes = tuple(str(note)[:500] for note in fields.get("notes", ())[:_MOST_NOTES])
        return SearchPage(whole(fields["total"]), hits, facets, notes)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        message = f"the answer to the search is malformed: {str(error)[:200]}"
        raise IntegrityError("document-malformed", message) from error


def _hit(item: Any) -> SearchHit:
    texts: dict[str, Any] = {name: text(item[name]) for name in _TEXTS}
    lists: dict[str, Any] = {name: tuple(map(text, item[name])) for name in _LISTS}
    quality = None if item.get("quality") is None else whole(item["quality"])
    document = SearchDocument(
        **texts, **lists, downloads=whole(item["downloads"]), quality=quality, revision=0
    )  # fmt: skip
    spans = {
        text(name): tuple((whole(start), whole(end)) for start, end in found)
        for name, found in item.get("highlights", {}).items()
    }
    return SearchHit(document, float(item["score"]), spans)


def _counts(value: Any) -> Mapping[str, int]:
    return {text(name): whole(count) for name, count in value.items()}


class Catalog:
    """A catalog as a `DocumentSource`: it changes as a whole, so its digest is its fingerprint."""

    def __init__(self, digest: str, documents: Sequence[SearchDocument]) -> None:
        self._digest = digest
        self._documents = documents

    def revision(self) -> int:
        """Return the number of the last document."""
        return len(self._documents)

    def fingerprint(self) -> str:
        """Return the digest of the catalog."""
        return self._digest

    def documents(self, since: int = 0) -> Iterator[SearchDocument | RemovedDocument]:
        """Yield the documents whose number is greater than `since`."""
        return iter(self._documents[since:])

    def lookup(self, ids: Sequence[str]) -> Mapping[str, SearchDocument]:
        """Return the documents of `ids`."""
        wanted = set(ids)
        return {document.id: document for document in self._documents if document.id in wanted}


def search_in(catalog: Catalog, folder: Path, query: SearchQuery, notify: Callable[[str], None]) -> SearchPage:
    """Search in a catalog; the index made of it is kept in `folder` until another catalog comes."""
    return _engine(catalog, folder, notify).search(query)


def suggest_in(catalog: Catalog, folder: Path, text: str, notify: Callable[[str], None]) -> list[str]:
    """Return the ids of a catalog that are spelled like `text`."""
    return _engine(catalog, folder, notify).suggest(text)


def question(asked: "Sequence[PackageId]", limit: int) -> str:
    """Return a question for recommendations as the parameters of the interface."""
    return urlencode({"based_on": [str(id_) for id_ in asked], "limit": limit}, doseq=True)


def read_suggestions(data: bytes) -> "tuple[Suggestion, ...]":
    """Read the answer to a question for recommendations.

    Raises:
        IntegrityError: `document-too-large` or `document-malformed`.
    """
    from marketplace.insights.suggestions import of_json

    return of_json(read_object(data, limit=_MAX_PAGE, what="list of recommendations"))


def recommend_in(
    catalog: Catalog, folder: Path, asked: "Sequence[PackageId]", limit: int, notify: Callable[[str], None]
) -> "tuple[Suggestion, ...]":
    """Return what reads like the packages `asked`, or what is popular: a catalog tells nothing of requirements."""
    from marketplace.registry.recommending import popular, similar

    engine, ids = _engine(catalog, folder, notify), [str(id_) for id_ in asked]
    (found,) = similar(engine, [ids], limit)
    return tuple(found or popular(engine, [ids], limit)[0])


def _engine(catalog: Catalog, folder: Path, notify: Callable[[str], None]) -> "TantivySearch":
    from marketplace.search.engine import TantivySearch

    name = catalog.fingerprint().removeprefix("sha256:")[:16]
    for other in folder.iterdir() if folder.is_dir() else ():
        if not other.name.startswith(name):
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return TantivySearch(folder / name, catalog, notify)
