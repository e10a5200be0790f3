"""One answer from several indexes: hits in one order, counts over all of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from marketplace.search.base import FACETS, MAX_WINDOW, Sort
from marketplace.search.query import Builder, Plan
from marketplace.search.schema import filter_term

if TYPE_CHECKING:
    import tantivy

FACET_VALUES = 100
"""Most values of one facet that are returned: the most frequent ones."""

_EXTRA = "listed_"


class Part(NamedTuple):
    """An index to be searched, without the documents that a later part has in a newer state."""

    searcher: "tantivy.Searcher"
    schema: "tantivy.Schema"
    without: tuple[str, ...] = ()

    def query(self, plan: Plan) -> "tantivy.Query":
        """Return the query that ranks the hits."""
        return Builder(self.schema).build(plan, self.without)

    def matching(self, plan: Plan) -> "tantivy.Query":
        """Return the query that has the same hits, unranked: for counting."""
        return Builder(self.schema).build(plan, self.without, ranked=False)


class _Hit(NamedTuple):
    """A hit before its document is read: `key` is what the hits are ordered by."""

    part: int
    address: "tantivy.DocAddress"
    key: float | int | str


class Ranked(NamedTuple):
    """The hits of one page as (id, score), and how many there are in all. The score is 0 in orders but relevance."""

    total: int
    page: tuple[tuple[str, float], ...]


def frequency(parts: Sequence[Part], stem: str) -> int:
    """Return how many documents hold a stem in any text; those that a later part replaces do not count."""
    return sum(_count(part, Builder(part.schema).holding(stem, part.without)) for part in parts)


def documents(parts: Sequence[Part]) -> int:
    """Return how many documents there are; those that a later part replaces do not count."""
    return sum(
        _count(part, Builder(part.schema).holding(None, part.without)) if part.without else part.searcher.num_docs
        for part in parts
    )


def _count(part: Part, query: "tantivy.Query") -> int:
    return int(part.searcher.search(query, 1).count)  # type: ignore[attr-defined]  # the stub forgets it


def rank(parts: Sequence[Part], queries: "Sequence[tantivy.Query]", sort: Sort, offset: int, limit: int) -> Ranked:
    """Return the page of hits that begins at `offset`. Equal keys are in the order of ids."""
    wanted = min(offset + limit, MAX_WINDOW)
    single = len(parts) == 1 and parts[0].searcher.num_segments <= 1
    window = wanted
    while True:
        total, hits = _gather(parts, queries, sort, max(window if single else window + 1, 1))
        # a run of equal keys that the window cuts must be read to its end, or its ids are not in order
        if single or len(hits) <= window or hits[window - 1].key != hits[window].key or window >= MAX_WINDOW:
            break
        window = min(window * 4 + 64, MAX_WINDOW)
    ordered = hits if single else list(_in_order(parts, hits[:window]))
    relevance = sort == "relevance"
    page = ordered[offset:wanted]
    return Ranked(total, tuple((_id_of(parts, hit), float(hit.key) if relevance else 0.0) for hit in page))


def _gather(
    parts: Sequence[Part], queries: "Sequence[tantivy.Query]", sort: Sort, window: int
) -> tuple[int, list[_Hit]]:
    total, hits = 0, list[_Hit]()
    for place, (part, query) in enumerate(zip(parts, queries, strict=True)):
        found = _search(part.searcher, query, sort, window)
        total += int(found.count)  # type: ignore[attr-defined]  # the stub forgets it
        hits += [_Hit(place, address, key) for key, address in found.hits]
    if len(parts) > 1:
        hits.sort(key=lambda hit: hit.key, reverse=sort != "name")
    return total, hits


def _search(searcher: "tantivy.Searcher", query: "tantivy.Query", sort: Sort, window: int) -> "tantivy.SearchResult":
    import tantivy

    if sort == "relevance":
        return searcher.search(query, window, weight_by_field="weight")
    if sort == "name":
        return searcher.search(query, window, order_by_field="id", order=tantivy.Order.Asc)
    return searcher.search(query, window, order_by_field=f"by_{sort}", order=tantivy.Order.Desc)


def _in_order(parts: Sequence[Part], hits: Sequence[_Hit]) -> Iterator[_Hit]:
    """Yield hits that are in the order of their keys; those with equal keys in the order of ids."""
    for _, run in groupby(hits, key=lambda hit: hit.key):
        same = list(run)
        yield from same if len(same) == 1 else sorted(same, key=lambda hit: _id_of(parts, hit))


def _id_of(parts: Sequence[Part], hit: _Hit) -> str:
    return str(parts[hit.part].searcher.doc(hit.address).get_first("id"))


def facets(parts: Sequence[Part], queries: "Sequence[tantivy.Query]") -> dict[str, dict[str, int]]:
    """Return each facet's values and counts over all hits, most frequent first; spellings that differ in case are one.

    The last part is counted first: what it has is then counted by name in the others, so that the sums are exact.
    """
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    for part, query in reversed(list(zip(parts, queries, strict=True))):
        listed = {facet: list(counter) for facet, counter in counts.items() if counter}
        found = part.searcher.aggregate(query, _aggregations(listed))
        for facet, counter in counts.items():
            values = {**_values(found[facet]), **_values(found.get(_EXTRA + facet))}
            counter.update(values)
    return {facet: _merged(counter) for facet, counter in counts.items()}


def _aggregations(listed: Mapping[str, Sequence[str]]) -> dict[str, object]:
    wanted: dict[str, object] = {facet: {"terms": {"field": facet, "size": FACET_VALUES}} for facet in FACETS}
    for facet, values in listed.items():
        wanted[_EXTRA + facet] = {"terms": {"field": facet, "size": len(values), "include": list(values)}}
    return wanted


def _values(found: Mapping[str, Sequence[Mapping[str, object]]] | None) -> dict[str, int]:
    return {str(bucket["key"]): int(str(bucket["doc_count"])) for bucket in found["buckets"]} if found else {}


def _merged(counter: Mapping[str, int]) -> dict[str, int]:
    """Return the counts, greatest first, under the most frequent spelling of each value."""
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    sums: dict[str, int] = {}
    shown: dict[str, str] = {}
    for value, count in ordered:
        spelling = shown.setdefault(filter_term(value), value)
        sums[spelling] = sums.get(spelling, 0) + count
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:FACET_VALUES])
