"""The pages of a registry in this process, so that what they look for, and how often they are made, can be counted."""

import asyncio
from collections.abc import Callable
from typing import Any

from marketplace.errors import UnavailableError
from marketplace.insights.suggestions import POPULAR, SIMILAR, TOGETHER, TRENDING
from marketplace.model.ids import PackageId
from marketplace.server.content import Content
from marketplace.server.fresh import FreshDocuments
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY
from marketplace.server.pool import Pool
from marketplace.server.web import views
from marketplace.server.web.keeping import KeptPages
from support.market.packages import local_registry, publish
from support.market.world import World

_PARTS = {TOGETHER: "used together", SIMILAR: "similar", TRENDING: "trending", POPULAR: "popular"}
_SORTS = {"updated": "newest", "downloads": "popular"}


class Eye:
    """Makes the pages of a home's registry; `seen` is what was looked for since the last page."""

    def __init__(self, world: World) -> None:
        self._registry = local_registry(world.home)
        self.seen: list[str] = []
        engine, counters = self._registry.engine, self._registry.counting.counters
        recommending: Any = self._registry.recommending
        self._watch(engine, "search", lambda query: _SORTS[query.sort])
        self._watch(engine, "similar", lambda _ids, _limit: _PARTS[SIMILAR])
        self._watch(counters, "downloads_since", lambda _day: _PARTS[TRENDING])
        self._watch(recommending, "_together", lambda _questions, _limit: _PARTS[TOGETHER])

    def _watch(self, part: Any, name: str, told: Callable[..., str]) -> None:
        real = getattr(part, name)

        def watched(*given: Any) -> Any:
            self.seen.append(told(*given))
            return real(*given)

        setattr(part, name, watched)

    def front(self) -> list[str]:
        """Make the first page; return what was looked for."""
        self.seen.clear()
        assert views.front(self._registry).packages
        return self.seen

    def package(self, id_: str) -> list[str]:
        """Make a package's page; return what was looked for."""
        self.seen.clear()
        assert views.package(self._registry, PackageId.parse(id_), None).shown
        return self.seen


class Keeper:
    """Looks at one page that is kept; `made` is how often it was begun to be made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runner = asyncio.Runner()
        world.defer(self._runner.close)
        registry = local_registry(world.home)
        key = log_key(registry.folder / LOG_KEY)
        pool = Pool(lambda: Content(local_registry(world.home), key, None))
        documents = FreshDocuments(pool, registry.folder / "index.sqlite", 1_000_000)
        world.defer(pool.close)
        world.defer(documents.close)
        self._day = 1
        self._kept = KeptPages(pool, documents, lambda: self._day)
        self._fails = False
        self.made = 0

    def look(self, people: int = 1) -> None:
        """Let so many look at the same time, and check that all see the page as it is."""
        found = self._runner.run(self._all(people))
        wanted: bytes | str = "" if self._fails else f"page {self.made}".encode()
        assert found == [wanted] * people, found

    async def _all(self, people: int) -> list[bytes | str]:
        return await asyncio.gather(*(self._one() for _ in range(people)))

    async def _one(self) -> bytes | str:
        try:
            return (await self._kept.get("/", self._make)).encoded("identity")[2]
        except UnavailableError:
            return ""

    def _make(self, content: Content) -> bytes:
        assert content.registry.index.ids()
        self.made += 1
        if self._fails:
            raise UnavailableError("index-busy", "another program uses the index")
        return f"page {self.made}".encode()

    def change(self, what: str) -> None:
        """Change what the scenario names."""
        self._fails = what == "it could not be made"
        if what == "the day is another" or self._fails:
            self._day += 1
        elif what != "nothing":
            publish(self._world, what.split('"')[1], "1.0.0")
