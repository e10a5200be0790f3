"""A client that believes nothing: sends one request and says what came back, byte by byte, and how it ended."""

import socket
import time
from dataclasses import dataclass

_SECONDS = 60.0
_SILENCE = 5.0  # an answer that pauses this long has stalled


@dataclass(frozen=True, slots=True)
class Sight:
    """What one request saw. `ended`: `closed`, `reset`, `silent`, `refused` or `cut` (by us, at the limit)."""

    raw: bytes
    ended: str
    seconds: float
    first: float

    @property
    def head(self) -> str:
        """The head as text, empty when none came."""
        head, blank, _ = self.raw.partition(b"\r\n\r\n")
        return head.decode("latin-1") if blank and head.startswith(b"HTTP/1.") else ""

    @property
    def status(self) -> int:
        """The status code, 0 when none came."""
        return int(self.head.split()[1]) if self.head else 0

    @property
    def body(self) -> bytes:
        """What came after the head; everything when there was no head."""
        return self.raw.partition(b"\r\n\r\n")[2] if self.head else self.raw

    def header(self, name: str) -> str:
        """Return a header's value, empty when it is not there."""
        pairs = [line.partition(":") for line in self.head.split("\r\n")[1:]]
        return next((value.strip() for found, _, value in pairs if found.lower() == name.lower()), "")

    def __str__(self) -> str:
        """Return `STATUS, N of LENGTH bytes, ENDED`."""
        if not self.head:
            return f"{len(self.raw)} bytes that are no HTTP, {self.ended}" if self.raw else self.ended
        length = self.header("Content-Length")
        return f"{self.status}, {len(self.body)} of {length or 'unknown'} bytes, {self.ended}"


def look(
    netloc: str,
    target: str,
    *headers: str,
    method: str = "GET",
    body: bytes = b"",
    limit: int = 1 << 30,
    piece: int = 1 << 16,
) -> Sight:
    """Send a request on its own connection and read until it ends, is silent for long, or `limit` is reached.

    Up to `piece` bytes are taken at a time, and few more than that are kept in the kernel.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {netloc}", "Connection: close", *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    host, _, port = netloc.rpartition(":")
    begin = time.monotonic()
    try:
        connection = socket.create_connection((host, int(port)), timeout=_SECONDS)
    except ConnectionRefusedError:
        return Sight(b"", "refused", time.monotonic() - begin, 0.0)
    with connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, piece)
        return _read(connection, "\r\n".join([*lines, "", ""]).encode() + body, limit, piece, begin)


def _read(connection: socket.socket, request: bytes, limit: int, size: int, begin: float) -> Sight:
    pieces: list[bytes] = []
    first, ended = 0.0, "cut"
    try:
        connection.sendall(request)
        connection.settimeout(_SILENCE)
        while sum(map(len, pieces)) < limit:
            piece = connection.recv(size)
            first = first or time.monotonic() - begin
            if not piece:
                ended = "closed"
                break
            pieces.append(piece)
    except TimeoutError:
        ended = "silent"
    except ConnectionError:
        ended = "reset"
    return Sight(b"".join(pieces), ended, time.monotonic() - begin, first)
