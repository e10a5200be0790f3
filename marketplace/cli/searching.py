"""What `search` does, and the table of its filters: click and the shortcut read the same one."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from marketplace.cli import render
from marketplace.cli.session import Session
from marketplace.search.base import MAX_LIMIT, SORTS, SearchHit, SearchPage, SearchQuery, page_json

_MOST = 10**9


class Filter(NamedTuple):
    """An option of `search` with a value: a text, one of `choices`, or (when `low` is given) a whole number."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int = _MOST


FILTERS: Mapping[str, Filter] = {
    "--" + entry.name.replace("_", "-"): entry
    for entry in (
        Filter("category", "Only packages of this category."),
        Filter("keyword", "Only packages with this keyword."),
        Filter("tag", "Only packages with this tag."),
        Filter("author", "Only packages by this author."),
        Filter("license", "Only packages under this licence."),
        Filter("min_downloads", "Only packages downloaded at least so often.", low=0),
        Filter("sort", "The order; relevance when it is not given.", choices=SORTS),
        Filter("limit", "Results on a page; else the setting search_limit.", low=1, high=MAX_LIMIT),
        Filter("offset", "Results to leave out before the page.", low=0),
    )
}
"""The options by the way they are written."""


def search(session: Session, words: Sequence[str], filters: Mapping[str, Any]) -> None:
    """Search and print the page; `filters` has the values that were given, by the names of FILTERS."""
    limit = filters.get("limit") or session.settings.value("search_limit")
    wanted = SearchQuery(" ".join(words), **{**filters, "limit": limit}, highlight=session.out.as_json)
    start = time.perf_counter()
    page = session.registry.search(wanted)
    took = (time.perf_counter() - start) * 1000
    page, ranked_by = _ranked(session, wanted, page)
    for note in page.notes:
        session.out.warn(note)
    document = page_json(wanted, page, session.registry.name, took)
    if ranked_by:
        document["ranked_by"] = ranked_by
    session.out.result(document, lambda: _page_text(wanted, page))


def _ranked(session: Session, wanted: SearchQuery, page: SearchPage) -> tuple[SearchPage, list[str]]:
    """Have plugins order a page by relevance, if there are any; return it with the names of those that did."""
    from marketplace.plugins.found import concerned, plugins

    if wanted.sort != "relevance" or len(page.hits) < 2 or not concerned("rank_hits", plugins()):
        return page, []
    places, names = session.plugins.rank(wanted.text, [_fields(hit) for hit in page.hits])
    return page._replace(hits=tuple(page.hits[place] for place in places)), names


def _fields(hit: SearchHit) -> tuple[Any, ...]:
    """Return a hit as `marketplace.plugins.types.Hit` has it."""
    d = hit.document
    return (
        d.id, d.version, d.title, d.description, d.category, d.tags, d.keywords, d.license, d.authors, d.downloads,
        d.quality, d.updated_at, hit.score, hit.registry,
    )  # fmt: skip


def _page_text(wanted: SearchQuery, page: SearchPage) -> Iterator[str]:
    if not page.hits:
        yield _nothing(wanted, page)
        return
    rows = [
        (hit.document.id, hit.document.version, f"{hit.document.downloads:,}", _grade(hit), _about(hit))
        for hit in page.hits
    ]
    yield from render.table(("PACKAGE", "VERSION", "DOWNLOADS", "QUALITY", "ABOUT"), rows)
    last = wanted.offset + len(page.hits)
    if page.total > len(page.hits):
        more = f"; --offset {last} shows the next" if last < page.total else ""
        yield render.dim(f"{wanted.offset + 1}-{last} of {page.total:,}{more}")


def _nothing(wanted: SearchQuery, page: SearchPage) -> str:
    if page.total:
        return f"No results beyond {page.total:,}."
    if wanted.text:
        return f"No packages match {wanted.text!r}."
    return "No packages match. `ggen market publish PATH` publishes one, `ggen market import FOLDER` many."


def _grade(hit: SearchHit) -> str:
    score = hit.document.quality
    if score is None:
        return "?"
    from marketplace.model.grades import grade_of

    return f"{grade_of(score)} {score}"


def _about(hit: SearchHit) -> str:
    return hit.document.title or hit.document.description
