"""Recommendations from a local index: what is required beside packages, what reads alike, what is downloaded most."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from marketplace.insights.companions import Basket, Companion, chosen_together, companions, ranked
from marketplace.insights.statistics import last_days
from marketplace.insights.suggestions import KINDS, POPULAR, SIMILAR, TOGETHER, TRENDING, Suggestion
from marketplace.search.base import SearchDocument, SearchQuery

if TYPE_CHECKING:
    from marketplace.index.local import LocalIndex
    from marketplace.insights.trending import Trend
    from marketplace.registry.counting import Counting
    from marketplace.search.alike import Alike
    from marketplace.search.engine import TantivySearch

_DEPENDENTS = 2_000
"""Most dependents of one package that are looked at, those that changed last: what a popular package is used with shows
in them as well as in ten times as many."""

_Maker = Callable[[Sequence[Sequence[str]], int], list[list[Suggestion]]]


class Recommending:
    """Recommends packages of `index`, which `engine` searches and of which `counting` knows the downloads.

    Args:
        own_projects: whether it may tell what projects of this machine have chosen together.
    """

    def __init__(
        self, index: "LocalIndex", engine: "TantivySearch", counting: "Counting", *, own_projects: bool = False
    ) -> None:
        self._own_projects = own_projects
        self._index = index
        self._engine = engine
        self._counting = counting

    def recommend(self, asked: Sequence[str], limit: int, kinds: Collection[str] = KINDS) -> list[Suggestion]:
        """Return up to `limit` suggestions of each of `kinds` for whoever has the packages `asked`.

        Where nothing is known of these, or none was asked about, what is trending and what is popular stand in. A kind
        that is not wanted is not looked for.
        """
        (found,) = self.several([asked], limit, kinds)
        return found

    def several(
        self, questions: Sequence[Sequence[str]], limit: int, kinds: Collection[str] = KINDS
    ) -> list[list[Suggestion]]:
        """Answer several questions as `recommend` does each, with no more reads of the index than for one."""
        near = self._of([kind for kind in (TOGETHER, SIMILAR) if kind in kinds], questions, limit)
        bare = [asked for asked, found in zip(questions, near, strict=True) if not found]
        instead = iter(self._of([kind for kind in (TRENDING, POPULAR) if kind in kinds], bare, limit))
        return [found or next(instead) for found in near]

    def _of(self, kinds: Sequence[str], questions: Sequence[Sequence[str]], limit: int) -> list[list[Suggestion]]:
        makers: Mapping[str, _Maker] = {
            TOGETHER: self._together, TRENDING: self._trending,
            SIMILAR: partial(similar, self._engine), POPULAR: partial(popular, self._engine),
        }  # fmt: skip
        found = [makers[kind](questions, limit) for kind in kinds] if questions else []
        return [[item for of_kind in found for item in of_kind[place]] for place in range(len(questions))]

    def _together(self, questions: Sequence[Sequence[str]], limit: int) -> list[list[Suggestion]]:
        from marketplace.index import relations

        about = {id_ for asked in questions for id_ in asked}
        near = relations.changed_dependents(self._index, about, _DEPENDENTS)
        baskets = relations.dependencies(self._index, {id_ for some in near.values() for id_ in some})
        common = relations.required_by(self._index, {id_ for items in baskets.values() for id_ in items})
        beside, chosen = self._chosen(about)
        best = []
        for asked in questions:
            dependents = {id_ for one in asked for id_ in near.get(one, ())}
            held = (Basket(id_.rpartition(".")[0], baskets[id_]) for id_ in sorted(dependents))
            found = [*companions(asked, held, common), *chosen_together(asked, beside, chosen)]
            best.append(ranked(found)[: 2 * limit])
        shown = self._index.lookup(sorted({one.id for some in best for one in some}))
        return [[_together(shown[one.id], one) for one in some if one.id in shown][:limit] for some in best]

    def _chosen(self, ids: Collection[str]) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, int]]:
        """Return what projects of this machine have chosen beside each of `ids`, and how often each was chosen."""
        if not self._own_projects or not ids:
            return {}, {}
        counters = self._counting.counters
        found = counters.chosen_beside(ids)
        beside = {one: {other: count for other, count in some.items() if other} for one, some in found.items()}
        found |= counters.chosen_beside({other for some in beside.values() for other in some})
        return beside, {one: some.get("", 0) for one, some in found.items()}

    def _trending(self, questions: Sequence[Sequence[str]], limit: int) -> list[list[Suggestion]]:
        from marketplace.insights import trending

        today = self._counting.today()
        counted = self._counting.counters.downloads_since(last_days(today, trending.DAYS)[0])
        found = trending.trends(counted, today)[: 2 * limit + max(map(len, questions))]
        shown = self._index.lookup([trend.id for trend in found])
        told = [_trending(shown[trend.id], trend) for trend in found if trend.id in shown]
        return [[item for item in told if item.id not in asked][:limit] for asked in questions]


def similar(engine: "TantivySearch", questions: Sequence[Sequence[str]], limit: int) -> list[list[Suggestion]]:
    """Return for each question what reads like one of the packages it is about, best first."""
    alike = engine.similar(sorted({id_ for asked in questions for id_ in asked}), limit)
    return [_similar(alike, asked)[:limit] for asked in questions]


def _similar(alike: "Mapping[str, Sequence[Alike]]", asked: Sequence[str]) -> list[Suggestion]:
    best: dict[str, Suggestion] = {}
    for one in asked:
        for other in alike.get(one, ()):
            reason = f"has {_listed(other.words)} in common with {one}"
            found = _suggestion(SIMILAR, other.document, other.score, one, reason)
            if found.id not in asked and found.score > best.get(found.id, found._replace(score=0.0)).score:
                best[found.id] = found
    return sorted(best.values(), key=lambda item: (-item.score, item.id))


def popular(engine: "TantivySearch", questions: Sequence[Sequence[str]], limit: int) -> list[list[Suggestion]]:
    """Return for each question what is downloaded most, but for the packages it is about."""
    most = min(limit + max(map(len, questions)), 100)
    page = engine.search(SearchQuery(sort="downloads", limit=most, highlight=False))
    told = [
        _suggestion(POPULAR, document, document.downloads, "", f"was downloaded {_times(document.downloads)}")
        for document in (hit.document for hit in page.hits)
    ]
    return [[item for item in told if item.id not in asked][:limit] for asked in questions]


def _together(document: SearchDocument, companion: Companion) -> Suggestion:
    if companion.in_projects:
        times = "the one time" if companion.owners == 1 else f"{companion.both} of the {companion.owners} times"
        reason = f"was chosen too {times} that a project here chose {companion.beside}"
        return _suggestion(TOGETHER, document, companion.score, companion.beside, reason)
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
