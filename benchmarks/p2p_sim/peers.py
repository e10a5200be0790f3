"""Simulated peers: the product's `Follow`, `Publishing`, `Announcement` and `Reputation`, and enemies of theirs."""

import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import trio

from benchmarks.p2p_sim.wires import Pipe, SimulatedStream, gossip_length
from marketplace.errors import IntegrityError
from marketplace.model.entry import Entry
from marketplace.p2p.announce import Announcement
from marketplace.p2p.catching_up import Follow
from marketplace.p2p.hardening import LAZY_DEGREE
from marketplace.p2p.limits import MAX_CONNECTIONS
from marketplace.p2p.logs import Offered, PublisherLogs
from marketplace.p2p.publishing import Publishing
from marketplace.p2p.reputation import Offence, Reputation, Standing
from marketplace.p2p.wire import PeerGoneError, Wire

if TYPE_CHECKING:
    from benchmarks.p2p_sim.world import World


class MemoryLogs:
    """A peer's logs in memory; told to the world when an entry is new."""

    def __init__(self, world: "World", came: Callable[[Entry, bool], None]) -> None:
        self.logs = PublisherLogs()
        self.awaits = False
        self._world = world
        self._came = came

    async def verify_all(self, batch: Sequence[bytes]) -> list[Entry]:
        """Read entries and check their signatures."""
        entries = [Entry.decode(data) for data in batch]
        for entry in entries:
            entry.verify(self._world.verify)
        return entries

    def admit(self, entries: Sequence[Entry], *, gossiped: bool = False) -> list[Offered]:
        """Keep verified entries."""
        outcomes = [self.logs.offer(entry) for entry in entries]
        for entry, outcome in zip(entries, outcomes, strict=True):
            if outcome is Offered.ADDED:
                self._came(entry, gossiped)
        return outcomes

    def admit_announced(self, announcements: Sequence[Announcement]) -> list[Offered]:
        """Keep what was announced."""
        return self.admit([announcement.entry for announcement in announcements], gossiped=True)


class NoDirectory:
    """Nobody enters anything in a DHT: the library's part, which is not simulated."""

    async def provide(self, _digest: str) -> int:
        """Reach nobody."""
        return 0

    async def put_record(self, _id: str, _announcement: bytes) -> None:
        """Reach nobody."""

    def due(self) -> list[str]:
        """Return nothing."""
        return []


