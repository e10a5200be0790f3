"""Full-text search on tantivy: a derived view of the package index, right whatever state its files are in.

An answer comes from the stored index plus, in memory, the changes that it lacks, so that nobody waits for a commit.
When the stored index is missing or in doubt it is made anew; when it cannot be written all is answered from memory.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from marketplace.errors import InvalidInputError
from marketplace.search.alike import Alike, alike, is_alike, plan_alike
from marketplace.search.base import (
    FACETS,
    MAX_LIMIT,
    MAX_QUERY,
    MAX_WINDOW,
    DocumentSource,
    SearchDocument,
    SearchHit,
    SearchPage,
    SearchQuery,
    close_matches,
)
from marketplace.search.query import Builder, Plan, make_plan, relaxed
from marketplace.search.ranking import Part, Ranked, facets, rank
from marketplace.search.schema import open_index
from marketplace.search.spelling import Words
from marketplace.search.stored import StoredIndex, UnwritableError, View, is_damage, write_changes

_Answer = TypeVar("_Answer")

TAIL = 200
"""Changes that are searched in memory rather than committed first, which up to here is the cheaper (docs/adr/0020)."""

_CANDIDATES = 50
"""Ids that are compared letter by letter for a suggestion."""


class _Memory(NamedTuple):
    """What lies in memory: the changes after `since`, up to `revision`."""

    since: int
    revision: int
    part: Part
    changed: tuple[str, ...]


class TantivySearch:
    """The `Search` over `source`, kept in `folder` (which may be deleted at any time).

    Args:
        folder: the stored index's own folder; its lock file lies beside it.
        notify: told what `refresh` and `suggest` met; `search` tells it in its page's notes.
    """

    def __init__(self, folder: Path, source: DocumentSource, notify: Callable[[str], None]) -> None:
        self._source = source
        self._notify = notify
        self._notes: list[str] = []
        self._stored = StoredIndex(folder, source, self._notes.append)
        self._memory: _Memory | None = None

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer `query`; see `Search`. Any text is allowed: it is cut to 256 characters and never read as syntax.

        Raises:
            InvalidInputError: `page-invalid` or `page-too-deep`.
        """
        _check_page(query)
        self._notes.clear()
        page = self._with_parts(lambda parts: self._answer(parts, query))
        return page._replace(notes=tuple(dict.fromkeys(self._notes)))

    def refresh(self) -> None:
        """Read and check the stored index and commit what it lacks, unless somebody else is at it; see `Search`."""
        self._notes.clear()
        try:
            self._stored.catch_up(thorough=True)
        except UnwritableError:
            return  # whoever holds the lock brings it up to date; if the disk refuses, each search says so
        finally:
            self._tell()

    def clear(self) -> int:
        """Remove the stored index; return the bytes freed, 0 when others are writing it. The next search makes it."""
        self._memory = None
        try:
            return self._stored.clear()
        except UnwritableError:
            return 0

    def suggest(self, text: str, limit: int = 3) -> list[str]:
        """Return ids spelled like `text`, best first; see `Search`."""
        text = text[:MAX_QUERY]
        self._notes.clear()
        found = self._with_parts(lambda parts: _near(parts, text))
        self._tell()
        by_name = {id_.rpartition(".")[2]: id_ for id_ in reversed(found)}
        names = [by_name[name] for name in close_matches(text.rpartition(".")[2].lower(), by_name, limit)]
        return list(dict.fromkeys([*close_matches(text.lower(), found, limit), *names, *found]))[:limit]

    def similar(self, ids: Sequence[str], limit: int) -> Mapping[str, list[Alike]]:
        """Return the packages that are most like each of `ids`, best first; see `marketplace.search.alike`.

        An id that search does not find is left out, and so is one like which there is none.
        """
        documents = self._source.lookup(ids)
        if not documents:
            return {}
        self._notes.clear()
        found = self._with_parts(lambda parts: self._alike(parts, documents, limit))
        self._tell()
        return found

    def _alike(
        self, parts: list[Part], documents: Mapping[str, SearchDocument], limit: int
    ) -> Mapping[str, list[Alike]]:
        words = Words(parts, self._source)
        plans = {id_: plan_alike(document, words) for id_, document in documents.items()}
        # Twice as many: what was found by the words of its namespace is no more like it for that.
        ranked = {id_: _ranked_alike(parts, plan, id_, 2 * limit) for id_, plan in plans.items() if plan.words}
        shown = self._source.lookup(sorted({id_ for page in ranked.values() for id_, _ in page}))
        told = {
            id_: [alike(shown[other], score, plans[id_]) for other, score in page if other in shown]
            for id_, page in ranked.items()
        }
        return {id_: [one for one in page if is_alike(one, plans[id_])][:limit] for id_, page in told.items()}

    def _tell(self) -> None:
        for note in dict.fromkeys(self._notes):
            self._notify(note)

    # --- what is searched --------------------------------------------------------------------------------------------

    def _with_parts(self, ask: Callable[[list[Part]], _Answer]) -> _Answer:
        """Ask the stored index and the tail; when reading them fails, drop what is stored and ask again."""
        try:
            return ask(self._parts())
        except BaseException as error:
            if not is_damage(error):
                raise
        self._memory = None
        try:
            self._stored.remake()
            return ask(self._parts())
        except UnwritableError as error:
            return ask(self._only_memory(error))

    def _parts(self) -> list[Part]:
        try:
            view = self._stored.view()
            revision = self._source.revision()
            if not view.settled or self._is_long(view):
                view = self._caught_up(view)
        except UnwritableError as error:
            return self._only_memory(error)
        if view.revision >= revision:
            return [Part(view.searcher, view.schema)]
        tail = self._tail(view.revision, revision)
        return [Part(view.searcher, view.schema, tail.changed), tail.part]

    def _is_long(self, view: View) -> bool:
        if self._source.revision() - view.revision <= TAIL:
            return False
        changes = self._source.documents(view.revision)
        return next(islice(changes, TAIL, None), None) is not None

    def _caught_up(self, view: View) -> View:
        try:
            return self._stored.catch_up()
        except UnwritableError:
            return view  # somebody else is committing: until then the changes are searched in memory

    def _only_memory(self, why: UnwritableError) -> list[Part]:
        self._notes.append(f"the search index cannot be used, so the answer was made in memory: {why}")
        return [self._tail(0, self._source.revision()).part]

    def _tail(self, since: int, revision: int) -> _Memory:
        memory = self._memory
        if memory is None or memory.since != since or memory.revision != revision:
            changes = list(self._source.documents(since))
            index = open_index(None)
            write_changes(index, changes, fresh=True)
            part = Part(index.searcher(), index.schema)
            memory = _Memory(since, revision, part, tuple(change.id for change in changes))
            self._memory = memory
        return memory

    # --- answering ---------------------------------------------------------------------------------------------------

    def _answer(self, parts: list[Part], query: SearchQuery) -> SearchPage:
        plan = make_plan(query, Words(parts, self._source))
        ranked = _ranked(parts, plan)
        loose = relaxed(plan)
        if not ranked.total and loose:
            plan = loose
            ranked = _ranked(parts, plan)
        if not ranked.total:
            return SearchPage(0, (), {facet: {} for facet in FACETS})
        counts = facets(parts, [part.matching(plan) for part in parts])
        return SearchPage(ranked.total, self._hits(ranked, plan), counts)

    def _hits(self, ranked: Ranked, plan: Plan) -> tuple[SearchHit, ...]:
        shown = self._source.lookup([id_ for id_, _ in ranked.page])
        found = [(shown[id_], score) for id_, score in ranked.page if id_ in shown]
        if not plan.query.highlight or not plan.words:
            return tuple(SearchHit(document, score) for document, score in found)
        from marketplace.search.highlight import Highlighter

        highlighter = Highlighter(plan.words)
        return tuple(SearchHit(document, score, highlighter.of(document)) for document, score in found)


