"""Reading for a whole level of an answer at once: whoever asks for one thing waits until all that is asked is known."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from marketplace.index import several
from marketplace.index.scores import Score
from marketplace.index.several import Placed
from marketplace.insights.statistics import Statistics
from marketplace.insights.suggestions import Suggestion
from marketplace.model.manifest import Manifest
from marketplace.search.base import SearchDocument
from marketplace.server.content import Content
from marketplace.server.counting import Counting
from marketplace.server.graph.dependents import Dependents
from marketplace.server.pool import Pool

_K = TypeVar("_K")
_V = TypeVar("_V")


class Asked(NamedTuple):
    """A question for recommendations: about one package, of which kinds, and how many of each."""

    id: str
    kinds: frozenset[str]
    limit: int


class Loader(Generic[_K, _V]):
    """Loads values by keys, each once in a request, those that are asked for together in one go.

    Args:
        load: returns the values of several keys, in a thread of the pool; a key without one is left out.
    """

    def __init__(self, pool: Pool, load: Callable[[Content, list[_K]], Mapping[_K, _V]]) -> None:
        self._pool = pool
        self._load = load
        self._known: dict[_K, asyncio.Future[_V | None]] = {}
        self._wanted: list[_K] = []
        self._running: set[asyncio.Task[None]] = set()

    def get(self, key: _K) -> "asyncio.Future[_V | None]":
        """Return the value of a key, None when there is none."""
        if key not in self._known:
            loop = asyncio.get_running_loop()
            self._known[key] = loop.create_future()
            self._wanted.append(key)
            if len(self._wanted) == 1:
                loop.call_soon(self._start)  # after all that is ready now has asked
        return self._known[key]

    def _start(self) -> None:
        task = asyncio.get_running_loop().create_task(self._begin())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _begin(self) -> None:
        keys, self._wanted = self._wanted, []
        try:
            found = await self._pool.read(lambda content: self._load(content, keys))
        except Exception as error:  # noqa: BLE001 - it is raised where each of them is awaited
            for _, future in self._awaited(keys):
                future.set_exception(error)
        else:
            for key, future in self._awaited(keys):
                future.set_result(found.get(key))

    def _awaited(self, keys: Sequence[_K]) -> "list[tuple[_K, asyncio.Future[_V | None]]]":
        """Return what is still awaited: a client may have gone meanwhile."""
        return [(key, self._known[key]) for key in keys if not self._known[key].done()]


class Loaders:
    """What one request has read so far."""

    def __init__(self, pool: Pool, counting: Counting, dependents: Dependents) -> None:
        self.documents: Loader[str, SearchDocument] = Loader(pool, lambda c, ids: c.registry.index.lookup(ids))
        self.releases: Loader[str, list[Placed]] = Loader(pool, lambda c, ids: several.listed(c.registry.index, ids))
        self.manifests: Loader[str, Manifest] = Loader(pool, lambda c, ids: several.manifests(c.registry.index, ids))
        self.scores: Loader[str, dict[str, Score]] = Loader(pool, lambda c, ids: several.scores(c.registry.index, ids))
        self.dependents: Loader[str, Sequence[tuple[str, str]]] = Loader(
            pool, lambda c, ids: dependents.of(c.registry.index, ids)
        )
        self.recommended: Loader[Asked, Sequence[Suggestion]] = Loader(pool, _recommended)
        self.stats: Loader[tuple[str, int], Statistics] = Loader(pool, lambda _content, keys: counting.several(keys))


def _recommended(content: Content, questions: Sequence[Asked]) -> dict[Asked, list[Suggestion]]:
    """Answer questions, those of the same kinds and number together."""
    found: dict[Asked, list[Suggestion]] = {}
    for kinds, limit in dict.fromkeys(asked[1:] for asked in questions):
        several = [asked for asked in questions if asked[1:] == (kinds, limit)]
        told = content.registry.recommending.several([[asked.id] for asked in several], limit, kinds)
        found |= zip(several, told, strict=True)
    return found
