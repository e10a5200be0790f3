"""What servers must bear: requests half sent, many at once, too large, too fast; and what operators see of it."""

import fcntl
import http.client
import json
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from marketplace.model.ids import PackageId
from marketplace.model.tree import digest_of
from marketplace.protocol import documents
from marketplace.protocol.paths import package
from support.centralized.exchange import Answer, connect, read_answer
from support.centralized.registries import Offer, bearer, send_blobs, send_release
from support.centralized.servers import Server
from support.cleanroom.deadline import Deadline
from support.market.stores import made_up

_SOON = 60.0


class Half:
    """A request of which half the body was sent; `finish` sends the rest."""

    def __init__(self, server: Server, path: str, body: bytes, **headers: str) -> None:
        self._body = body
        self._socket = connect(server.url)
        lines = {"host": urlsplit(server.url).netloc, "content-length": str(len(body)), **headers}
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self._socket.sendall(head.encode() + body[: len(body) // 2])
        server.world.defer(self.close)

    def finish(self) -> Answer:
        """Send the rest and return the answer."""
        self._socket.sendall(self._body[len(self._body) // 2 :])
        return read_answer(self._socket)

    def answer(self) -> Answer:
        """Return the answer to the half."""
        return read_answer(self._socket)

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._socket.close()


def half_batch(server: Server) -> Half:
    """Begin a batch request and stop in its middle."""
    return Half(server, "/api/v1/batch", json.dumps({"want": [], "have": [], "blobs": []}).encode())


def until_counted(server: Server, name: str, value: int) -> None:
    """Wait until a number of the server's metrics has a value; the request that asks is counted too."""
    assert Deadline.after(_SOON).poll(lambda: number(server, name) == value), server.ask("/metrics").body.decode()


def number(server: Server, name: str) -> float:
    """Return a number without labels, or the sum over all labels."""
    text = server.ask("/metrics").body.decode()
    return sum(float(found[1]) for found in re.finditer(rf"^{name}(?:{{[^}}]*}})? ([0-9.]+)$", text, re.MULTILINE))


def check_counted(server: Server, wanted: Mapping[tuple[str, str], float]) -> None:
    """Wait until as many requests of each route have ended with each class of status: an answer is counted when it is
    sent, and it may be another worker that is asked for the numbers.
    """
    found: dict[tuple[str, str], float] = {}

    def look() -> bool:
        found.update({what: counted(server, *what) for what in wanted})
        return found == wanted

    assert Deadline.after(_SOON).poll(look), found


def counted(server: Server, route: str, status: str) -> float:
    """Return how many requests of a route ended with a class of status."""
    text = server.ask("/metrics").body.decode()
    found = re.search(rf'^ggen_requests_total{{route="{route}",status="{status}"}} ([0-9]+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def chunked(server: Server, path: str, size: int, headers: Mapping[str, str], method: str = "POST") -> Answer:
    """Send a body of `size` bytes without saying how long it is."""
    lines = {"host": urlsplit(server.url).netloc, "transfer-encoding": "chunked", "connection": "close", **headers}
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with connect(server.url) as connection:
        connection.sendall(head.encode())
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(size // 1000):
                connection.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        return read_answer(connection)


class HalfHead:
    """A connection on which half of a request's head was sent."""

    def __init__(self, server: Server) -> None:
        self._socket = connect(server.url)
        self._socket.sendall(b"GET /registry.json HTTP/1.1\r\nhost: x\r\n")
        server.world.defer(self._socket.close)

    def is_closed(self) -> bool:
        """Wait until the server has closed the connection; False when it does not."""
        self._socket.settimeout(_SOON)
        try:
            while self._socket.recv(4096):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True


def burst(server: Server, path: str, count: int) -> list[Answer]:
    """Send so many requests over one connection, one after the other."""
    found = []
    head = f"GET {path} HTTP/1.1\r\nhost: {urlsplit(server.url).netloc}\r\n\r\n".encode()
    with connect(server.url) as connection:
        for _ in range(count):
            connection.sendall(head)
            found.append(read_answer(connection))
    return found


# --- uploads in parts --------------------------------------------------------------------------------------------


class Upload:
    """A large blob that a publisher sends in parts."""

    def __init__(self, server: Server, size: int, namespace: str = "io.acme") -> None:
        self.server, self.data = server, made_up(size)
        self.digest = digest_of(self.data)
        self.headers = bearer(server, namespace)
        self.path = f"/api/v1/uploads/{self.digest[7:]}"

    def offset(self) -> int:
        """Ask how much is there."""
        answer = self.server.ask(self.path, "HEAD", **self.headers)
        assert answer.status == 200, answer
        return int(answer.headers["upload-offset"])

    def send(self, start: int, end: int, data: bytes | None = None, /, **odd: str) -> Answer:
        """Send the bytes from `start` up to `end`, or others in their place."""
        body = (self.data if data is None else data)[start:end]
        headers = {"upload-offset": str(start), "upload-length": str(len(self.data)), **self.headers, **odd}
        return self.server.ask(self.path, "PATCH", body, **headers)

    def break_off(self, start: int, end: int) -> None:
        """Say to send the bytes from `start` up to the end, and break the connection at `end`."""
        lines = {
            "host": urlsplit(self.server.url).netloc, "content-length": str(len(self.data) - start),
            "upload-offset": str(start), "upload-length": str(len(self.data)), **self.headers,
        }  # fmt: skip
        head = f"PATCH {self.path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in lines.items()) + "\r\n"
        with connect(self.server.url) as connection:
            connection.sendall(head.encode() + self.data[start:end])
        got = Deadline.after(_SOON).poll(lambda: self.offset() > start and not self._is_written())
        assert got, f"nothing of what was sent is kept, or it is still written: {self.offset()}"

    def _is_written(self) -> bool:
        """Tell whether the server still appends to the part that it keeps: it holds a lock on that meanwhile."""
        (part,) = (self.server.world.home / "registry" / "uploads").glob(f"*-{self.digest[7:]}")
        with part.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def check_upload(server: Server) -> None:
    """Send a blob of 3 MB in parts, break in the middle, go on from where the server says."""
    upload = Upload(server, 3_000_000)
    assert upload.offset() == 0
    answer = upload.send(0, 1_000_000)
    assert (answer.status, answer.headers["upload-offset"]) == (204, "1000000"), answer
    upload.break_off(1_000_000, 2_000_000)
    here = upload.offset()
    assert 1_000_000 < here <= 2_000_000, here
    asked = server.ask("/api/v1/missing", "POST", json.dumps({"digests": [upload.digest]}).encode(), **upload.headers)
    assert asked.json() == {"missing": [upload.digest], "partial": {upload.digest: here}}, asked
    assert upload.send(here, 3_000_000).status == 204
    assert server.ask(f"/blobs/sha256/{upload.digest[7:]}").body == upload.data
    assert upload.offset() == 3_000_000
    again = upload.send(0, 3_000_000)
    assert (again.status, again.code, again.json()["offset"]) == (409, "upload-offset", 3_000_000), again
    assert not list((server.world.home / "registry" / "uploads").iterdir())


def check_upload_refusals(server: Server) -> None:
    """Send parts that do not fit; each is refused and spoils nothing."""
    upload = Upload(server, 100_000)
    other = Upload(server, 100_000, "io.other")
    assert upload.send(0, 50_000).status == 204
    refused = {
        "behind the end": (upload.send(60_000, 100_000), 409, "upload-offset"),
        "once more": (upload.send(0, 50_000), 409, "upload-offset"),
        "no offset": (upload.send(50_000, 100_000, **{"upload-offset": "x"}), 400, "request-malformed"),
        "a negative length": (upload.send(50_000, 100_000, **{"upload-length": "-1"}), 400, "request-malformed"),
        "beyond its length": (upload.send(50_000, 100_000, **{"upload-length": "60000"}), 413, "body-too-large"),
        "beyond the whole": (upload.send(50_000, 100_000, **{"upload-length": "49999"}), 400, "request-malformed"),
        "too large": (upload.send(50_000, 100_000, **{"upload-length": "999999999999"}), 413, "body-too-large"),
        "no token": (server.ask(upload.path, "PATCH", b"x"), 401, "token-missing"),
        "no digest": (server.ask("/api/v1/uploads/abc", "PATCH", b"x", **upload.headers), 404, "not-found"),
    }
    for what, (answer, status, code) in refused.items():
        assert (answer.status, answer.code) == (status, code), (what, answer)
    assert refused["behind the end"][0].json()["offset"] == 50_000
    assert (upload.offset(), other.offset()) == (50_000, 0), "what one publisher sent another can go on with"
    wrong = upload.send(50_000, 100_000, upload.data[:50_000] + b"x" * 50_000)
    assert (wrong.status, wrong.code) == (422, "blob-corrupt"), wrong
    assert upload.offset() == 0
    assert upload.send(0, 100_000).status == 204


# --- many at once ------------------------------------------------------------------------------------------------


def publishers_and_readers(server: Server, publishers: int, versions: int, readers: int) -> dict[str, Any]:
    """Let publishers publish versions of packages of their own while readers read all of them, again and again.

    Returns how many documents were read, what was wrong with any, and what the publishers were answered.
    """
    offers = [
        [Offer.make(server.world, f"io.acme.p{number}@1.{version}.0") for version in range(versions)]
        for number in range(publishers)
    ]
    header, stop = bearer(server, "io.acme"), threading.Event()
    found: dict[str, Any] = {"read": 0, "wrong": [], "answers": []}

    def publish(mine: list[Offer]) -> list[int]:
        return [_publish(server, offer, header) for offer in mine]

    def read(number: int) -> None:
        id_, most = PackageId(f"io.acme.p{number % publishers}"), 0
        while not stop.is_set():
            answer = server.ask("/" + package(id_))
            if answer.status == 200:
                entries = documents.decode_package(answer.body, id_).entries
                if len(entries) < most:
                    found["wrong"].append(f"{id_} went from {most} to {len(entries)}")
                most = len(entries)
            elif answer.code != "package-not-found" or most:
                found["wrong"].append(f"{answer.status} {answer.code}")
            found["read"] += 1

    with ThreadPoolExecutor(publishers + readers) as pool:
        watching = [pool.submit(read, number) for number in range(readers)]
        try:
            found["answers"] = [answer for mine in pool.map(publish, offers) for answer in mine]
        finally:
            stop.set()
        for watcher in watching:
            watcher.result()
    return found


def _publish(server: Server, offer: Offer, header: dict[str, str]) -> int:
    assert send_blobs(server, offer, header).status == 200
    return send_release(server, offer, header).status


def kill_while_publishing(server: Server, restart: Callable[[], Server], count: int) -> list[bool]:
    """Kill the server at other moments of a publication each time; return whether each release was there afterwards.

    What was answered with success must be there; what is there must be whole; and sending it again must succeed.
    """
    outcomes = []
    for number in range(count):
        offer = Offer.make(server.world, f"io.acme.killed@1.{number}.0")
        header = bearer(server, "io.acme")
        answered: list[int] = []
        sender = threading.Thread(target=_send_all, args=(server, offer, header, answered))
        sender.start()
        moment = Deadline.after(_SOON)
        moment.poll(lambda answered=answered, number=number: len(answered) >= min(number % 3, 2), every=0.001)  # type: ignore[misc]
        server.kill()
        sender.join()
        server = restart()
        there = server.ask(f"/releases/io.acme.killed/1.{number}.0.json").status == 200
        assert there or 201 not in answered, (number, answered)
        assert send_blobs(server, offer, header).status == 200
        assert send_release(server, offer, header).status == (200 if there else 201), (number, there)
        outcomes.append(there)
    return outcomes


def _send_all(server: Server, offer: Offer, header: dict[str, str], answered: list[int]) -> None:
    with suppress(OSError, http.client.HTTPException):
        answered.append(send_blobs(server, offer, header).status)
        answered.append(send_release(server, offer, header).status)


def log_lines(server: Server) -> list[dict[str, Any]]:
    """Return the lines of JSON that the server has logged of requests."""
    whole = server.logged().rpartition("\n")[0]  # the last line may still be being written
    lines = [line for line in whole.splitlines() if line.startswith("{") and '"route"' in line]
    return [json.loads(line) for line in lines]
