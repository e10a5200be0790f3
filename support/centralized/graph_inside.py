"""The graph of a registry in this process, so that what it reads can be counted and broken."""

import asyncio
from collections.abc import Callable
from typing import Any

from marketplace.errors import DeniedError
from marketplace.registry.local import LocalRegistry
from marketplace.server.content import Content
from marketplace.server.counting import Counting
from marketplace.server.fresh import FreshDocuments
from marketplace.server.graph.asking import Parts
from marketplace.server.graph.dependents import Dependents
from marketplace.server.graph.handler import GraphQL
from marketplace.server.graph.releases import NewReleases
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY
from marketplace.server.pool import Pool
from marketplace.server.searches import Searches
from marketplace.server.tokens import Token
from support.market.packages import local_registry
from support.market.world import World


class Inside:
    """Answers questions about the registry of a home; `statements` are the SELECTs that its index was asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.statements: list[str] = []

    def run(self, asking: "Callable[[GraphQL], Any]") -> Any:
        """Run what asks, a coroutine function, and return what it returns."""
        return asyncio.run(self._run(asking))

    async def _run(self, asking: "Callable[[GraphQL], Any]") -> Any:
        registry = local_registry(self._world.home)
        key = log_key(registry.folder / LOG_KEY)
        # one reader: another that happens to be begun would open the index once more, and be counted for that
        pool = Pool(lambda: Content(self._watched(), key, None), readers=1)
        documents = FreshDocuments(pool, registry.folder / "index.sqlite", 1_000_000)
        searches = Searches("inside", pool, documents)
        parts = Parts(
            "inside", pool, Counting(pool, registry, sleep=_for_ever), searches, Dependents(),
            NewReleases(pool, documents), lambda: False, 65_536,
        )  # fmt: skip
        try:
            return await asking(GraphQL(parts))
        finally:
            documents.close()
            pool.close()

    def _watched(self) -> LocalRegistry:
        registry = local_registry(self._world.home)
        registry.index._db.set_trace_callback(self._note)
        return registry

    def _note(self, statement: str) -> None:
        if statement.startswith("SELECT"):
            self.statements.append(statement)


async def _for_ever(_seconds: float) -> None:
    """Let the time never come at which searches are added up: that would be counted too."""
    await asyncio.Event().wait()


def no_token() -> Token:
    """Refuse."""
    raise DeniedError("token-missing", "this needs a token")


_ONE = "query($id: ID!) { package(id: $id) { id } }"
_FOUND = """
query($first: Int!) {
  search(query: "many", first: $first) {
    edges { node { id title description category tags keywords license authors downloads } }
  }
}
"""
_LISTED = """
query($ids: [ID!]!) {
  packages(ids: $ids) {
    id homepage downloads
    quality { score }
    stats(days: 1) { totals { downloads } }
    latest { version quality { grade } dependencies { requirement package { id title } } }
    releases(first: 5) { edges { node { version dependencies { package { id } } } } }
    dependents(first: 5) { edges { node { id latest { version } } } }
  }
}
"""
_RECOMMENDED = """
query($ids: [ID!]!) {
  packages(ids: $ids) {
    latest { version }
    recommendations(first: 3) { kind package { id latest { version } } because { id } }
    popular: recommendations(first: 3, kinds: [POPULAR, TRENDING]) { package { id } }
  }
}
"""


def reads_of(world: World, count: int) -> int:
    """Ask for so many packages with all that is in them; return how many statements the index was asked."""
    inside = Inside(world)
    ids = [f"many.lib.p{number}" for number in range(count)]

    async def asking(graph: GraphQL) -> None:
        for _ in range(2):  # the first one opens the index and builds the graph of dependents
            inside.statements.clear()
            for query in (_LISTED, _RECOMMENDED):
                answer = await graph.answer({"query": query, "variables": {"ids": ids}}, no_token)
                assert "errors" not in answer and len(answer["data"]["packages"]) == count, answer
                assert all(package["latest"]["version"] == "1.0.0" for package in answer["data"]["packages"]), answer

    inside.run(asking)
    return len(inside.statements)


def tasks_of(world: World, count: int) -> int:
    """Search for so many packages with all that a search knows of them; return how many tasks that took."""
    made: list[object] = []

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **given: Any) -> asyncio.Task[Any]:
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **given)

    async def asking(graph: GraphQL) -> None:
        for _ in range(2):  # the first one prepares the document, and opens the index
            asyncio.get_running_loop().set_task_factory(make)
            made.clear()
            answer = await graph.answer({"query": _FOUND, "variables": {"first": count}}, no_token)
            assert "errors" not in answer and len(answer["data"]["search"]["edges"]) == count, answer

    Inside(world).run(asking)
    return len(made)


def prepared(world: World, good: int, bad: int) -> int:
    """Send a good document and a bad one so often; return how many were prepared."""

    async def asking(graph: GraphQL) -> int:
        for number in range(good):
            variables = {"id": f"io.acme.p{number}"}
            answer = await graph.answer({"query": _ONE, "variables": variables},
                                        no_token)  # fmt: skip
            assert answer == {"data": {"package": None}}, answer
        for _ in range(bad):
            assert "errors" in await graph.answer({"query": "{ colour }"}, no_token)
        return graph.documents.prepared

    return int(Inside(world).run(asking))


def failing(world: World, words: str) -> dict[str, Any]:
    """Ask for facts while what tells them is broken; return the answer."""

    async def asking(graph: GraphQL) -> Any:
        def broken(*_given: object) -> None:
            raise RuntimeError(words)

        graph.schema.query_type.fields["registry"].resolve = broken  # type: ignore[union-attr]
        return await graph.answer({"query": "{ registry { name } }"}, no_token)

    answer: dict[str, Any] = Inside(world).run(asking)
    return answer
