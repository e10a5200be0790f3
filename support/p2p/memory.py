"""Streams in memory, on which the product's protocols are spoken without a network; the product's timers are real."""

import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

import trio
from trio._core import _thread_cache
from trio.testing import memory_stream_pair

from marketplace.p2p.messages import ProtocolError
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire

_IDLE_SECONDS = 0.02
Result = TypeVar("Result")

Serve = Callable[[Wire], Awaitable[None]]
"""What a peer does on a stream that was opened to it."""


def run(function: Callable[..., Awaitable[Result]], *arguments: object) -> Result:
    """Run with trio, and wait for the end of the threads that it keeps for later, 10 s as it comes."""
    with mock.patch.object(_thread_cache, "IDLE_TIMEOUT", _IDLE_SECONDS):
        result = trio.run(function, *arguments)
        for thread in threading.enumerate():
            if thread.name.startswith("Trio thread"):
                thread.join()
    return result


class MemoryStream:
    """One end of a stream, as `Wire` sees it.

    Args:
        peer: who is at the other end.
        most: after how many bytes sent this end dies.
    """

    def __init__(self, ends: Any, peer: str, most: int | None = None) -> None:
        self.muxed_conn = SimpleNamespace(peer_id=peer)
        self.received = self.sent = 0
        self._ends = ends
        self._most = most

    async def read(self, most: int) -> bytes:
        """Return what has come, b"" at the end."""
        data = bytes(await self._ends.receive_some(most))
        self.received += len(data)
        return data

    async def write(self, data: bytes) -> None:
        """Send all, unless this end dies of it."""
        if self._most is not None and self.sent + len(data) > self._most:
            await self._ends.send_all(data[: self._most - self.sent])
            await self.reset()
            raise trio.BrokenResourceError
        await self._ends.send_all(data)
        self.sent += len(data)

    async def close(self) -> None:
        """End this direction."""
        await self._ends.send_eof()

    async def reset(self) -> None:
        """End both directions at once."""
        await trio.aclose_forcefully(self._ends)


class AskedWire(Wire):
    """The serving end of a stream, which tells what it is asked."""

    def __init__(self, stream: MemoryStream, asked: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(stream)
        self._asked = asked

    async def receive(self, seconds: float = 5.0) -> dict[str, Any]:
        """Receive a message."""
        message = await super().receive(seconds)
        self._asked(message)
        return message


class Lines:
    """The streams of one node to its peers, each of which does what it does on every stream.

    Args:
        dying: after how many bytes a peer dies, of those who do.
        asked: told a peer and what it was asked.
    """

    def __init__(
        self, nursery: trio.Nursery, peers: Mapping[str, Serve], dying: Mapping[str, int],
        asked: Callable[[str, dict[str, Any]], None],
    ) -> None:  # fmt: skip
        self.most_open = 0
        self._nursery = nursery
        self._peers = peers
        self._dying = dying
        self._asked = asked
        self._streams: list[MemoryStream] = []
        self._open = 0

    @property
    def received(self) -> dict[str, int]:
        """The bytes that the node has received, by peer."""
        found: dict[str, int] = {}
        for stream in self._streams:
            found[stream.muxed_conn.peer_id] = found.get(stream.muxed_conn.peer_id, 0) + stream.received
        return found

    async def open(self, peer: str) -> Wire:
        """Open a stream to a peer."""
        mine, theirs = memory_stream_pair()
        stream = MemoryStream(mine, peer)
        self._streams.append(stream)
        self._nursery.start_soon(self._serve, peer, MemoryStream(theirs, "node", self._dying.get(peer)))
        return Wire(stream)

    async def _serve(self, peer: str, stream: MemoryStream) -> None:
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        with suppress(ProtocolError, PeerGoneError, StalledError):
            await self._peers[peer](AskedWire(stream, partial(self._asked, peer)))
        self._open -= 1
        await stream.reset()
