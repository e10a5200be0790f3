"""One request and its answer, what can go wrong with them, and the one method that carries them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

CHUNK = 256 * 1024
"""Most bytes of a body that are handed over at once."""

MAX_DOCUMENT = 16 * 1024 * 1024
"""Longest document read, in bytes, after decoding."""


class Outcome(Enum):
    """What a source said when it was asked. "No answer" is not "not found"."""

    FOUND = "found"
    ABSENT = "absent"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"


class Failure(Exception):  # noqa: N818 - no error of the product yet: the client turns it into one that names the registry
    """A request that brought no answer, or one that is no good.

    Args:
        what: a row of the retry table (`marketplace.http.retry.RULES`): a status code, or the name of what went wrong.
        why: a clause for people, such as `it closed the connection`.
        retry_after: the header of that name, as it was sent.
        media_type, body: what came with a status code, such as a problem document; cut at 64 KiB.
        hint: what the user can do, where that is not the same for all of `what`.
    """

    def __init__(
        self, what: str, why: str, *, retry_after: str | None = None, media_type: str = "", body: bytes = b"",
        hint: str = "",
    ) -> None:  # fmt: skip
        super().__init__(why)
        self.what = what
        self.why = why
        self.retry_after = retry_after
        self.media_type = media_type
        self.body = body
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: `open` gives its pieces anew for each attempt; `length` is their sum in bytes."""

    open: Callable[[], Iterator[bytes]]
    length: int

    @classmethod
    def of(cls, data: bytes) -> "Body":
        """Return a body of these bytes."""
        return cls(lambda: iter((data,)), len(data))


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that an answer may take: to connect, between two pieces, and as a whole.

    The whole is `total` plus the time that the bytes so far would take at `rate` bytes a second: a large body may take
    long, one that trickles may not.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0
    rate: float = 10_000.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    limits: Limits = Limits()


class Response(Protocol):
    """An answer whose head is here. Close it, or read it to its end."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by their names in lower case."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it was sent (not decoded).

        Raises:
            Failure: `read`, `truncated`, `overlong` or `slow`.
        """

    def close(self) -> None:
        """Give the connection back; one with an unread body is closed."""


class Transport(Protocol):
    """What carries requests."""

    def send(self, request: Request) -> Response:
        """Send a request and return its answer.

        Raises:
            Failure: `connect`, `read`, `certificate`, `tls`, `proxy`, `407` or `url`.
        """


def read_body(response: Response, limit: int = MAX_DOCUMENT) -> bytes:
    """Read a whole body, decoded, and close the response.

    Raises:
        Failure: what `pieces` raises; `too-long` beyond `limit` bytes, `encoding` for a coding that was not asked for.
    """
    coding = response.headers.get("content-encoding", "identity").lower()
    try:
        pieces = _decoded(response.pieces(), coding)
        data = bytearray()
        for piece in pieces:
            data += piece
            if len(data) > limit:
                raise Failure("too-long", f"its answer is longer than {limit} bytes")
    finally:
        response.close()
    return bytes(data)


def _decoded(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    if coding == "identity":
        yield from pieces
        return
    if coding not in ("gzip", "x-gzip"):
        raise Failure("encoding", f"its answer has the coding {coding[:40]!r}, which was not asked for")
    import zlib

    decoder = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            rest = piece
            while rest and not decoder.eof:
                yield decoder.decompress(rest, CHUNK)
                rest = decoder.unconsumed_tail
        yield decoder.flush()
    except zlib.error as error:
        raise Failure("encoding", f"its answer cannot be decompressed: {error}") from error
    if not decoder.eof:
        raise Failure("truncated", "its compressed answer ends too early")