def _check_page(query: SearchQuery) -> None:
    if query.offset < 0 or not 0 <= query.limit <= MAX_LIMIT:
        hint = f"ask for 0 to {MAX_LIMIT} results from an offset of 0 or more"
        raise InvalidInputError("page-invalid", f"no page has {query.limit} results from {query.offset}", hint=hint)
    if query.offset + query.limit > MAX_WINDOW:
        hint = "narrow the search with a filter or more words"
        raise InvalidInputError("page-too-deep", f"only the first {MAX_WINDOW:,} results can be paged", hint=hint)


def _ranked(parts: list[Part], plan: Plan) -> Ranked:
    queries = [part.query(plan) for part in parts]
    sort = plan.query.sort
    if sort == "relevance" and not plan.typed:
        sort = "downloads"  # nothing was typed: all are equally relevant, so the most used come first
    return rank(parts, queries, sort, plan.query.offset, plan.query.limit)


def _ranked_alike(parts: list[Part], plan: Plan, id_: str, limit: int) -> list[tuple[str, float]]:
    queries = [Builder(part.schema).alike(plan, part.without) for part in parts]
    page = rank(parts, queries, "relevance", 0, limit + 1).page
    return [found for found in page if found[0] != id_][:limit]


def _near(parts: list[Part], text: str) -> list[str]:
    queries = [Builder(part.schema).near(text, part.without) for part in parts]
    return [id_ for id_, _ in rank(parts, queries, "relevance", 0, _CANDIDATES).page]
