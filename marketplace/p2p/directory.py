"""The DHT: who provides a package's content. What it says is a hint; nothing is believed because it was found there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trio
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo

from marketplace.p2p.limits import DIRECTORY_SECONDS, PROVIDE_EVERY, RECORD_SECONDS, REPUBLISH_SECONDS

_SHA2_256 = bytes([0x12, 0x20])
"""The multihash prefix of a SHA-256: its code and its length."""


def key_of(digest: str) -> bytes:
    """Return the DHT's key for a content id: its multihash, which is what a CID holds."""
    return _SHA2_256 + bytes.fromhex(digest.removeprefix("sha256:"))


@dataclass(slots=True)
class Provided:
    """When a content id was first and last announced as provided here (seconds since 1970), and to how many nodes."""

    since: float
    refreshed: float
    records: int

    @property
    def expires(self) -> float:
        """When the other nodes forget it, unless it is announced again."""
        return self.refreshed + RECORD_SECONDS


class Directory:
    """The DHT of one node.

    Args:
        server: whether other nodes may ask this one; one that does not serve stores nothing and really has to ask.
        now: returns seconds since 1970.
    """

    def __init__(self, host: Any, *, server: bool, now: Callable[[], float]) -> None:
        mode = DHTMode.SERVER if server else DHTMode.CLIENT
        self.service = KadDHT(host, mode, strict_validation=True)
        self.provided: dict[str, Provided] = {}
        self._host = host
        self._now = now

    async def know(self, peer: ID) -> None:
        """Put a connected peer into the routing table, if it serves the DHT; the library does not."""
        await self.service.add_peer(peer)

    async def provide(self, digest: str) -> int:
        """Announce that the content is here; return how many nodes keep that."""
        key = key_of(digest)
        store = self.service.provider_store
        store.add_provider(key, PeerInfo(self._host.get_id(), self._host.get_addrs()))
        closest: list[ID] = []
        with trio.move_on_after(DIRECTORY_SECONDS):
            closest = await self.service.peer_routing.find_closest_peers_network(key)
        told: list[ID] = []
        async with trio.open_nursery() as nursery:
            for peer in closest:
                nursery.start_soon(self._tell, peer, key, told)
        before = self.provided.get(digest)
        self.provided[digest] = Provided(before.since if before else self._now(), self._now(), len(told))
        return len(told)

    async def _tell(self, peer: ID, key: bytes, told: list[ID]) -> None:
        with trio.move_on_after(DIRECTORY_SECONDS):
            if await self.service.provider_store._send_add_provider(peer, key):
                told.append(peer)

    async def find_providers(self, digest: str) -> list[PeerInfo]:
        """Return who is said to have the content."""
        found: list[PeerInfo] = []
        with trio.move_on_after(DIRECTORY_SECONDS):
            found = await self.service.find_providers(key_of(digest).hex())
        mine = self._host.get_id()
        return list({info.peer_id: info for info in found if info.peer_id != mine}.values())

    async def find_neighbours(self) -> list[ID]:
        """Look ourselves up: return the nodes nearest to us. Keeps a node connected to more than its bootstrap."""
        found: list[ID] = []
        with trio.move_on_after(DIRECTORY_SECONDS):
            found = await self.service.peer_routing.find_closest_peers_network(self._host.get_id().to_bytes())
        return [peer for peer in found if peer != self._host.get_id()]

    def due(self) -> list[str]:
        """Return what is to be announced again: in time, before others forget it, or when nobody keeps it."""
        now = self._now()
        return [
            digest
            for digest, item in self.provided.items()
            if now - item.refreshed > (REPUBLISH_SECONDS if item.records else PROVIDE_EVERY)
        ]
