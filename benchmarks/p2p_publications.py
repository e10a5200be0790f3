"""Publications among nodes beside messages of the library's bare gossip: who knows them when, and whether all come."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from statistics import median

from benchmarks.measuring import Row, Stage
from benchmarks.p2p_processes import Peer, bare_star, node, star, until, until_all
from marketplace.p2p.announce import Announcement
from marketplace.p2p.limits import GOSSIP_BURST
from support.p2p.authors import Author, manifest

_PEERS = 5
_LOOK = 0.2
_PAUSE = 0.5
"""Seconds between two publications: what a node does after the answer would hold the next one up."""

_FLOOR = "floor: bare gossip of the library"
_GOAL = 1.3
_HEAL_GOAL = 5000.0
_NO_OP_GOAL = 10.0


class Publisher:
    """Somebody who publishes on nodes: one package, version after version, each answered before the next."""

    def __init__(self, name: str) -> None:
        self._id = f"io.{name}.web"
        self._author = Author(name)
        self.count = 0

    def next_announcement(self) -> Announcement:
        """Return the announcement of one more version."""
        self.count += 1
        version = f"{self.count}.0.0"
        return Announcement(self._author.append(self._author.release(self._id, version)), manifest(self._id, version))

    def publish(self, node: Peer, count: int = 1) -> tuple[int, int]:
        """Publish more versions together; return how many peers have them, and the bytes of an announcement."""
        items = [self.next_announcement() for _ in range(count)]
        texts = [{"entry": item.entry.encode().decode(), "manifest": item.manifest.decode()} for item in items]
        told = node.ask("append", entries=texts)
        return int(told["peers"]), len(items[-1].encode() or b"")


def propagation(stage: Stage) -> Iterator[Row]:
    """Yield how long a publication takes to all of five nodes, each connected to the first alone, in turns."""
    with ExitStack() as stack:
        nodes, bare = star(stage, stack, "node", _PEERS), bare_star(stage, stack, _PEERS)
        publisher, count = Publisher("bench"), stage.pick(60, 20)
        heard, known, floor = [], [], []
        for number in range(1, count + 1):
            time.sleep(_PAUSE)
            begin = time.monotonic()
            reached, length = publisher.publish(nodes[0])
            assert reached == _PEERS - 1, reached
            times = [peer.times(number) for peer in nodes[1:]]
            heard.append(max(at for at, _ in times) - begin)
            known.append(max(at for _, at in times) - begin)
            begin = time.monotonic()
            bare[0].tell("publish", number=number, size=length)
            floor.append(max(peer.times(number)[1] for peer in bare[1:]) - begin)
        yield from _compared("publication heard and forwarded by all of 5 nodes", heard, floor)
        yield from _compared("publication written down and shown by all of 5 nodes", known, floor)
        lost = publisher.count - min(int(peer.ask("status")["releases"]) for peer in nodes)
        yield Row(f"of {count} publications lost", float(lost), _FLOOR, 0.0, 0.0, "lost", "at most")


def lost(stage: Stage) -> Iterator[Row]:
    """Yield how many of a thousand publications do not reach all of five nodes, of which each publishes its share."""
    count = stage.pick(1000, 200)
    with ExitStack() as stack, ThreadPoolExecutor(_PEERS) as pool:
        nodes, begin = star(stage, stack, "busy", _PEERS), time.monotonic()
        list(pool.map(partial(_publish_many, count // _PEERS), nodes, range(_PEERS)))
        with suppress(TimeoutError):  # what has not come in a minute in which nothing came is lost
            until_all(nodes, "releases", count, _LOOK)
        missing = count - min(int(peer.ask("status")["releases"]) for peer in nodes)
        yield Row(f"of {count} publications on {_PEERS} nodes lost", float(missing), "", None, 0.0, "lost", "at most")
        rate = count / (time.monotonic() - begin)
        what = f"publications on {_PEERS} nodes, {GOSSIP_BURST} together, known by all"
        yield Row(what, rate, "", None, unit="a second", judged="at least")


def _publish_many(count: int, node: Peer, number: int) -> None:
    """Publish in the largest groups of which each entry is gossiped by itself."""
    publisher = Publisher(f"busy{number}")
    for _ in range(count // GOSSIP_BURST):
        publisher.publish(node, GOSSIP_BURST)


def _compared(what: str, ours: Sequence[float], floor: Sequence[float]) -> Iterator[Row]:
    for name, place in (("p50", 0.5), ("p95", 0.95), ("max", 1.0)):
        mine, its = (_at(times, place) * 1000 for times in (ours, floor))
        yield Row(f"{what}, {name}", mine, _FLOOR, its, _GOAL if name == "p95" else None)


def _at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def meeting(stage: Stage) -> Iterator[Row]:
    """Yield how long nodes take to find that they know the same, to look a package up, and to come together again."""
    with ExitStack() as stack:
        nodes, bare = star(stage, stack, "met", 3), bare_star(stage, stack, 2)
        publisher = Publisher("bench")
        publisher.publish(nodes[0])
        until(lambda: len({peer.ask("status")["digest"] for peer in nodes}) == 1)
        rounds = stage.pick(50, 10)
        synced, trips = [], []
        for _ in range(rounds):
            nodes[1].tell("sync", peer=nodes[0].id)
            synced.append(nodes[1].await_("synced")["seconds"])
            bare[1].tell("read", peer=bare[0].id, bytes=1)
            trips.append(bare[1].await_("read")["seconds"])
        mine, trip = median(synced) * 1000, median(trips) * 1000
        other = "floor: a new stream and one round trip"
        yield Row("sync of two nodes that know the same", mine, other, trip, _NO_OP_GOAL, judged="at most")
        looked = median(_looked_up(stage, stack, nodes[0], number) for number in range(stage.pick(3, 2)))
        yield Row("package looked up in the DHT by a node without an index, log fetched", looked * 1000, other, trip)
        healed = [_healed(nodes, publisher) for _ in range(stage.pick(3, 2))]
        yield Row("healed partition, until all know the same", median(healed) * 1000, other, trip, _HEAL_GOAL,
                  judged="at most")  # fmt: skip


def _looked_up(stage: Stage, stack: ExitStack, first: Peer, number: int) -> float:
    """Publish a package that a new light node has never heard of; return how long that takes to look it up."""
    publisher = Publisher(f"wanted{number}")
    publisher.publish(first)
    light = node(stage, stack, f"light-{number}", [first], light=True)
    until(lambda: bool(light.ask("status")["peers"]))
    begin = time.monotonic()
    light.ask("lookup", id=f"io.wanted{number}.web")
    return time.monotonic() - begin


def _healed(nodes: Sequence[Peer], publisher: Publisher) -> float:
    """Keep the last node apart from the others by a ban, publish on both sides, lift it; return the seconds."""
    first, *_, last = nodes
    for other in nodes[:-1]:  # all of them: the DHT connects the last with whoever lets it in
        other.ask("ban", id=last.id)
    publisher.publish(first)
    Publisher(f"alone{publisher.count}").publish(last)
    assert first.ask("status")["digest"] != last.ask("status")["digest"]
    for other in nodes[:-1]:
        other.ask("unban", id=last.id)
    begin = time.monotonic()
    return until(lambda: len({peer.ask("status")["digest"] for peer in nodes}) == 1) - begin
