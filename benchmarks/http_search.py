"""Searches over HTTP: the endpoint beside Verdaccio's, latencies and memory up to 100,000 packages, and overload."""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote, urlencode, urlsplit

from benchmarks import servers
from benchmarks.homes import searchable
from benchmarks.measuring import MissingPeerError, Row, Stage
from benchmarks.packages import as_npm_tarball, make, npm_document
from benchmarks.search_bench import queries
from benchmarks.wrk import CONNECTIONS, Load, compared, load
from support.market.catalogs.catalogue_of_words import made_up, vocabulary

_SIZE = 1_000
"""Packages in the registries that are compared: Verdaccio looks at each of them for every search."""
_AGAINST_VERDACCIO = 200.0
_MEMORY = 150.0
"""Megabytes."""
_IN_FLIGHT = 16
"""Requests at once that the overloaded server may answer."""
_RATE = 5
"""Requests a second that a client of the other overloaded server may send; twice as many at once."""


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    yield from _beside_verdaccio(stage)
    sizes = [1_000, 20_000] if stage.quick else [1_000, 20_000, 100_000]
    for size in sizes:
        yield from _latency_and_memory(stage, size)
    yield from _overload(stage, sizes[-2])


def _paths() -> list[str]:
    """Return the paths of the searches that `python -m benchmarks search` measures."""
    return [f"/api/v1/search?{_query_string(query._asdict())}" for query in queries().values()]


def _query_string(fields: dict[str, object]) -> str:
    given = {"q": fields["text"], "category": fields["category"], "license": fields["license"], "sort": fields["sort"]}
    return urlencode({name: value for name, value in given.items() if value})


def _new_searches() -> list[str]:
    """Return the paths of so many searches that none is asked for twice in a run, and kept answers are of no use."""
    words = vocabulary()[:100]
    return [f"/api/v1/search?q={quote(word)}&offset={offset}" for offset in range(400) for word in words]


# --- beside Verdaccio ------------------------------------------------------------------------------------------------


def _beside_verdaccio(stage: Stage) -> Iterator[Row]:
    word, seconds = vocabulary()[0], stage.pick(3, 1)
    path = f"/api/v1/search?q={quote(word)}"
    with ExitStack() as stack:
        ours = stack.enter_context(servers.ours(stage, searchable(stage, _SIZE)))
        found = len(json.loads(_get(ours.url, path)[1])["results"])
        assert found == 20, found
        kept = compared([load(stage, ours.url, [path], seconds=seconds) for _ in range(stage.pick(3, 1))])
        made = load(stage, ours.url, _new_searches(), seconds=seconds)
        found_by = {"asked before": kept.rate, "asked for the first time": made.rate}
        rate, why = None, ""
        try:
            rate = compared(list(_verdaccio(stage, stack, word))).rate
        except MissingPeerError as error:
            why = str(error)
        for which, mine in found_by.items():
            what = f"search among {_SIZE:,} packages, 16 connections, {which}"
            yield Row(what, mine, "Verdaccio", rate, _AGAINST_VERDACCIO, "per s", "ratio at least", why)


def _verdaccio(stage: Stage, stack: ExitStack, word: str) -> Iterator[Load]:
    registry = stack.enter_context(servers.verdaccio(stage))
    tarball = as_npm_tarball(make("one"))
    for document in made_up(_SIZE):
        name = document.id.replace(".", "-")
        words = {"description": f"{document.title} {document.description}", "keywords": [*document.keywords]}
        registry.put({**npm_document(make(name, files=1)), **words}, tarball)
    path = f"/-/v1/search?text={quote(word)}&size=20"
    status, body = _get(registry.url, path)
    hits = len(json.loads(body)["objects"]) if status == 200 else 0
    if hits < 20:
        raise MissingPeerError(f"Verdaccio found {hits} packages with {word}")
    for _ in range(stage.pick(3, 1)):
        one = load(stage, registry.url, [path], seconds=20)  # 16 at once take it many seconds
        if not one.rate:
            raise MissingPeerError("Verdaccio answered no search within 20 s")
        yield one


# --- sizes -----------------------------------------------------------------------------------------------------------


def _latency_and_memory(stage: Stage, size: int) -> Iterator[Row]:
    what, seconds = f"{size:,} packages over HTTP", stage.pick(5, 2)
    home = searchable(stage, size)
    with servers.ours(stage, home) as ours:
        started = ours.memory()
        one = load(stage, ours.url, _paths(), seconds=seconds, connections=1)
        many = load(stage, ours.url, _paths(), seconds=seconds)
        assert not one.refused and not many.refused, (one, many)
        yield Row(f"search of {what}, one connection, p99", one.p99, "its p50", one.p50)
        yield Row(f"search of {what}, 16 connections, p99", many.p99, "its p50", many.p50)
        documents = [f"/packages/{document.id}.json" for document in made_up(size)]
        load(stage, ours.url, documents, seconds=seconds)
        _get(ours.url, "/catalog.json")
        loaded = ours.memory()
        load(stage, ours.url, [*documents, *_paths()], seconds=seconds)
        _get(ours.url, "/catalog.json")
        yield Row(f"memory of the server, {what}, started", started, "1 MB", 1.0, _MEMORY, "MB", "at most")
        yield Row(f"memory of the server, {what}, after searches, documents, catalog", loaded, "started", started,
                  _MEMORY, "MB", "at most")  # fmt: skip
        yield Row(f"memory of the server, {what}, after the same again", ours.memory(), "the first time", loaded,
                  1.1, "MB")  # fmt: skip


# --- overload --------------------------------------------------------------------------------------------------------


def _overload(stage: Stage, size: int) -> Iterator[Row]:
    """Send ten times the connections that the server may answer at once, and ten times the rate that a client may."""
    home, seconds, paths = searchable(stage, size), stage.pick(5, 2), _new_searches()
    with servers.ours(stage, home, "--in-flight", str(_IN_FLIGHT)) as ours:
        before = load(stage, ours.url, paths, seconds=seconds)
        flood = load(stage, ours.url, paths, seconds=seconds, connections=10 * CONNECTIONS, count=True)
        after = load(stage, ours.url, paths, seconds=seconds)
        answered = flood.statuses.get("200", 0)
        _only(flood.statuses, {"200", "503"})
        yield Row("ten times the connections: answered with 503 and Retry-After", flood.statuses.get("503", 0),
                  "answered with 200", answered, unit="answers")  # fmt: skip
        yield Row("ten times the connections: searches answered", answered / seconds, "at its limit", before.rate,
                  0.1, "per s", "ratio at least")  # fmt: skip
        yield Row("ten times the connections: connections broken", flood.broken, "1", 1.0, 0, "times", "at most")
        yield Row("after it: searches answered", after.rate, "before it", before.rate, 0.8, "per s", "ratio at least")
    with servers.ours(stage, home, "--rate", str(_RATE)) as ours:
        flood = load(stage, ours.url, paths, seconds=seconds, count=True)
        _only(flood.statuses, {"200", "429"})
        yield Row("a client at many times its rate: answered with 200", flood.statuses.get("200", 0) / seconds,
                  "the rate it is allowed, and what it had saved", _RATE + 2 * _RATE / seconds, 1.2,
                  "per s")  # fmt: skip
        yield Row("a client at many times its rate: answered with 429", flood.statuses.get("429", 0) / seconds,
                  "answered with 200", flood.statuses.get("200", 0) / seconds, unit="per s")  # fmt: skip
        status, _ = _get(ours.url, "/registry.json")
        assert status == 200, status


def _only(found: dict[str, int], allowed: set[str]) -> None:
    assert found.keys() == allowed, found


def _get(url: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
