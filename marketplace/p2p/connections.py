"""Connections: who is dialled, who is sent away, and which streams a peer may open."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio

from marketplace.p2p import hardening
from marketplace.p2p.directory import Directory
from marketplace.p2p.library import ID, INetStream, PeerInfo, PeerStoreError
from marketplace.p2p.limits import (
    DISCOVER_EVERY,
    DISCOVER_FIRST,
    LOCAL_AT_ONCE,
    LOCAL_EVERY,
    MAX_STREAMS_PER_PEER,
    RECONNECT_EVERY,
    REQUEST_SECONDS,
    WANTED_PEERS,
)
from marketplace.p2p.reputation import Offence, Reputation, Standing
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire


class Connections:
    """The connections of one node's host.

    Args:
        bootstrap: peers to stay connected to.
        greet: run for each peer that has connected, unless it is banned.
        blame: told a peer's offence.
        start: runs a task about one peer beside everything else.
    """

    def __init__(
        self, host: Any, directory: Directory, reputation: Reputation, bootstrap: Sequence[PeerInfo], *,
        greet: Callable[[ID], Awaitable[None]], blame: Callable[[str, Offence], None],
        start: Callable[..., None],
    ) -> None:  # fmt: skip
        self._host = host
        self._directory = directory
        self._reputation = reputation
        self._bootstrap = bootstrap
        self._greet = greet
        self._blame = blame
        self._start = start
        hardening.guard_streams(host, self._admits, lambda peer, offence: blame(peer, Offence(offence)))
        hardening.guard_dials(host, self._may_dial)
        host.get_network().register_notifee(_Notifee(self._connected))

    def peers(self) -> list[str]:
        """Return the ids of the connected peers."""
        return sorted(str(peer) for peer in self._host.get_connected_peers())

    def speaks(self, peer: str, protocol: str) -> bool:
        """Tell whether a peer speaks a protocol; one that has not said yet what it speaks (by identify) may."""
        try:
            known = self._host.get_peerstore().get_protocols(ID.from_base58(peer))
        except PeerStoreError:
            return True
        said = [name for name in known if not name.startswith("/ipfs/")]  # of those the library notes some by itself
        return not said or protocol in said

    def _connected(self, peer: ID) -> None:
        if self._reputation.standing(str(peer)) is Standing.BANNED:
            self.leave(peer)
        else:
            self._start(self._greet, peer)

    def leave(self, peer: ID) -> None:
        """End the connections with a peer."""
        self._start(self._leave, peer)

    async def _leave(self, peer: ID) -> None:
        await self._host.disconnect(peer)

    def _may_dial(self, peer: str) -> bool:
        return self._reputation.standing(peer) is not Standing.BANNED

    def avoids(self, peer: str) -> bool:
        """Tell whether a peer is kept out of the mesh."""
        return self._reputation.standing(peer) in (Standing.AVOIDED, Standing.BANNED)

    def _admits(self, stream: INetStream) -> bool:
        """Tell whether a peer may have another stream; one that opens too many pays."""
        peer = str(stream.muxed_conn.peer_id)
        if self._reputation.standing(peer) is Standing.BANNED:
            return False
        connections = self._host.get_network().get_connections(stream.muxed_conn.peer_id)
        if sum(len(connection.get_streams()) for connection in connections) > MAX_STREAMS_PER_PEER:
            self._blame(peer, Offence.FLOOD)
            return False
        return True

    async def stay(self) -> None:
        """Keep dialling the bootstrap peers that are not connected, for ever."""
        while True:
            for info in self._bootstrap:
                if str(info.peer_id) not in self.peers():
                    self._start(self.dial, info)
            await trio.sleep(RECONNECT_EVERY)

    async def dial(self, info: PeerInfo) -> None:
        """Try to connect to a peer."""
        with trio.move_on_after(REQUEST_SECONDS):
            try:
                await self._host.connect(info)
            except Exception:  # noqa: BLE001 - it is tried again, and `node peers` shows who is connected
                return

    async def dial_all(self, infos: Sequence[PeerInfo]) -> list[str]:
        """Try to connect to peers; return those of them that are connected then."""
        for info in infos:
            if str(info.peer_id) not in self.peers():
                await self.dial(info)
        return [str(info.peer_id) for info in infos if str(info.peer_id) in self.peers()]

    async def discover(self) -> None:
        """Look for further peers by the DHT while there are fewer than wanted, for ever."""
        pause = DISCOVER_FIRST
        while True:
            await trio.sleep(pause)
            pause = min(2 * pause, DISCOVER_EVERY)
            if 0 < len(self.peers()) < WANTED_PEERS:
                for peer in await self._directory.find_neighbours():
                    if str(peer) not in self.peers() and len(self.peers()) < WANTED_PEERS:
                        await self.dial(PeerInfo(peer, self._host.get_peerstore().addrs(peer)))

    async def meet(self, look: Callable[[int], Awaitable[Sequence[PeerInfo]]]) -> None:
        """Dial peers that were heard on the local network while there are fewer than wanted, for ever."""
        while True:
            if len(self.peers()) < WANTED_PEERS:
                found = await look(LOCAL_AT_ONCE)
                connected = self.peers()
                async with trio.open_nursery() as nursery:
                    for info in found:
                        if str(info.peer_id) not in connected:
                            nursery.start_soon(self.dial, info)
            await trio.sleep(LOCAL_EVERY)

    async def open(self, peer: str, protocol: str) -> Wire:
        """Open a stream to a peer.

        Raises:
            PeerGoneError, StalledError: as `Wire`.
        """
        found = None
        with trio.move_on_after(REQUEST_SECONDS):
            try:
                found = await self._host.new_stream(ID.from_base58(peer), [protocol])
            except trio.Cancelled:
                raise
            except Exception as error:
                raise PeerGoneError(str(error)) from error
        if found is None:
            raise StalledError(f"{peer} opened no stream for {REQUEST_SECONDS} s")
        return Wire(found)


class _Notifee:
    """What the network tells: only that a peer is connected matters."""

    def __init__(self, connected: Callable[[ID], None]) -> None:
        self._connected = connected

    async def connected(self, _network: Any, conn: Any) -> None:
        self._connected(conn.muxed_conn.peer_id)

    async def disconnected(self, _network: Any, _conn: Any) -> None:
        """Nothing: who is connected is asked when it matters."""

    async def opened_stream(self, _network: Any, _stream: Any) -> None:
        """Nothing."""

    async def closed_stream(self, _network: Any, _stream: Any) -> None:
        """Nothing."""

    async def listen(self, _network: Any, _address: Any) -> None:
        """Nothing."""

    async def listen_close(self, _network: Any, _address: Any) -> None:
        """Nothing."""
