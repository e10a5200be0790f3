"""What operators see of a server, and how it stops: log, numbers, description, downloads that outlive SIGTERM."""

import multiprocessing
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marketplace.protocol import bundle
from marketplace.server.board import Board
from marketplace.server.openapi import FILES
from marketplace.server.routes import ROUTES
from support.centralized.bundles import new_blob
from support.centralized.exchange import Answer, connect, read_answer
from support.centralized.pressure import Upload, log_lines
from support.centralized.registries import bearer
from support.centralized.served import facts
from support.centralized.servers import Server
from support.cleanroom.deadline import Deadline
from support.market.packages import local_registry
from support.market.stores import made_up

_SOON = 60.0


class KeptConnection:
    """A connection that was open before the server was told to stop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket = connect(server.url)
        server.world.defer(self._socket.close)

    def ask(self, path: str) -> Answer:
        """Send a request and return the answer; a connection that was closed is made anew."""
        head = f"GET {path} HTTP/1.1\r\nhost: {urlsplit(self._server.url).netloc}\r\n\r\n".encode()
        try:
            self._socket.sendall(head)
            return read_answer(self._socket)
        except (ConnectionError, ValueError):
            self._socket.close()
            self._socket = connect(self._server.url)
            self._server.world.defer(self._socket.close)
            self._socket.sendall(head)
            return read_answer(self._socket)

    def until(self, path: str, status: int, code: str) -> None:
        """Ask until the answer is that."""
        seen: list[Answer] = []

        def look() -> bool:
            seen.append(self.ask(path))
            return (seen[-1].status, seen[-1].code) == (status, code)

        assert Deadline.after(_SOON).poll(look), seen[-1]


class SlowDownload:
    """A large blob of which the first bytes were read, and the rest is read by `check`."""

    def __init__(self, server: Server, size: int) -> None:
        self._data = made_up(size)
        store = local_registry(server.world.home).store
        digest = store.put_bytes(self._data)
        self._socket = connect(server.url)
        server.world.defer(self._socket.close)
        head = f"GET /blobs/sha256/{digest[7:]} HTTP/1.1\r\nhost: {urlsplit(server.url).netloc}\r\n\r\n"
        self._socket.sendall(head.encode())
        self._begun = self._socket.recv(1000)

    def check(self) -> None:
        """Read the rest, and compare."""
        got = bytearray(self._begun)
        _, _, body = got.partition(b"\r\n\r\n")
        while len(body) < len(self._data):
            piece = self._socket.recv(1 << 16)
            assert piece, f"the file was cut after {len(body)} bytes"
            body += piece
        assert body == self._data


def check_log(server: Server, rows: Iterable[Mapping[str, str]]) -> None:
    """Look for a line of the log for each row, in this order."""
    wanted = [(row["method"], row["path"], row["route"], int(row["status"]), row["code"]) for row in rows]

    def look() -> bool:
        lines = [
            tuple(line[name] for name in ("method", "path", "route", "status", "code")) for line in log_lines(server)
        ]
        return [line for line in lines if line in wanted] == wanted

    assert Deadline.after(_SOON).poll(look), server.logged()
    for line in log_lines(server):
        assert line["client"] and line["seconds"] >= 0 and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", line["time"]), (
            line
        )


def check_told_to_operator(server: Server, place: str, answer: Answer) -> None:
    """Look for a place on the server's disk in its log, and for none in what it answered."""
    assert place not in answer.body.decode(), answer
    told = Deadline.after(_SOON).poll(lambda: any(place in line["detail"] for line in log_lines(server)))
    assert told, server.logged()


def check_histogram(server: Server, route: str) -> None:
    """Check that the buckets of a route grow, and that the last has all its requests."""
    text = server.ask("/metrics").body.decode()
    buckets = [
        int(n) for n in re.findall(rf'^ggen_request_seconds_bucket{{route="{route}",le="[^"]+"}} (\d+)$', text, re.M)
    ]
    count = re.search(rf'^ggen_request_seconds_count{{route="{route}"}} (\d+)$', text, re.M)
    assert count and buckets == sorted(buckets) and buckets[-1] == int(count[1]) == 42, text


