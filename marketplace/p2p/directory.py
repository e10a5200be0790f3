"""The DHT: who provides a package's content, and the newest release of a package for those who keep no index.

What it says is a hint; nothing is believed because it was found there.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import trio

from marketplace.errors import IntegrityError
from marketplace.model.entry import Verify
from marketplace.model.release import Release
from marketplace.p2p.announce import Announcement
from marketplace.p2p.library import ID, DHTMode, KadDHT, PeerInfo, Validator
from marketplace.p2p.limits import DIRECTORY_SECONDS, PROVIDE_EVERY, RECORD_SECONDS, REPUBLISH_SECONDS

_SHA2_256 = bytes([0x12, 0x20])
"""The multihash prefix of a SHA-256: its code and its length."""


def key_of(digest: str) -> bytes:
    """Return the DHT's key for a content id: its multihash, which is what a CID holds."""
    return _SHA2_256 + bytes.fromhex(digest.removeprefix("sha256:"))


NAMESPACE = "ggen"


def record_key(id_: str) -> str:
    """Return the DHT's key for a package id, at most 50 bytes long: what is longer is refused by servers."""
    name = base64.urlsafe_b64encode(hashlib.sha256(id_.encode()).digest()).rstrip(b"=").decode()
    return f"/{NAMESPACE}/{name}"


class RecordValidator(Validator):
    """What may be stored under `record_key`: a valid announcement of a release of that package.

    Of several the one with the highest version counts, of equal ones the one that sorts first: others may store theirs
    too, so who looks one up checks the key against his pins.
    """

    def __init__(self, verify: Verify) -> None:
        self._verify = verify

    def validate(self, key: str, value: bytes) -> None:
        """Raise IntegrityError or ValueError for what must not be stored."""
        record = Announcement.decode(value, self._verify).entry.record
        if not isinstance(record, Release) or record_key(str(record.id)) != key:
            raise ValueError("a record of something else")

    def select(self, key: str, values: Sequence[bytes]) -> int:  # noqa: ARG002 - the library's signature
        """Return the place of the value that counts."""
        return max(range(len(values)), key=lambda place: (_version(values[place]), values[place]))


def _version(value: bytes) -> tuple[object, ...]:
    record = Announcement.decode(value, lambda _key, _signature, _text: None).entry.record
    return record.version.precedence


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

    def __init__(self, host: Any, *, server: bool, now: Callable[[], float], verify: Verify) -> None:
        mode = DHTMode.SERVER if server else DHTMode.CLIENT
        self.service = KadDHT(host, mode, strict_validation=True)
        self.service.set_namespace_validator(NAMESPACE, RecordValidator(verify))
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

    async def put_record(self, id_: str, announcement: bytes) -> None:
        """Store what was announced of a package where others can look it up."""
        with trio.move_on_after(DIRECTORY_SECONDS), suppress(ValueError, IntegrityError):
            await self.service.put_value(record_key(id_), announcement)

    async def find_record(self, id_: str) -> bytes | None:
        """Return the announcement that is stored of a package."""
        with trio.move_on_after(DIRECTORY_SECONDS):
            return cast("bytes | None", await self.service.get_value(record_key(id_)))
        return None

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
