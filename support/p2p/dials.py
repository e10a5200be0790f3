"""Peers that answer dials in their own time, on a virtual clock."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import trio
from trio.testing import MockClock

from marketplace.p2p.dialling import Dialler
from marketplace.p2p.library import ID, PeerInfo
from marketplace.p2p.limits import PROVIDERS_GRACE

Result = TypeVar("Result")

SILENT, REFUSES = math.inf, -1.0
"""How long peers take that never answer, or refuse at once."""


class Dials:
    """Peers, each with the seconds it takes to answer a dial.

    Attributes:
        connected: the ids of those that are connected.
        dialled: how often each was dialled.
        most: how many were being dialled at the same time, and of one peer.
        took: how long the last call took, in seconds.
    """

    def __init__(self) -> None:
        self.connected: set[str] = set()
        self.dialled: Counter[str] = Counter()
        self.most = self.most_of_one = 0
        self.took = 0.0
        self._seconds: dict[str, float] = {}
        self._infos: list[PeerInfo] = []
        self._going: Counter[str] = Counter()
        self._dialler = Dialler(self._connect, lambda: self.connected)

    def add(self, seconds: float) -> str:
        """Add a peer that takes so long to answer; return its id."""
        info = PeerInfo(ID(f"peer {len(self._infos)}".encode()), [])
        self._infos.append(info)
        self._seconds[str(info.peer_id)] = seconds
        return str(info.peer_id)

    async def _connect(self, info: PeerInfo) -> None:
        peer = str(info.peer_id)
        self.dialled[peer] += 1
        self._going[peer] += 1
        self.most = max(self.most, self._going.total())
        self.most_of_one = max(self.most_of_one, self._going[peer])
        try:
            if self._seconds[peer] == REFUSES:
                raise OSError("connection refused")
            await trio.sleep(self._seconds[peer])
            self.connected.add(peer)
        finally:
            self._going[peer] -= 1

    def dial_providers(self) -> Sequence[str]:
        """Dial all as providers; return what comes of it."""
        return self._timed(lambda: self._dialler.dial_all(self._infos, PROVIDERS_GRACE))

    def stay(self, seconds: float, breaks: float) -> None:
        """Stay connected to all for so many seconds; after `breaks` of them the connections break."""

        async def stay() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._dialler.stay, self._infos)
                await trio.sleep(breaks)
                self.connected.clear()
                await trio.sleep(seconds - breaks)
                nursery.cancel_scope.cancel()

        self._timed(stay)

    def _timed(self, function: Callable[[], Awaitable[Result]]) -> Result:
        async def main() -> Result:
            start = trio.current_time()
            result = await function()
            self.took = trio.current_time() - start
            return result

        return trio.run(main, clock=MockClock(autojump_threshold=0))
