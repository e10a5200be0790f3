"""A node that follows its peers, some of which answer a sync late or never: streams in memory, and a virtual clock."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import trio
from trio.testing import MockClock, memory_stream_pair

from marketplace.p2p import syncing
from marketplace.p2p.announce import Announcement
from marketplace.p2p.catching_up import Follow
from marketplace.p2p.logs import Offered
from marketplace.p2p.reputation import Offence, Reputation
from marketplace.p2p.sync import to_json
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire
from support.p2p.memory import MemoryStream, Serve
from support.p2p.sync_sessions import MemoryKeeper, first_entries

SLOW_SECONDS = 240.0
"""How long a peer is silent that is slow for a while only."""


class Node(MemoryKeeper):
    """A node with peers by name, each of which serves a sync in its way.

    Attributes:
        asked: how often each peer was asked.
        paid: what each has paid for.
    """

    awaits = False

    def __init__(self, others: dict[str, Serve]) -> None:
        super().__init__([])
        self.asked: Counter[str] = Counter()
        self.paid: dict[str, Counter[str]] = {name: Counter() for name in others}
        self._others = others
        self._reputation = Reputation(trio.current_time)
        self._follow = Follow(self, self, random.Random(1), lambda _text: None)
        self._nursery: trio.Nursery | None = None

    async def live(self, seconds: float) -> None:
        """Sync with peers now and then, for so long."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._follow.around)
            await trio.sleep(seconds)
            self._nursery.cancel_scope.cancel()

    async def be_called(self, name: str, call: Serve) -> None:
        """Serve a peer that calls."""
        mine, theirs = memory_stream_pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_until_gone, call, Wire(MemoryStream(theirs, "node")))
            await self._follow.serve(Wire(MemoryStream(mine, name)))
            nursery.cancel_scope.cancel()

    # --- what `Follow` needs -----------------------------------------------------------------------------------------

    def admit_announced(self, announcements: Sequence[Announcement]) -> list[Offered]:
        """Keep what was announced."""
        return self.admit([announcement.entry for announcement in announcements])

    def peers(self) -> list[str]:
        """Return the names of the peers."""
        return sorted(self._others)

    def partners(self) -> list[str]:
        """Return those to sync with."""
        return self._reputation.partners(self.peers())

    async def open_sync(self, peer: str) -> Wire:
        """Open a stream."""
        self.asked[peer] += 1
        mine, theirs = memory_stream_pair()
        self.start(_until_gone, self._others[peer], Wire(MemoryStream(theirs, "node")))
        return Wire(MemoryStream(mine, peer))

    async def fetch_manifests(self, peer: str) -> None:
        """Fetch nothing: nobody shows anything here."""

    def blame(self, peer: str, offence: Offence) -> None:
        """Let a peer pay."""
        self.paid[peer][offence] += 1
        self._reputation.blame(peer, offence)

    def start(self, task: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """Run a task while the node lives."""
        assert self._nursery
        self._nursery.start_soon(task, *arguments)


async def _until_gone(talk: Serve, wire: Wire) -> None:
    """Talk until the other side hangs up."""
    try:
        await talk(wire)
    except (PeerGoneError, StalledError):
        await wire.reset()


def honest(**lengths: int) -> Serve:
    """Return a peer that knows entries, and serves as the product does."""
    keeper = MemoryKeeper(first_entries(**lengths))

    async def serve(wire: Wire) -> None:
        await syncing.serve(wire, keeper)
        await wire.close()

    return serve


async def nothing(_wire: Wire) -> None:
    """Say nothing."""
    await trio.sleep_forever()


async def half(wire: Wire) -> None:
    """Say half of a message."""
    await wire._write(b"\0\0\0\x10{", 5.0)
    await trio.sleep_forever()


async def bytes_of_message(wire: Wire) -> None:
    """Send a long message byte by byte."""
    await drip(wire, 10_000)


async def bytes_of_entries(wire: Wire) -> None:
    """Promise entries, and send them byte by byte."""
    keeper = MemoryKeeper(first_entries(ben=1))
    await wire.receive()
    await wire.send({"equal": False, "summary": to_json(keeper.logs.summary()), "more": False})
    await wire.receive()
    await wire.send({"entries": 1, "more": False})
    await drip(wire, 10_000)


async def no_end(wire: Wire) -> None:
    """Promise entries, and send none and that more come, again and again."""
    keeper = MemoryKeeper(first_entries(ben=1))
    await wire.receive()
    await wire.send({"equal": False, "summary": to_json(keeper.logs.summary()), "more": False})
    await wire.receive()
    while True:
        await wire.send_batch([], more=True)
        await trio.sleep(1.0)


async def drip(wire: Wire, length: int) -> None:
    """Send a frame byte by byte."""
    for byte in length.to_bytes(4, "big") + b" " * length:
        await wire._write(bytes([byte]), 5.0)
        await trio.sleep(1.0)


async def for_a_while(wire: Wire) -> None:
    """Say nothing at first, and serve one entry honestly after some minutes."""
    if trio.current_time() < SLOW_SECONDS:
        await trio.sleep_forever()
    await honest(eve=1)(wire)


SILENCES: dict[str, Serve] = {
    "says nothing": nothing,
    "says half of a message": half,
    "sends a message byte by byte": bytes_of_message,
    "sends entries byte by byte": bytes_of_entries,
    "sends empty batches without an end": no_end,
    "says nothing for some minutes": for_a_while,
}


def follow(silence: str, minutes: int) -> Node:
    """Have a node follow an honest peer with two entries, and one that is silent in its way; return it after that."""

    async def main() -> Node:
        node = Node({"honest": honest(ann=2), "silent": SILENCES[silence]})
        await node.live(minutes * 60.0)
        return node

    return trio.run(main, clock=MockClock(autojump_threshold=0))


def called(silence: str) -> Node:
    """Have a silent peer call a node; return it after that."""

    async def main() -> Node:
        node = Node({"silent": nothing})
        await node.be_called("silent", SILENCES[silence])
        return node

    return trio.run(main, clock=MockClock(autojump_threshold=0))
