"""A search with 20 hits in GraphQL: the server's application in this process, beside the bare library and REST."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from graphql import build_schema, execute_sync, parse
from starlette.types import Message

from benchmarks.homes import registry_of, searchable
from benchmarks.measuring import Contestant, Row, Stage, contest, cpu_time
from marketplace.server.app import Application
from marketplace.server.graph.schema import SDL
from marketplace.server.options import Options

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
        application = runner.run(_application(home))
        answer = json.loads(runner.run(_ask(application, "POST", "/graphql", body)))["data"]["search"]
        assert len(answer["edges"]) == 20, answer
        rest = json.loads(runner.run(_ask(application, "GET", "/api/v1/search", b"")))
        assert [item["id"] for item in rest["results"]] == [edge["node"]["id"] for edge in answer["edges"]]
        ours = Contestant("graphql", lambda: runner.run(_often(application, "POST", "/graphql", body, per)), per=per)
        bare = Contestant("floor: graphql-core, the values lie ready", lambda: _bare(answer, per), per=per, goal=_GOAL)
        same = Contestant(
            "the same by REST, kept",
            lambda: runner.run(_often(application, "GET", "/api/v1/search", b"", per)),
            per=per,
        )
        yield from contest("search with 20 hits in GraphQL, in process, processor time", ours, [bare, same], rounds,
                           cpu_time)  # fmt: skip


async def _application(home: Any) -> Application:
    return Application(Options(home / "registry", lambda: registry_of(home), rate=0, log=False))


_SCHEMA = build_schema(SDL.read_text(encoding="utf-8"))
_DOCUMENT = parse(_QUERY)


def _bare(answer: dict[str, Any], times: int) -> None:
    for _ in range(times):
        result = execute_sync(_SCHEMA, _DOCUMENT, root_value={"search": answer})
        assert result.errors is None, result
        json.dumps(result.data)


async def _often(application: Application, method: str, path: str, body: bytes, times: int) -> None:
    for _ in range(times):
        await _ask(application, method, path, body)


async def _ask(application: Application, method: str, path: str, body: bytes) -> bytes:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))] if body else []
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "client": ("127.0.0.1", 1), "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", 80), "http_version": "1.1",
    }  # fmt: skip
    parts, sent = [body], bytearray()

    async def receive() -> Message:
        while not parts:  # the client stays until it is answered
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": parts.pop(), "more_body": False}

    async def send(message: Message) -> None:
        sent.extend(message.get("body", b""))
        assert message.get("status", 200) == 200, message

    await application(scope, receive, send)
    return bytes(sent)
