"""A search with 20 hits in GraphQL: the server's application in this process, beside the bare library and REST."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from graphql import build_schema, execute_sync, parse
from starlette.types import ASGIApp

from benchmarks.homes import searchable
from benchmarks.in_process import application, ask
from benchmarks.measuring import Contestant, Row, Stage, contest, cpu_time
from marketplace.server.graph.schema import SDL

_FIELDS = "id title description category tags keywords license authors downloads"
_QUERY = f'{{ search(query: "", first: 20) {{ totalCount edges {{ cursor score node {{ {_FIELDS} }} }} }} }}'
_GOAL = 1.5
"""Of the bare library's time for the same answer from values that lie ready."""


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    per, rounds = stage.pick(50, 5), stage.pick(31, 3)
    home = searchable(stage, 1_000)
    body = json.dumps({"query": _QUERY}).encode()
    with asyncio.Runner() as runner:
        app = runner.run(application(home))
        answer = json.loads(runner.run(ask(app, "/graphql", method="POST", body=body))[1])["data"]["search"]
        assert len(answer["edges"]) == 20, answer
        rest = json.loads(runner.run(ask(app, "/api/v1/search"))[1])
        assert [item["id"] for item in rest["results"]] == [edge["node"]["id"] for edge in answer["edges"]]
        ours = Contestant(
            "graphql", lambda: runner.run(_often(app, per, "/graphql", method="POST", body=body)), per=per
        )
        bare = Contestant("floor: graphql-core, the values lie ready", lambda: _bare(answer, per), per=per, goal=_GOAL)
        same = Contestant("the same by REST, kept", lambda: runner.run(_often(app, per, "/api/v1/search")), per=per)
        yield from contest("search with 20 hits in GraphQL, in process, processor time", ours, [bare, same], rounds,
                           cpu_time)  # fmt: skip


_SCHEMA = build_schema(SDL.read_text(encoding="utf-8"))
_DOCUMENT = parse(_QUERY)


def _bare(answer: dict[str, Any], times: int) -> None:
    for _ in range(times):
        result = execute_sync(_SCHEMA, _DOCUMENT, root_value={"search": answer})
        assert result.errors is None, result
        json.dumps(result.data)


async def _often(app: ASGIApp, times: int, path: str, *, method: str = "GET", body: bytes = b"") -> None:
    for _ in range(times):
        await ask(app, path, method=method, body=body)