def check_description(server: Server) -> None:
    """Compare the description's paths and methods with the routes and files."""
    described = server.ask("/openapi.json").json()
    found = {(method, path) for path, methods in described["paths"].items() for method in methods}
    expected = {(route.method.lower(), route.path) for route in ROUTES} | {("get", path) for path in FILES}
    assert found == expected, found ^ expected
    assert described["openapi"] == "3.1.0"
    secured = {path for path, methods in described["paths"].items() for m in methods.values() if "security" in m}
    assert secured == {route.path for route in ROUTES if route.token}


def check_described_answers(server: Server) -> None:
    """Ask for every path with GET or HEAD, right and wrong, with a token and without; compare with the description."""
    described = server.ask("/openapi.json").json()
    names = facts(server)
    values = {"id": "io.ggen.rust.core", "version": "1.0.0", "tile": "0/000.p/1"}
    asked = 0
    for path, methods in described["paths"].items():
        digest = names["tree"] if "archives" in path else names["blob"]
        for method in methods.keys() & {"get", "head"}:
            for token in ({}, bearer(server, "io.acme")):
                for filled in (
                    path.format(**values, digest=digest),
                    path.format(id="x", version="x", tile="x", digest="x"),
                ):
                    _check_described(methods[method], described, server.ask(filled, method.upper(), **token), filled)
                    asked += 1
    assert asked > 60, asked


def _check_described(operation: dict[str, Any], described: dict[str, Any], answer: Answer, path: str) -> None:
    said = operation["responses"].get(str(answer.status))
    assert said is not None, (path, answer)
    if "$ref" in said:
        said = described["components"]["responses"][said["$ref"].rpartition("/")[2]]
    media = answer.headers.get("content-type", "").partition(";")[0]
    kinds = {kind.partition(";")[0] for kind in said.get("content", {})}
    assert media in kinds or (not kinds and not answer.body), (path, answer, kinds)


def spoil_tokens(path: Path, trouble: str) -> None:
    """Let something be wrong with the file of a registry's tokens."""
    text = path.read_text(encoding="utf-8")
    changed = {
        "cut short": text[:50],
        "of a newer format": text.replace('"format": 1', '"format": 2'),
        "of no texts": text.replace('"name": "ci"', '"name": 7'),
        "of no quota": text.replace('"quota": null', '"quota": "much"'),
        "of other fields": text.replace('"namespaces"', '"spaces"'),
    }.get(trouble, text)
    path.write_text(changed, encoding="utf-8")
    path.chmod(0o644 if trouble == "open to everybody" else 0o600)


def send_too_much(server: Server, size: int) -> list[Answer]:
    """Send a bundle, and a part of a blob, of more bytes than the disk has."""
    token = bearer(server, "io.acme")
    body = b"".join(bundle.write([new_blob(made_up(size))]))
    upload = Upload(server, size)
    return [server.ask("/api/v1/blobs", "POST", body, **token), upload.send(0, size)]


def counted_together(processes: int, requests: int) -> tuple[int, int, bool]:
    """Let processes count at once; return the numbers counted and in flight, and whether one more is refused."""
    board = Board(("package",), processes)
    process = multiprocessing.get_context("fork").Process
    workers = [process(target=_count, args=(board, requests)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * processes
    found = re.search(r'route="package",status="2xx"} (\d+)$', board.text(), re.MULTILINE)
    try:
        board.claim()
    except RuntimeError:
        return int(found[1]) if found else 0, board.in_flight, True
    return int(found[1]) if found else 0, board.in_flight, False


def _count(board: Board, requests: int) -> None:
    board.claim()
    for _ in range(requests):
        board.began()
        board.ended("package", 200, 0.001, 10)
