"""The fault proxy's answers: the registry's own, those that are made up, and those that are spoilt on the way."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http.client import responses
from typing import Literal

from support.cleanroom.proxy.links import Headers
from support.cleanroom.proxy.schedules import Fault

Ending = Literal["keep", "close", "reset", "stall"]
_PORTAL = b"<!doctype html><title>Welcome</title><form action=/login>Please log in to use this network</form>\n"
_ENDLESS_PIECE = b"0123456789abcdef" * 4096
_SLICES = 20  # a limited body is sent in pieces of a twentieth of a second
_RAMP = 0.1  # seconds in which a slow start doubles its rate


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way. `sound`: its framing is right; else the bytes go out as they are, and then `ending`."""

    status: int
    headers: Headers
    body: AsyncIterator[bytes]
    reason: bytes = b""
    sound: bool = True
    ending: Ending = "keep"

    def header(self, name: bytes) -> bytes | None:
        """Return a header's value."""
        return next((value for found, value in self.headers if found.lower() == name), None)

    def with_header(self, name: bytes, value: bytes) -> "Reply":
        """Return the reply with a header replaced or added."""
        kept = [(found, old) for found, old in self.headers if found.lower() != name]
        return replace(self, headers=[*kept, (name.title(), value)])

    def head(self) -> bytes:
        """Return the bytes of the head, framed as chunked when no length is known."""
        lines = [b"HTTP/1.1 %d %s" % (self.status, self.reason)]
        lines += [b"%s: %s" % pair for pair in self.headers]
        lines += [] if self.header(b"content-length") else [b"Transfer-Encoding: chunked"]
        return b"\r\n".join([*lines, b"", b""])


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Give one piece."""
    if data:
        yield data


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield _ENDLESS_PIECE


async def _first(body: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    left = count
    async for piece in body:
        if left:
            yield piece[:left]
        left -= len(piece[:left])  # the rest is received all the same: the link upstream stays usable


async def _and_more(body: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    # In one piece with the end: a client that looks at once whether more has come is to find it, however fast it looks.
    last = b""
    async for piece in body:
        if last:
            yield last
        last = piece
    yield last + b"x" * count


async def _flipped(body: AsyncIterator[bytes], place: int) -> AsyncIterator[bytes]:
    at = place
    async for piece in body:
        if 0 <= at < len(piece):
            yield piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]
        else:
            yield piece
        at -= len(piece)


def made_up(fault: Fault, noise: random.Random) -> Reply | None:
    """Return the answer of a fault that asks nobody, or None if the fault needs the registry's answer."""
    maker = _MADE_UP.get(fault.kind)
    return maker(fault, noise) if maker else None


def _own(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Reply:
    reason = responses.get(status, "").encode()
    length = [] if status in (204, 304) or status < 200 else [(b"Content-Length", b"%d" % len(body))]
    return Reply(status, [*headers, *length], once(body if length else b""), reason)


def _status(fault: Fault, _noise: random.Random) -> Reply:
    wait = fault.text("retry-after")
    headers = [(b"Content-Type", b"text/plain"), *([(b"Retry-After", wait.encode())] if wait else [])]
    return _own(fault.number("code"), b"the fault proxy says so\n", *headers)


def _redirect(fault: Fault, _noise: random.Random) -> Reply:
    return _own(fault.number("code"), b"", (b"Location", fault.text("to").encode()))


def _garbage(fault: Fault, noise: random.Random) -> Reply:
    return Reply(0, [], once(noise.randbytes(fault.number("size"))), sound=False, ending="close")


_MADE_UP: Mapping[str, Callable[[Fault, random.Random], Reply]] = {
    "status": _status,
    "redirect": _redirect,
    "not-modified": lambda *_: _own(304, b"", (b"ETag", b'"never-seen"')),
    "portal": lambda *_: _own(200, _PORTAL, (b"Content-Type", b"text/html; charset=utf-8")),
    "garbage": _garbage,
    "garbage-body": lambda fault, noise: _own(200, noise.randbytes(fault.number("size"))),
    "endless": lambda *_: Reply(200, [(b"Content-Type", b"application/octet-stream")], _endless(), b"OK"),
}


def spoilt(reply: Reply, fault: Fault) -> Reply:
    """Return the registry's answer with the fault in it."""
    spoiler = _SPOILERS.get(fault.kind)
    return spoiler(reply, fault) if spoiler else reply


def _stop(reply: Reply, fault: Fault, ending: Ending) -> Reply:
    return replace(reply, body=_first(reply.body, max(0, fault.number("after"))), sound=False, ending=ending)


def _unlengthed(reply: Reply, fault: Fault) -> Reply:
    headers = [(name, value) for name, value in reply.headers if name.lower() != b"content-length"]
    return _stop(replace(reply, headers=headers), fault, "close")


def _length(reply: Reply, fault: Fault) -> Reply:
    length = max(0, int(reply.header(b"content-length") or 0) + fault.number("by"))
    return replace(reply.with_header(b"content-length", b"%d" % length), sound=False, ending="close")


def _range(reply: Reply, fault: Fault) -> Reply:
    """Shift `bytes a-b/n` by the fault's number; an answer without a range stays."""
    found = (reply.header(b"content-range") or b"").decode("latin-1")
    span, _, total = found.removeprefix("bytes ").partition("/")
    first, dash, last = span.partition("-")
    if not dash:
        return reply
    by = fault.number("by")
    return reply.with_header(b"content-range", f"bytes {int(first) + by}-{int(last) + by}/{total}".encode())


_SPOILERS: Mapping[str, Callable[[Reply, Fault], Reply]] = {
    "truncate": lambda reply, fault: _stop(reply, fault, "close"),
    "truncate-chunked": _unlengthed,
    "reset": lambda reply, fault: _stop(reply, fault, "reset"),
    "stall": lambda reply, fault: _stop(reply, fault, "stall"),
    "overlong": lambda reply, fault: replace(
        reply, body=_and_more(reply.body, fault.number("by")), sound=False, ending="close"
    ),
    "length": _length,
    "corrupt": lambda reply, fault: replace(reply, body=_flipped(reply.body, fault.number("at"))),
    "content-range": _range,
}


async def paced(
    body: AsyncIterator[bytes],
    rate: int,
    slow_start: int,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator[bytes]:
    """Give the body at `rate` bytes a second; a slow start begins at its own rate and doubles every 100 ms."""
    begin = due = clock()
    async for piece in body:
        start = 0
        while start < len(piece):
            now = rate if not slow_start else min(rate, int(slow_start * 2 ** min(40, (due - begin) / _RAMP)))
            part = piece[start : start + max(1, now // _SLICES)]
            due += len(part) / now
            await sleep(max(0.0, due - clock()))
            yield part
            start += len(part)