class SimulatedPeer:
    """An honest peer: what `Node` is to the real network."""

    hostile = False

    def __init__(self, world: "World", id_: str, chance: random.Random) -> None:
        self.id = id_
        self.neighbours: set[str] = set()
        self.mesh: set[str] = set()
        self.here = False
        self.since = 0.0
        self.reputation = Reputation(trio.current_time)
        self._world = world
        self._chance = chance
        self._seen: set[bytes] = set()
        self._fresh: list[bytes] = []
        self._tasks: trio.Nursery | None = None
        self.logs = MemoryLogs(world, partial(world.knows, self))
        self.follow = Follow(self.logs, self, chance, lambda _text: None)
        self.publishing = Publishing(self, NoDirectory())

    async def live(self) -> None:
        """Be there until `leave`."""
        async with trio.open_nursery() as self._tasks:
            self.here, self.since = True, trio.current_time()
            self._tasks.start_soon(self.follow.around)
            self._tasks.start_soon(self.follow.admit_heard)

    def leave(self) -> None:
        """End, and with it every connection."""
        self.here = False
        for other in [*self.neighbours]:
            self._world.disconnect(self.id, other)
        if self._tasks:
            self._tasks.cancel_scope.cancel()

    # --- what `Follow` and `Publishing` need -------------------------------------------------------------------------

    def peers(self) -> list[str]:
        """Return the neighbours."""
        return sorted(self.neighbours)

    def partners(self) -> list[str]:
        """Return those of them to sync with."""
        return self.reputation.partners(self.peers())

    def start(self, task: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """Run a task while this peer is there."""
        if self.here and self._tasks:
            self._tasks.start_soon(task, *arguments)

    async def sync_with(self, peer: str) -> bool:
        """Sync with a neighbour."""
        return await self.follow.sync_with(peer)

    async def greet(self, peer: str) -> None:
        """Sync with a new neighbour."""
        await self.follow.sync_with(peer)

    async def fetch_manifests(self, _peer: str) -> None:
        """Fetch nothing: manifests are with the announcements, and nobody shows anything here."""

    async def open_sync(self, peer: str) -> Wire:
        """Open a stream; the protocol is agreed on in one round trip."""
        latency = self._world.latency(self.id, peer)
        await trio.sleep(2 * latency)
        other = self._world.peers[peer]
        if peer not in self.neighbours or not other.here:
            raise PeerGoneError(peer)
        mine, theirs = Pipe(latency), Pipe(latency)
        self._world.counts["syncs"] += 1
        other.start(other.serve, Wire(SimulatedStream(self.id, mine, theirs, self._world.counts)))
        return Wire(SimulatedStream(peer, theirs, mine, self._world.counts))

    async def serve(self, wire: Wire) -> None:
        """Answer a sync."""
        await self.follow.serve(wire)

    def blame(self, peer: str, offence: Offence) -> None:
        """Let a peer pay, and end the connection when that bans it."""
        if self.reputation.blame(peer, offence) is Standing.BANNED:
            self._world.disconnect(self.id, peer)

    def admits(self, peer: str) -> bool:
        """Tell whether there is room for a neighbour, which must not be banned."""
        return len(self.neighbours) < MAX_CONNECTIONS and self.reputation.standing(peer) is not Standing.BANNED

    def takes_into_mesh(self, peer: str) -> bool:
        """Tell whether a neighbour may be in the mesh."""
        return self.reputation.standing(peer) in (Standing.NEUTRAL, Standing.PREFERRED)

    # --- gossip: a model of the library's, with the product's validation ---------------------------------------------

    async def gossip_about(self, announcement: Announcement) -> None:
        """Announce to the mesh."""
        data = announcement.encode()
        if data is not None:
            self._forward(data, "")

    def _forward(self, data: bytes, sender: str) -> None:
        self._seen.add(data)
        self._fresh.append(data)
        for peer in sorted(self.mesh - {sender}):  # chance decides what is lost, one draw after the other
            self.send(peer, data)

    def send(self, peer: str, data: bytes) -> None:
        """Send a message, which arrives later."""
        self._world.counts["gossip copies"] += 1
        self._world.counts["gossip bytes"] += gossip_length(data)
        if self._chance.random() < self._world.climate.loss:
            return
        self._world.later.call(self._world.latency(self.id, peer), partial(self._arrives, peer, data))

    def _arrives(self, peer: str, data: bytes) -> None:
        if peer in self.neighbours and self._world.peers[peer].here:
            self._world.peers[peer].receive(self.id, data)

    def receive(self, sender: str, data: bytes) -> None:
        """Check a message, and pass it on when it is new and valid."""
        if data in self._seen:
            return
        try:
            announcement = Announcement.decode(data, self._world.verify)
        except IntegrityError:
            self.blame(sender, Offence.INVALID_MESSAGE)
            return
        self.follow.heard(announcement, self._world.origins.get(announcement.entry.author, ""))
        self._forward(data, sender)

    def tell_others(self) -> None:
        """Tell some neighbours outside the mesh what is new; who lacks it asks, and gets it two latencies later."""
        fresh, self._fresh = self._fresh, []
        outside = sorted(self.neighbours - self.mesh)
        for peer in self._chance.sample(outside, min(LAZY_DEGREE, len(outside))) if fresh else ():
            self._world.counts["gossip control"] += 1
            other = self._world.peers[peer]
            for data in fresh:
                if data not in other._seen:
                    self._world.later.call(2 * self._world.latency(self.id, peer), partial(self.send, peer, data))


class Forger(SimulatedPeer):
    """Sends an entry that nobody signed to whoever syncs with it, and invalid gossip to all; forwards nothing."""

    hostile = True

    async def serve(self, wire: Wire) -> None:
        """Answer with a forged entry."""
        await wire.receive()
        entry = self._world.forged
        await wire.send({"equal": False, "summary": {entry.author: [10**6, "0" * 64]}, "more": False})
        await wire.receive()
        await wire.send_batch([entry.encode()], more=False)

    def receive(self, sender: str, data: bytes) -> None:
        """Drop what comes."""


class Flooder(Forger):
    """Sends garbage to whoever syncs with it, and an invalid announcement a second to each neighbour."""

    async def serve(self, wire: Wire) -> None:
        """Answer with garbage."""
        await wire.receive()
        await wire.send_bytes(b"garbage")

    def tell_others(self) -> None:
        """Send an invalid announcement."""
        for peer in sorted(self.neighbours):
            self.send(peer, b"\0\0\0\1{")


class Silent(Forger):
    """Takes whatever is said to it, and says nothing."""

    async def serve(self, _wire: Wire) -> None:
        """Say nothing."""


ENEMIES: Sequence[type[SimulatedPeer]] = (Forger, Flooder, Silent)
