"""Recommendations from a local index: what is required beside packages, what reads alike, what is downloaded most."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from marketplace.insights.companions import Basket, Companion, companions
from marketplace.insights.statistics import last_days
from marketplace.insights.suggestions import POPULAR, SIMILAR, TOGETHER, TRENDING, Suggestion
from marketplace.search.base import SearchDocument, SearchQuery

if TYPE_CHECKING:
    from marketplace.index.local import LocalIndex
    from marketplace.insights.trending import Trend
    from marketplace.registry.counting import Counting
    from marketplace.search.engine import TantivySearch

_DEPENDENTS = 2_000
"""Most dependents of one package that are looked at, those that changed last: what a popular package is used with shows
in them as well as in ten times as many."""


class Recommending:
    """Recommends packages of `index`, which `engine` searches and of which `counting` knows the downloads."""

    def __init__(self, index: "LocalIndex", engine: "TantivySearch", counting: "Counting") -> None:
        self._index = index
        self._engine = engine
        self._counting = counting

    def recommend(self, asked: Sequence[str], limit: int) -> list[Suggestion]:
        """Return up to `limit` suggestions of each kind for whoever has the packages `asked`.

        Where nothing is known of these, or none was asked about, what is trending and what is popular stand in.
        """
        found = [*self._together(asked, limit), *similar(self._engine, asked, limit)]
        return found or [*self._trending(asked, limit), *popular(self._engine, asked, limit)]

    def _together(self, asked: Sequence[str], limit: int) -> list[Suggestion]:
        from marketplace.index import relations

        near = {id_ for one in asked for id_ in relations.changed_dependents(self._index, one, _DEPENDENTS)}
        baskets = relations.dependencies(self._index, near)
        ranked = companions(
            asked,
            (Basket(id_.rpartition(".")[0], items) for id_, items in baskets.items()),
            lambda ids: relations.required_by(self._index, ids),
        )
        shown = self._index.lookup([companion.id for companion in ranked[: 2 * limit]])
        return [_together(shown[one.id], one) for one in ranked[: 2 * limit] if one.id in shown][:limit]

    def _trending(self, asked: Sequence[str], limit: int) -> list[Suggestion]:
        from marketplace.insights import trending

        today = self._counting.today()
        counted = self._counting.counters.downloads_since(last_days(today, trending.DAYS)[0])
        found = [trend for trend in trending.trends(counted, today) if trend.id not in asked][: 2 * limit]
        shown = self._index.lookup([trend.id for trend in found])
        return [_trending(shown[trend.id], trend) for trend in found if trend.id in shown][:limit]


def similar(engine: "TantivySearch", asked: Sequence[str], limit: int) -> list[Suggestion]:
    """Return what reads like one of the packages `asked`, best first."""
    best: dict[str, Suggestion] = {}
    for one in asked:
        for alike in engine.similar(one, limit):
            reason = f"has {_listed(alike.words)} in common with {one}"
            found = _suggestion(SIMILAR, alike.document, alike.score, one, reason)
            if found.id not in asked and found.score > best.get(found.id, found._replace(score=0.0)).score:
                best[found.id] = found
    return sorted(best.values(), key=lambda item: (-item.score, item.id))[:limit]


def popular(engine: "TantivySearch", asked: Iterable[str], limit: int) -> list[Suggestion]:
    """Return what is downloaded most, but for the packages `asked`."""
    known = set(asked)
    page = engine.search(SearchQuery(sort="downloads", limit=min(limit + len(known), 100), highlight=False))
    documents = [hit.document for hit in page.hits if hit.document.id not in known]
    return [
        _suggestion(POPULAR, document, document.downloads, "", f"was downloaded {_times(document.downloads)}")
        for document in documents
    ][:limit]


def _together(document: SearchDocument, companion: Companion) -> Suggestion:
    of_all = "" if companion.owners == 1 else f" of the {companion.owners}"
    spaces = "namespace" if companion.owners == 1 else "namespaces"
    reason = f"is required too by {companion.both}{of_all} {spaces} with packages that require {companion.beside}"
    return _suggestion(TOGETHER, document, companion.score, companion.beside, reason)


def _trending(document: SearchDocument, trend: "Trend") -> Suggestion:
    reason = f"was downloaded {_times(trend.last_week)} in the last 7 days, {_times(trend.week_before)} in the 7 before"
    return _suggestion(TRENDING, document, trend.score, "", reason)


def _suggestion(kind: str, document: SearchDocument, score: float, because: str, reason: str) -> Suggestion:
    return Suggestion(kind, document.id, document.version, document.title, float(score), because, reason)


def _times(count: int) -> str:
    return f"{count:,} {'time' if count == 1 else 'times'}"


def _listed(words: Sequence[str]) -> str:
    shown = [f"{word!r}" for word in words[:4]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
