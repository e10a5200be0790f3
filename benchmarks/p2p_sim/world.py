"""The simulated network: who is there, who is connected to whom, what was published, and when it was known."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import trio

from benchmarks.p2p_sim.peers import ENEMIES, SimulatedPeer
from benchmarks.p2p_sim.wires import Later
from marketplace.errors import IntegrityError
from marketplace.model.entry import Entry
from marketplace.p2p.announce import Announcement
from marketplace.p2p.gossip import DEGREES
from marketplace.p2p.hardening import HEARTBEAT_SECONDS, PRUNE_BACKOFF
from marketplace.p2p.limits import WANTED_PEERS
from marketplace.security.verifier import Ed25519Verifier
from support.p2p.authors import Author, author, manifest

_PEERS_OF_A_BOOTSTRAP = 100
_AUTHORS = 4


@dataclass(frozen=True, slots=True)
class Climate:
    """What a simulated network is like.

    Attributes:
        count: peers, enemies among them.
        latency: the median of the seconds that a message takes between two peers; log-normal, sigma 0.5.
        churn: the share of peers that leaves in a minute; each comes back half a minute later on average.
        enemies: the share of peers that are hostile.
        star: connect all to the first peer alone, as in the real runs.
        loss: the share of gossip that never arrives; syncs must bring it.
    """

    count: int
    seed: int
    latency: float = 0.05
    churn: float = 0.0
    enemies: float = 0.0
    star: bool = False
    loss: float = 0.0


@dataclass
class Publication:
    """An entry that was published: when, and after how many seconds each peer knew it."""

    begin: float
    here: frozenset[str]
    known: dict[str, float] = field(default_factory=dict)
    by_gossip: int = 0


class World:
    """All peers and what is between them."""

    def __init__(self, climate: Climate) -> None:
        self.climate = climate
        self.chance = random.Random(climate.seed)
        self.counts: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.later = Later()
        self.publications: dict[str, Publication] = {}
        self.origins: dict[str, str] = {}
        self.forged = author("mallory", 1).entries[0].signed(lambda _text: "0" * 128)
        self._verifier = Ed25519Verifier()
        self._verdicts: dict[tuple[str, str, bytes], IntegrityError | None] = {}
        self.peers: dict[str, SimulatedPeer] = {}
        self._latencies: dict[frozenset[str], float] = {}
        self._backoffs: dict[frozenset[str], float] = {}
        self._authors = [Author(f"author{number}") for number in range(_AUTHORS)]
        hostile = int(climate.count * climate.enemies)
        for number in range(climate.count):
            kind = ENEMIES[number % len(ENEMIES)] if number >= climate.count - hostile else SimulatedPeer
            id_ = f"{number:05}"
            self.peers[id_] = kind(self, id_, random.Random(f"{climate.seed} {id_}"))
        self._ids = list(self.peers)
        self._hubs = self._ids[: 1 if climate.star else max(1, climate.count // _PEERS_OF_A_BOOTSTRAP)]

    def verify(self, key: str, signature: str, text: bytes) -> None:
        """Check a signature; the same one is checked once for all peers, since the verdict is the same."""
        asked = (key, signature, text)
        if asked not in self._verdicts:
            try:
                self._verifier.verify(key, signature, text)
                self._verdicts[asked] = None
            except IntegrityError as error:
                self._verdicts[asked] = error
        verdict = self._verdicts[asked]
        if verdict:
            raise verdict

    def latency(self, one: str, other: str) -> float:
        """Return the seconds from one peer to another."""
        pair = frozenset((one, other))
        if pair not in self._latencies:
            self._latencies[pair] = self.climate.latency * self.chance.lognormvariate(0.0, 0.5)
        return self._latencies[pair]

    # --- connections -------------------------------------------------------------------------------------------------

    def connect(self, one: str, other: str) -> None:
        """Connect two peers that are there and admit each other; each syncs with the other then."""
        mine, theirs = self.peers[one], self.peers[other]
        if one == other or other in mine.neighbours or not (mine.here and theirs.here):
            return
        if mine.admits(other) and theirs.admits(one):
            mine.neighbours.add(other)
            theirs.neighbours.add(one)
            mine.start(mine.greet, other)
            theirs.start(theirs.greet, one)

    def disconnect(self, one: str, other: str) -> None:
        """End a connection."""
        for mine, its in ((one, other), (other, one)):
            self.peers[mine].neighbours.discard(its)
            self.peers[mine].mesh.discard(its)

    def _join(self, id_: str) -> None:
        """Keep a bootstrap peer, and as many others as are wanted: the directory's answers are random peers here."""
        peer = self.peers[id_]
        self.connect(id_, self._hubs[int(id_) % len(self._hubs)])
        if not self.climate.star and len(peer.neighbours) < WANTED_PEERS:
            for other in self.chance.sample(self._ids, min(len(self._ids), WANTED_PEERS - len(peer.neighbours))):
                self.connect(id_, other)

    def _mend_mesh(self, peer: SimulatedPeer) -> None:
        degree, low, high = DEGREES
        unwanted = [other for other in sorted(peer.mesh) if not peer.takes_into_mesh(other)]
        if len(peer.mesh) > high:
            unwanted += self.chance.sample(
                sorted(peer.mesh - {*unwanted}), max(0, len(peer.mesh) - len(unwanted) - degree)
            )
        for other in unwanted:
            self._set_mesh(peer.id, other, inside=False)
        if len(peer.mesh) < low:
            outside = [other for other in sorted(peer.neighbours - peer.mesh) if self._may_graft(peer, other)]
            for other in self.chance.sample(outside, min(len(outside), degree - len(peer.mesh))):
                self._set_mesh(peer.id, other, inside=True)

    def _may_graft(self, peer: SimulatedPeer, other: str) -> bool:
        resting = self._backoffs.get(frozenset((peer.id, other)), 0.0) > trio.current_time()
        return not resting and peer.takes_into_mesh(other) and self.peers[other].takes_into_mesh(peer.id)

    def _set_mesh(self, one: str, other: str, *, inside: bool) -> None:
        self.counts["gossip control"] += 1
        if not inside:
            self._backoffs[frozenset((one, other))] = trio.current_time() + PRUNE_BACKOFF
        for mine, its in ((one, other), (other, one)):
            (self.peers[mine].mesh.add if inside else self.peers[mine].mesh.discard)(its)

    # --- time --------------------------------------------------------------------------------------------------------

    async def run(self, publications: int, pause: float, settle: float) -> None:
        """Let the network form, publish some entries, which are counted, and go on until the last has spread."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.later.run)
            for peer in self.peers.values():
                nursery.start_soon(peer.live)
            nursery.start_soon(self._beat, nursery)
            await trio.sleep(settle)
            self.counts.clear()
            for number in range(publications):
                self._publish(number)
                await trio.sleep(pause)
            self.counted = Counter(self.counts)
            await trio.sleep(settle)
            nursery.cancel_scope.cancel()

    async def _beat(self, nursery: trio.Nursery) -> None:
        """Have a second go by: some leave and some return, connections and meshes are mended, gossip is repeated."""
        away = 1 / 30
        while True:
            await trio.sleep(0)
            for id_, peer in self.peers.items():
                if not peer.here and self.chance.random() < away:
                    nursery.start_soon(peer.live)
                elif peer.here and id_ not in self._hubs and self.chance.random() < self.climate.churn / 60:
                    peer.leave()
                elif peer.here:
                    self._join(id_)
            for peer in self.peers.values():
                if peer.here:
                    self._mend_mesh(peer)
                    peer.tell_others()
            await trio.sleep(HEARTBEAT_SECONDS)

    def _publish(self, number: int) -> None:
        """Publish an entry on an honest peer that is there; one author publishes on one peer."""
        who = self._authors[number % _AUTHORS]
        place = self.peers[self._ids[0]] if self.climate.star else self._publisher(who.key)
        version = f"{len(who.entries) + 1}.0.0"
        id_ = f"io.{who.name}.web"
        announcement = Announcement(who.append(who.release(id_, version)), manifest(id_, version))
        here = frozenset(id_ for id_, peer in self.peers.items() if peer.here and not peer.hostile)
        self.publications[announcement.entry.hash] = Publication(trio.current_time(), here)
        place.logs.admit_announced([announcement])
        place.start(self._spread, place, announcement)

    def _publisher(self, key: str) -> SimulatedPeer:
        while True:
            place = self.peers[self.origins.setdefault(key, self.chance.choice(self._ids))]
            if place.here and not place.hostile:
                return place
            del self.origins[key]

    @staticmethod
    async def _spread(place: SimulatedPeer, announcement: Announcement) -> None:
        await place.publishing.publish([announcement])

    def knows(self, peer: SimulatedPeer, entry: Entry, gossiped: bool) -> None:
        """Take note that a peer has come to know an entry."""
        publication = self.publications[entry.hash]
        publication.known[peer.id] = trio.current_time() - publication.begin
        publication.by_gossip += gossiped

    def honest(self) -> Sequence[SimulatedPeer]:
        """Return the honest peers that are there."""
        return [peer for peer in self.peers.values() if peer.here and not peer.hostile]
