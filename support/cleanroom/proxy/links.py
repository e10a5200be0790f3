"""The two sides of the fault proxy: HTTP/1.1 over asyncio streams, parsed by h11; connections upstream are reused."""

import asyncio
import fcntl
import socket
import struct
import termios
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import h11

PIECE = 1 << 18  # bytes read at once: large bodies pass in constant memory
_HEAD_LIMIT = 1 << 20
_TAKING = 30.0  # seconds
# RFC 9110 section 7.6.1: they are about one connection, and h11 frames each side itself.
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}

Headers = list[tuple[bytes, bytes]]


class UpstreamError(Exception):
    """The registry behind the proxy did not answer, or not in HTTP."""


def end_to_end(headers: Any, *also: bytes) -> Headers:
    """Return the headers that are passed on, in their own case and order, without those named in `also`."""
    drop = _HOP_BY_HOP.union(also)
    return [(name, value) for name, value in headers.raw_items() if name.lower() not in drop]


@dataclass(slots=True, eq=False)
class Link:
    """One connection and the state of the conversation on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h11.Connection
    reused: bool = False
    received: int = 0

    @classmethod
    def over(
        cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, role: type[h11.CLIENT] | type[h11.SERVER]
    ) -> "Link":
        """Begin a conversation in the role of `h11.CLIENT` or `h11.SERVER`."""
        return cls(reader, writer, h11.Connection(role, max_incomplete_event_size=_HEAD_LIMIT))

    async def event(self) -> h11.Event:
        """Return what comes next.

        Raises:
            h11.RemoteProtocolError: it is no HTTP/1.1.
            ConnectionError: the connection was reset.
        """
        while (found := self.state.next_event()) is h11.NEED_DATA:
            if self.state.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self.state.receive_data(await self.reader.read(PIECE))
        if isinstance(found, type):
            raise h11.RemoteProtocolError("the connection is paused in the middle of an exchange")
        return found

    async def send(self, event: h11.Event) -> None:
        """Send an event, framed by h11."""
        data = self.state.send(event)
        if data:
            await self.write(data)

    async def write(self, data: bytes) -> None:
        """Send bytes as they are, and wait while the other side does not read."""
        self.writer.write(data)
        await self.writer.drain()

    async def body(self) -> AsyncIterator[bytes]:
        """Give the pieces of the body that is being received, to its end."""
        while isinstance(event := await self.event(), h11.Data):
            self.received += len(event.data)
            yield bytes(event.data)
        if not isinstance(event, h11.EndOfMessage):
            raise h11.RemoteProtocolError("the body ended early")

    async def drain(self) -> None:
        """Receive the rest of a body."""
        async for _piece in self.body():
            pass

    async def flush(self) -> None:
        """Wait until the kernel has all that was written: a reset would discard what is still here."""
        self.writer.transport.set_write_buffer_limits(high=0)
        await self.writer.drain()

    async def reset(self) -> None:
        """Send what is buffered, then a reset (closing with SO_LINGER 0 does that) in place of an orderly end."""
        await self.flush()
        sock = self.writer.get_extra_info("socket")
        await _arrival(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the other side closes."""
        while await self.reader.read(PIECE):
            pass

    def close(self) -> None:
        """Close in order."""
        self.writer.close()


async def _arrival(sock: socket.socket) -> None:
    """Wait until the other side's kernel has all that ours was given: a reset drops the rest (tcp(7), SIOCOUTQ).

    A client that takes nothing is waited for no longer than `_TAKING`.
    """
    end = asyncio.get_running_loop().time() + _TAKING
    while asyncio.get_running_loop().time() < end:
        (unsent,) = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))
        if not unsent:
            return
        await asyncio.sleep(0.002)


@dataclass(slots=True)
class Upstream:
    """The registry behind the proxy, and the connections to it that wait for another request."""

    host: str
    port: int
    _idle: list[Link] = field(default_factory=list)

    async def ask(self, request: h11.Request, client: Link, cut: int = -1) -> tuple[h11.Response, Link]:
        """Pass a request on, its body piece by piece, and return the head of the answer and the link that it is on.

        A request with a body gets a connection of its own: on a reused one that the registry has just closed, it could
        not be sent again. With `cut` only that many bytes of the body are passed on; then the link is dropped.

        Raises:
            UpstreamError: there is no answer.
            CutError: the body was cut.
        """
        names = {name for name, _ in request.headers}
        fresh = bool(names & {b"content-length", b"transfer-encoding"})
        try:
            while True:
                link = await self._open(fresh)
                try:
                    await self._send(link, request, client, cut)
                    return await _head(link), link
                except (ConnectionError, h11.RemoteProtocolError):
                    link.close()
                    if not link.reused:
                        raise
        except (OSError, h11.RemoteProtocolError) as error:
            raise UpstreamError(str(error)) from error

    def done(self, link: Link) -> None:
        """Keep the link for another request if the registry allows it, else close it."""
        if link.state.our_state is h11.DONE and link.state.their_state is h11.DONE:
            link.state.start_next_cycle()
            link.reused = True
            self._idle.append(link)
        else:
            link.close()

    def close(self) -> None:
        """Close the idle links."""
        while self._idle:
            self._idle.pop().close()

    async def _open(self, fresh: bool) -> Link:
        while self._idle and not fresh:
            link = self._idle.pop()
            if not link.reader.at_eof() and not link.writer.is_closing():
                return link
            link.close()
        return Link.over(*await asyncio.open_connection(self.host, self.port, limit=PIECE), role=h11.CLIENT)

    async def _send(self, link: Link, request: h11.Request, client: Link, cut: int) -> None:
        headers = end_to_end(request.headers, b"expect")
        framing = [(name, value) for name, value in request.headers if name == b"transfer-encoding"]
        await link.send(h11.Request(method=request.method, target=request.target, headers=headers + framing))
        if client.state.their_state is h11.SEND_BODY:
            await self._pass_body(link, client, cut)
        await link.send(h11.EndOfMessage())

    @staticmethod
    async def _pass_body(link: Link, client: Link, cut: int) -> None:
        left = cut
        async for piece in client.body():
            if cut >= 0 and left < len(piece):
                await link.send(h11.Data(data=piece[:left]))
                await link.flush()
                link.close()
                raise CutError
            left -= len(piece)
            await link.send(h11.Data(data=piece))


class CutError(Exception):
    """The body of a request was cut on purpose."""


async def _head(link: Link) -> h11.Response:
    while not isinstance(event := await link.event(), h11.Response):
        if isinstance(event, h11.ConnectionClosed):
            raise h11.RemoteProtocolError("the registry closed the connection without an answer")
    return event
