"""What lies between simulated peers: messages that arrive later, streams whose bytes do, and the count of both."""

import heapq
from collections import Counter, deque
from collections.abc import Callable
from types import SimpleNamespace

import trio

from marketplace.p2p.library import rpc_pb2


class Later:
    """Calls at moments of the virtual clock: one task for all, since there are millions."""

    def __init__(self) -> None:
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._sooner = trio.Event()

    def call(self, seconds: float, what: Callable[[], None]) -> None:
        """Call something after so many seconds."""
        self._count += 1
        heapq.heappush(self._calls, (trio.current_time() + seconds, self._count, what))
        if self._calls[0][1] == self._count:
            self._sooner.set()

    async def run(self) -> None:
        """Make the calls, for ever."""
        while True:
            while self._calls and self._calls[0][0] <= trio.current_time():
                heapq.heappop(self._calls)[2]()
            self._sooner = trio.Event()
            with trio.move_on_at(self._calls[0][0] if self._calls else float("inf")):
                await self._sooner.wait()


class Pipe:
    """One direction of a stream: what is put in comes out after the latency, in its order."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._parts: deque[tuple[float, bytes]] = deque()
        self._came = trio.Event()
        self.broken = False

    def put(self, data: bytes) -> None:
        """Send; b"" ends the stream."""
        self._parts.append((trio.current_time() + self._latency, data))
        self._came.set()

    def break_(self) -> None:
        """End it for both sides, now."""
        self.broken = True
        self._came.set()

    async def take(self, most: int) -> bytes:
        """Return what has arrived, waiting for it; b"" at the end."""
        while not self._parts and not self.broken:
            self._came = trio.Event()
            await self._came.wait()
        if self.broken:
            raise trio.BrokenResourceError
        due, data = self._parts[0]
        await trio.sleep_until(due)
        if len(data) > most:
            self._parts[0] = (due, data[most:])
        elif data:
            self._parts.popleft()
        return data[:most]


class SimulatedStream:
    """One end of a stream between two peers, as `Wire` sees it."""

    def __init__(self, peer: str, into: Pipe, out: Pipe, counts: Counter[str]) -> None:
        self.muxed_conn = SimpleNamespace(peer_id=peer)
        self._into = into
        self._out = out
        self._counts = counts

    async def read(self, most: int) -> bytes:
        """Return what has come, b"" at the end."""
        return await self._into.take(most)

    async def write(self, data: bytes) -> None:
        """Send."""
        if self._out.broken:
            raise trio.BrokenResourceError
        self._counts["sync messages"] += 1
        self._counts["sync bytes"] += len(data)
        self._out.put(data)

    async def close(self) -> None:
        """End our direction."""
        self._out.put(b"")

    async def reset(self) -> None:
        """End both directions."""
        self._into.break_()
        self._out.break_()


def gossip_length(data: bytes) -> int:
    """Return how many bytes gossip takes for a message: the frame with the sender's id, key and signature."""
    message = rpc_pb2.Message(from_id=bytes(38), seqno=bytes(8), data=data, topicIDs=["/ggen/market/packages/1"],
                              signature=bytes(64), key=bytes(36))  # fmt: skip
    return len(rpc_pb2.RPC(publish=[message]).SerializeToString()) + 2
