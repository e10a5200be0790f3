"""Requests that a server must count, sent by several at once and up to its death; and its numbers."""

import http.client
import json
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from support.centralized import batches, pressure
from support.centralized.backends import name_it
from support.centralized.servers import Server
from support.centralized.shelf import Shelf
from support.centralized.static_tree import files_of
from support.cleanroom.deadline import Deadline
from support.market.world import World

SPEC = "io.ggen.rust.axum@0.1.0"
_SEARCH = "/api/v1/search?q=axum"
_SOON = 60.0


def ask_for(server: Server, searches: int, wanted: int, archives: int, spec: str = SPEC) -> None:
    """Send requests one after the other, each answered before the next."""
    assert all(answer.status == 200 for answer in pressure.burst(server, _SEARCH, searches))
    batches.download(server, spec, wanted, archives)


class Crowd(NamedTuple):
    """How many clients send how many searches and batches each, and how many processes search how often."""

    clients: int
    searches: int
    batches: int
    processes: int
    times: int


def ask_at_once(server: Server, crowd: Crowd) -> None:
    """Let clients and commands count at once, while others ask for the statistics again and again."""
    tree = batches.tree_of(server, SPEC).content_id
    stopped = threading.Event()
    with ThreadPoolExecutor(crowd.clients + crowd.processes + 2) as pool:
        askers = [pool.submit(_asking, server, stopped) for _ in range(2)]
        work = [pool.submit(_client, server, crowd, tree) for _ in range(crowd.clients)]
        work += [pool.submit(_process, server.world, crowd.times) for _ in range(crowd.processes)]
        try:
            for done in work:
                done.result(120)
        finally:
            stopped.set()
        assert all(asker.result(30) for asker in askers)


def _client(server: Server, crowd: Crowd, tree: str) -> None:
    assert all(answer.status == 200 for answer in pressure.burst(server, _SEARCH, crowd.searches))
    for _ in range(crowd.batches):
        assert batches.ask_batch(server, {"want": [tree]}).status == 200


def _process(world: World, times: int) -> None:
    args, environ = world.command("ggen market search axum")
    for _ in range(times):
        subprocess.run(args, cwd=world.project, env=environ, check=True, capture_output=True, timeout=60)


def _asking(server: Server, stopped: threading.Event) -> int:
    asked = 0
    while not stopped.is_set():
        assert server.ask("/api/v1/stats").status == 200
        asked += 1
    return asked


class Barrage:
    """Clients that search without a pause until the server dies; what they sent and what was answered."""

    def __init__(self, server: Server, clients: int) -> None:
        self._server = server
        self._clients = clients
        self._lock = threading.Lock()
        self.sent = self.answered = 0

    def until_killed(self, answers: int) -> None:
        """Search, and kill the server when so many answers have come."""
        with ThreadPoolExecutor(self._clients) as pool:
            clients = [pool.submit(self._client) for _ in range(self._clients)]
            enough = Deadline.after(_SOON).poll(lambda: self.answered >= answers)
            self._server.kill()
            for client in clients:
                client.result(_SOON)
        assert enough, self.answered

    def _client(self) -> None:
        place = urlsplit(self._server.url)
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_SOON)
            while True:
                self._count(sent=1)
                connection.request("GET", _SEARCH)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                self._count(answered=1)

    def _count(self, *, sent: int = 0, answered: int = 0) -> None:
        with self._lock:
            self.sent += sent
            self.answered += answered

    def check(self, counted: int) -> None:
        """Check that what was answered is counted, and nothing that was not sent."""
        assert self.answered <= counted <= self.sent, (self.answered, counted, self.sent)


def check_waits(server: Server, *, some: bool) -> None:
    """Check whether the server's numbers tell of records that wait for the disk."""

    def look() -> bool:
        return (pressure.number(server, "ggen_uncounted") > 0) == some

    assert Deadline.after(_SOON).poll(look), server.ask("/metrics").body.decode()


def check_told(server: Server) -> None:
    """Check that the log tells of what is not counted, in few words however many requests there were."""
    lines = [line for line in server.logged().splitlines() if "not all counted" in line]
    assert 1 <= len(lines) <= 4 and len(set(lines)) == len(lines), lines


def check_numbers(server: Server, rows: Sequence[Any]) -> None:
    """Check numbers of `/metrics`."""
    found = {row["name"]: pressure.number(server, row["name"]) for row in rows}
    assert found == {row["name"]: float(row["value"]) for row in rows}, found


def check_same(world: World) -> None:
    """Check that the command tells the same of the registry by HTTP and in its home."""
    for command in ("ggen market stats --days 3 --json", "ggen market stats io.ggen.rust.core --days 3 --json"):
        there, here = (world.run(f"{command} --registry {name}").json() for name in ("corp", "local"))
        assert there.pop("registry") == "corp" and here.pop("registry") == "local"
        assert there == here, (there, here)


def check_answers(server: Server, rows: Sequence[Any]) -> None:
    """Send the requests of a table, and compare status and code."""
    for row in rows:
        answer = server.ask(row["path"])
        said = answer.code if answer.status != 200 else ""
        assert (answer.status, said) == (int(row["status"]), row["says"]), (row, answer)
        assert answer.status != 200 or json.loads(answer.body)["since"], answer


def error_of_older(world: World) -> dict[str, Any]:
    """Ask a registry with an interface that has no statistics; return the error."""
    shelf = Shelf()
    world.defer(shelf.close)
    shelf.documents |= {f"/{path}": data for path, data in files_of(world.home).items()}
    root = shelf.documents["/registry.json"]
    shelf.documents["/registry.json"] = root.replace(b'"api":null', b'"api":"api/v1/"')
    assert shelf.documents["/registry.json"] != root, root
    name_it(world, f"http://{shelf.netloc}/", name="older")
    outcome = world.attempt("ggen market stats --registry older --json")
    assert world.exit_code() == 4, outcome
    return outcome.error()


def finds(world: World, id_: str) -> int:
    """Return the downloads that a search in the home shows of a package."""
    results = world.run(f"ggen market search {id_} --json").json()["results"]
    return int(next(item["downloads"] for item in results if item["id"] == id_))
