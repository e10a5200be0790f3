"""What several registries answer, made one answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from marketplace.search.base import FACETS, SearchHit, SearchPage, SearchQuery

if TYPE_CHECKING:
    from marketplace.registry.base import Registry

_PAGE = 100


def all_pages(registry: "Registry", query: SearchQuery, last: int) -> SearchPage:
    """Return the first `last` results of a registry as one page."""
    first = registry.search(query._replace(offset=0, limit=min(last, _PAGE)))
    hits = list(first.hits)
    while len(hits) < min(last, first.total):
        page = registry.search(query._replace(offset=len(hits), limit=min(last - len(hits), _PAGE)))
        if not page.hits:
            break
        hits += page.hits
    return first._replace(hits=tuple(hits))


def merged_page(
    query: SearchQuery, pages: Sequence[tuple[str, SearchPage]], bound: Callable[[str], str | None]
) -> SearchPage:
    """Return what several registries found as one page; a package that several have is the first one's.

    `bound` tells to which registry an id is bound: what another one says of it does not count.
    """
    hits: dict[str, SearchHit] = {}
    repeated = 0
    for name, page in pages:
        for hit in page.hits:
            home = bound(hit.document.id)
            if hit.document.id in hits or (home and home != name):
                repeated += 1
            else:
                hits[hit.document.id] = hit._replace(registry=hit.registry or name)
    ordered = sorted(hits.values(), key=lambda hit: _place(query, hit))
    facets = {facet: summed([page.facets.get(facet, {}) for _, page in pages]) for facet in FACETS}
    notes = tuple(note for _, page in pages for note in page.notes)
    total = sum(page.total for _, page in pages) - repeated
    shown = tuple(ordered[query.offset : query.offset + query.limit])
    return SearchPage(total, shown, facets, notes)


def _place(query: SearchQuery, hit: SearchHit) -> tuple[object, ...]:
    """Return what results of several registries are sorted by; equal ones by id."""
    document = hit.document
    rank = -1 if document.quality is None else document.quality
    if query.sort == "name":
        return (document.id,)
    if query.sort == "updated":
        return (tuple(-ord(char) for char in document.updated_at), -rank, document.id)
    if query.sort == "quality":
        return (-rank, -document.downloads, document.id)
    if query.sort == "downloads" or not query.text.strip():
        return (-document.downloads, -rank, document.id)
    return (-hit.score, -rank, document.id)


def summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums by name, greatest first."""
    total: dict[str, int] = {}
    for part in counts:
        for name, count in part.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
