"""Bodies of requests: small ones whole, large ones as a stream for a thread, neither longer nor slower than allowed."""

import asyncio
import io
from contextlib import suppress
from typing import Any

from marketplace.errors import InvalidInputError, UnavailableError
from marketplace.protocol.strict import read_object
from marketplace.server.asgi import Message, Receive, Scope, header
from marketplace.server.guard import impatient
from marketplace.storage.blobs import CHUNK

_DISCARDED = 32 * 1024 * 1024
_DISCARDING = 5.0
"""Bytes and seconds for which the rest of a refused body is read: a client that is still sending hears no answer."""


class Incoming:
    """Receives on, and notes whether the body has come to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def discard(self) -> None:
        """Read the rest of the body and throw it away, within limits."""
        left = _DISCARDED
        with suppress(TimeoutError):
            async with asyncio.timeout(_DISCARDING):
                while not self.ended and left > 0:
                    left -= len((await self()).get("body", b""))


class DisconnectedError(Exception):
    """The client went away: nobody is there to be answered."""


class Body:
    """The body of one request.

    Args:
        limit: most bytes that are read.
        idle: seconds in which the next ones must come.
    """

    def __init__(self, scope: Scope, receive: Receive, limit: int, idle: float) -> None:
        self._receive = impatient(receive, idle)
        self._limit = limit
        self._read = 0
        self._ended = False
        length = header(scope, b"content-length")
        if length is not None and (not length.isdigit() or int(length) > limit):
            raise too_large(limit)

    async def chunk(self) -> bytes:
        """Return the next bytes, none at the end.

        Raises:
            InvalidInputError: `body-too-large`.
            UnavailableError: `too-slow`.
            DisconnectedError: the client went away.
        """
        while not self._ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise DisconnectedError
            self._ended = not message.get("more_body", False)
            data: bytes = message.get("body", b"")
            self._read += len(data)
            if self._read > self._limit:
                raise too_large(self._limit)
            if data:
                return data
        return b""

    async def whole(self) -> bytes:
        """Return the whole body.

        Raises:
            InvalidInputError: `body-too-large`.
            DisconnectedError: the client went away.
        """
        parts = bytearray()
        while data := await self.chunk():
            parts += data
        return bytes(parts)

    async def json(self, what: str) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            InvalidInputError: `body-too-large`.
            IntegrityError: `document-malformed`.
        """
        return read_object(await self.whole(), limit=self._limit, what=what)


def too_large(limit: int) -> InvalidInputError:
    """Return the error for a body beyond its limit."""
    return InvalidInputError(
        "body-too-large", f"at most {limit:,} bytes are taken here", hint="send less at once", limit=limit
    )


class BlockingBody(io.RawIOBase):
    """A body as a file for a thread that blocks; the event loop goes on fetching."""

    def __init__(self, body: Body, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._body = body
        self._loop = loop
        self._left = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = CHUNK) -> bytes:
        """Return up to `size` bytes (a number from 1 on), none at the end.

        Raises:
            UnavailableError: `bundle-cut`, the client went away; or `too-slow`.
            InvalidInputError: `body-too-large`.
        """
        if not self._left:
            try:
                self._left = asyncio.run_coroutine_threadsafe(self._body.chunk(), self._loop).result()
            except DisconnectedError as error:
                raise UnavailableError("bundle-cut", "the connection broke before the end") from error
        piece, self._left = self._left[:size], self._left[size:]
        return piece
