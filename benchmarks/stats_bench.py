"""What counting costs a request: the server's application in this process, with counting and without."""

import asyncio
import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock
from urllib.parse import quote_plus

from benchmarks.homes import new_home, registry_of, searchable, signer_of
from benchmarks.measuring import Contestant, Row, Stage, contest, cpu_time
from benchmarks.packages import as_folder, make
from marketplace.server import app
from marketplace.server.app import Application
from marketplace.server.asgi import Message
from marketplace.server.counting import Counting
from marketplace.server.options import Options
from marketplace.source import FolderSource, build_release
from support.market.catalogs.catalogue_of_words import vocabulary

_GOAL = 1.05
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class _Uncounted(Counting):
    """Counts nothing."""

    def sent(self, content_ids: Iterable[str]) -> None:
        """Do nothing."""

    def searched(self, *, found: bool) -> None:
        """Do nothing."""


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    rounds, home = stage.pick(31, 3), searchable(stage, 1_000)
    kept = _Requests("GET", "/api/v1/search", itertools.repeat(b"q=kora"))
    yield from _compared("search, kept by the server", home, kept, (rounds, stage.pick(500, 50)))
    made = _Requests(
        "GET",
        "/api/v1/search",
        (b"q=" + quote_plus(" ".join(pair)).encode() for pair in itertools.permutations(vocabulary(), 2)),
    )
    yield from _compared("search, made by the server", home, made, (rounds, stage.pick(100, 20)), _GOAL)
    shop = new_home(stage.scratch / "home")
    registry, signer = registry_of(shop), signer_of(shop)
    for number in range(20):
        source = FolderSource.read(as_folder(make(f"batch-{number}"), stage.scratch / "packages"))
        registry.publish(source, build_release(source, signer, _NOW))
    trees = [registry.list_versions(id_)[0].release.content_id for id_ in registry.ids()]
    registry.index.close()
    body = json.dumps({"want": trees}).encode()
    batch = _Requests("POST", "/api/v1/batch", itertools.repeat(b""), body)
    yield from _compared("batch of 20 trees", shop, batch, (rounds, stage.pick(10, 1)), _GOAL)


@dataclass(frozen=True, slots=True)
class _Requests:
    """Requests of a kind, with the queries of one after the other."""

    method: str
    path: str
    queries: Iterator[bytes]
    body: bytes = b""


def _compared(
    what: str, home: Path, requests: _Requests, often: tuple[int, int], goal: float | None = None
) -> Iterator[Row]:
    rounds, per = often
    with (
        asyncio.Runner() as runner,
        _application(home, runner, Counting) as counting,
        _application(home, runner, _Uncounted) as without,
    ):
        ours = Contestant("counted", lambda: runner.run(_ask(counting, requests, per)), per=per)
        floor = Contestant("without counting", lambda: runner.run(_ask(without, requests, per)), per=per, goal=goal)
        yield from contest(f"{what}, in process, processor time", ours, [floor], rounds, cpu_time)


@contextmanager
def _application(home: Path, runner: asyncio.Runner, counting: type[Counting]) -> Iterator[Application]:
    async def made() -> Application:
        with mock.patch.object(app, "Counting", counting):
            options = Options(home / "registry", lambda: registry_of(home), rate=0, log=False)
            return Application(options)

    yield runner.run(made())


async def _ask(application: Application, requests: _Requests, times: int) -> None:
    path, body = requests.path, requests.body
    for query in itertools.islice(requests.queries, times):
        scope = {
            "type": "http", "method": requests.method, "path": path, "raw_path": path.encode(), "query_string": query,
            "headers": [(b"content-length", b"%d" % len(body))] if body else [], "client": ("127.0.0.1", 1),
            "root_path": "", "scheme": "http", "server": ("127.0.0.1", 80), "http_version": "1.1",
        }  # fmt: skip
        statuses: list[int] = []
        parts = [body]

        async def receive(parts: list[bytes] = parts) -> Message:
            while not parts:  # the client stays until it is answered
                await asyncio.sleep(3600)
            return {"type": "http.request", "body": parts.pop(), "more_body": False}

        async def send(message: Message, statuses: list[int] = statuses) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await application(scope, receive, send)
        assert statuses == [200], statuses
