"""The pages' views of a registry in this process, so that what they look for can be counted."""

from collections.abc import Callable
from typing import Any

from marketplace.insights.suggestions import POPULAR, SIMILAR, TOGETHER, TRENDING
from marketplace.model.ids import PackageId
from marketplace.server.web import views
from support.market.packages import local_registry
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
