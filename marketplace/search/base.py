"""What search is asked and what it answers, whichever engine is behind it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from marketplace.model.grades import grade_of

Sort = Literal["relevance", "downloads", "name", "updated", "quality"]
SORTS: tuple[Sort, ...] = ("relevance", "downloads", "name", "updated", "quality")
FACETS = ("category", "license", "author", "tag")
MAX_LIMIT = 100
MAX_WINDOW = 10_000
"""Largest offset + limit: beyond it a user filters instead of paging."""
MAX_QUERY = 256
"""Longest query in characters; longer ones are cut, since no package is found by the 257th character."""


class SearchDocument(NamedTuple):
    """What the index tells the search about a package: its newest release that is not yanked.

    `revision` is the index's change number of this state (see `DocumentSource`); `updated_at` is UTC
    `YYYY-MM-DDTHH:MM:SSZ`; `quality` is 0 to 100, or None while it is not measured.
    """

    id: str
    version: str
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    keywords: tuple[str, ...]
    license: str
    authors: tuple[str, ...]
    downloads: int
    updated_at: str
    revision: int
    quality: int | None = None


class RemovedDocument(NamedTuple):
    """A package that must no longer be found (all its versions are yanked)."""

    id: str
    revision: int


class DocumentSource(Protocol):
    """The index as the search sees it: a state with a change number that grows with every change."""

    def revision(self) -> int:
        """Return the change number of the newest change; 0 when nothing was ever published."""

    def fingerprint(self) -> str:
        """Return an identity of this index's history: it differs when another index took its place."""

    def documents(self, since: int = 0) -> Iterator[SearchDocument | RemovedDocument]:
        """Yield the present state of each package whose `revision` is greater than `since`, oldest change first."""

    def lookup(self, ids: Sequence[str]) -> Mapping[str, SearchDocument]:
        """Return the present documents of `ids`; removed or unknown ids are left out."""


class SearchQuery(NamedTuple):
    """A search as typed, its filters, order and page. All filters must hold; an empty text lists everything."""

    text: str = ""
    category: str | None = None
    keyword: str | None = None
    author: str | None = None
    license: str | None = None
    tag: str | None = None
    min_downloads: int = 0
    sort: Sort = "relevance"
    limit: int = 20
    offset: int = 0
    highlight: bool = True


class SearchHit(NamedTuple):
    """One result: the document, its score, and the fields whose text matched with `[start, end)` spans in each.

    `registry` names where it was found; empty for the one that was asked.
    """

    document: SearchDocument
    score: float
    highlights: Mapping[str, Sequence[tuple[int, int]]] = MappingProxyType({})
    registry: str = ""


class Source(NamedTuple):
    """A registry that was asked and what it said: `found`, `absent`, `denied`, `unavailable` or `invalid`.

    `age` is in seconds, when an old answer stood in for one that could not be had.
    """

    registry: str
    outcome: str
    age: int | None = None

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {"registry": self.registry, "outcome": self.outcome, **({} if self.age is None else {"age": self.age})}


class SearchPage(NamedTuple):
    """A page of results. `facets` maps each of FACETS to its values and counts over all hits, most frequent first.

    `notes` are sentences for the user's stderr, such as that the search index was rebuilt. `sources` are the registries
    that were asked, where there may be several; `degraded` says that not all of them gave a fresh answer.
    """

    total: int
    hits: tuple[SearchHit, ...]
    facets: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    degraded: bool = False


def page_json(query: SearchQuery, page: SearchPage, registry: str, took_ms: float) -> dict[str, object]:
    """Return the JSON of an answer, as the command line prints it and a registry sends it."""
    sources = page.sources or (Source(registry, "found" if page.total else "absent"),)
    return {
        "query": query.text,
        "total": page.total,
        "took_ms": round(took_ms, 3),
        "results": [_hit_json(hit, hit.registry or registry) for hit in page.hits],
        "facets": page.facets,
        "degraded": page.degraded,
        "sources": [source.to_json() for source in sources],
    }


def _hit_json(hit: SearchHit, registry: str) -> dict[str, object]:
    document = hit.document
    return {
        "id": document.id,
        "version": document.version,
        "title": document.title,
        "description": document.description,
        "category": document.category,
        "tags": document.tags,
        "keywords": document.keywords,
        "authors": document.authors,
        "license": document.license,
        "downloads": document.downloads,
        "quality": document.quality,
        "grade": None if document.quality is None else grade_of(document.quality),
        "score": round(hit.score, 4),
        "registry": registry,
        "updated_at": document.updated_at,
        "highlights": dict(hit.highlights),
    }


class Search(Protocol):
    """A search engine over a `DocumentSource`."""

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer `query` over everything published before the call."""

    def suggest(self, text: str, limit: int = 3) -> list[str]:
        """Return the ids closest in spelling to `text`, best first: for "did you mean"."""

    def refresh(self) -> None:
        """Bring the stored search index up to the source's newest change, if nobody else is doing so."""


def close_matches(text: str, names: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to `limit` of `names` that are spelled like `text`, best first (difflib's ratio, at least 0.6)."""
    import difflib

    return difflib.get_close_matches(text, list(names), n=limit, cutoff=0.6)
