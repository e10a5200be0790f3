"""Connecting to peers: several at once, and none is waited for longer than it is of use."""

import math
from collections.abc import Awaitable, Callable, Container, Sequence

import trio

from marketplace.p2p.library import PeerInfo
from marketplace.p2p.limits import RECONNECT_EVERY, REQUEST_SECONDS


class Dialler:
    """Dials peers.

    Args:
        connect: connects to a peer; raises whatever its transport raises.
        connected: returns the ids of the connected peers.
    """

    def __init__(self, connect: Callable[[PeerInfo], Awaitable[None]], connected: Callable[[], Container[str]]) -> None:
        self._connect = connect
        self._connected = connected

    def _has(self, info: PeerInfo) -> bool:
        return str(info.peer_id) in self._connected()

    async def stay(self, infos: Sequence[PeerInfo]) -> None:
        """Dial peers whenever they are not connected, for ever."""
        async with trio.open_nursery() as nursery:
            for info in infos:
                nursery.start_soon(self._stay_with, info)

    async def _stay_with(self, info: PeerInfo) -> None:
        while True:
            await self._dial(info)
            await trio.sleep(RECONNECT_EVERY)

    async def dial_all(self, infos: Sequence[PeerInfo], grace: float = math.inf) -> list[str]:
        """Try to connect to peers, all at once; return those of them that are connected then.

        Args:
            grace: how many seconds the others have, once one of them is connected.
        """
        async with trio.open_nursery() as nursery:
            for info in infos:
                nursery.start_soon(self._dial_for, nursery.cancel_scope, info, grace)
        return [str(info.peer_id) for info in infos if self._has(info)]

    async def _dial_for(self, all_: trio.CancelScope, info: PeerInfo, grace: float) -> None:
        await self._dial(info)
        if self._has(info):
            all_.deadline = min(all_.deadline, trio.current_time() + grace)

    async def _dial(self, info: PeerInfo) -> None:
        """Try to connect to a peer that is not connected."""
        if self._has(info):
            return
        with trio.move_on_after(REQUEST_SECONDS):
            try:
                await self._connect(info)
            except Exception:  # noqa: BLE001 - it is tried again, and `node peers` shows who is connected
                return
