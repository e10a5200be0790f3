"""A publisher with one peer that takes its time for what it is sent: streams in memory, and a virtual clock."""

from collections.abc import Awaitable, Callable, Sequence

import trio
from trio.testing import MockClock, memory_stream_pair

from marketplace.model.entry import Entry
from marketplace.p2p import syncing
from marketplace.p2p.announce import Announcement
from marketplace.p2p.publishing import Publishing
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire
from support.p2p.memory import MemoryStream
from support.p2p.sync_sessions import MemoryKeeper, first_entries


class SlowKeeper(MemoryKeeper):
    """A node that takes some seconds for each entry."""

    def __init__(self, seconds: float) -> None:
        super().__init__([])
        self._seconds = seconds

    async def verify_all(self, batch: Sequence[bytes]) -> list[Entry]:
        """Verify entries, slowly."""
        await trio.sleep(self._seconds * len(batch))
        return await super().verify_all(batch)


class Publisher:
    """What `Publishing` needs of a node and of the DHT; the DHT is empty, and nobody listens to gossip."""

    def __init__(self, entries: Sequence[Entry], peer: MemoryKeeper) -> None:
        self._mine = MemoryKeeper(entries)
        self._peer = peer

    def peers(self) -> list[str]:
        """Return the one peer."""
        return ["peer"]

    partners = peers

    async def sync_with(self, peer: str) -> bool:
        """Sync with it; return whether it has confirmed."""
        mine, theirs = memory_stream_pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_served, Wire(MemoryStream(theirs, "publisher")), self._peer)
            try:
                return await syncing.call(Wire(MemoryStream(mine, peer)), self._mine)
            except StalledError:
                return False
            finally:
                nursery.cancel_scope.cancel()

    async def gossip_about(self, _announcement: Announcement) -> None:
        """Tell nobody."""

    def start(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Start nothing: there is no DHT."""

    async def provide(self, _digest: str) -> int:
        """Return that nobody keeps a record."""
        return 0

    async def put_record(self, _id: str, _announcement: bytes) -> None:
        """Reach nobody."""

    def due(self) -> list[str]:
        """Return nothing."""
        return []


async def _served(wire: Wire, keeper: MemoryKeeper) -> None:
    try:
        await syncing.serve(wire, keeper)
    except PeerGoneError:
        await wire.reset()


def publish(count: int, seconds: float) -> list[str]:
    """Publish entries to a peer that takes so long for each; return who has confirmed to have them."""

    async def main() -> list[str]:
        entries = first_entries(ann=count)
        publisher = Publisher(entries, SlowKeeper(seconds))
        announcements = [Announcement(entry) for entry in entries]
        return (await Publishing(publisher, publisher).publish(announcements))[0]

    return trio.run(main, clock=MockClock(autojump_threshold=0))
