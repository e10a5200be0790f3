"""Real networks of 5, 10 and 20 nodes on this machine: how they form, how publications spread, what a node costs."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks.measuring import Row, Stage
from benchmarks.p2p_processes import Peer, bare_net, nodes, until_all
from benchmarks.p2p_publications import Publisher
from benchmarks.p2p_sim.__main__ import simulate
from benchmarks.p2p_sim.world import Climate
from marketplace.p2p.limits import WANTED_PEERS

_PAUSE = 1.0
_LOST_AFTER = 10.0
"""Seconds after which a message counts as lost."""

SIZES = (5, 10, 20)
"""How many nodes: as many as two processors carry with as many bare peers beside them."""

_LOOK = 0.2
"""Seconds between two looks at all nodes; to be asked without a pause would keep twenty of them from joining."""

_FLOOR = "floor: bare gossip of the library"
"""Its peers are joined to as many as a node wants: in a star a mesh has no room for more than five."""


def of_size(count: int, stage: Stage) -> Iterator[Row]:
    """Yield the rows of one network; the nodes know the first alone and look for further ones, as nodes do."""
    with ExitStack() as stack:
        peers = nodes(stage, stack, str(count), count, discover=True)
        begin, wanted = float(peers[-1].ready["at"]), min(count - 1, WANTED_PEERS)
        formed = until_all(peers, "mesh", 1, _LOOK) - begin
        found = until_all(peers, "peers", wanted, _LOOK) - begin
        yield alone(f"{count} nodes, each in a mesh after the last has started", formed * 1000)
        yield alone(f"{count} nodes, each with {wanted} peers", found * 1000)
        bare = bare_net(stage, stack, count, WANTED_PEERS)
        before, counted, begin = sum(peer.processor() for peer in peers), _counts(peers), time.monotonic()
        ours, floor = _spread(peers, bare, stage.pick(10, 5))
        yield from _simulated(count, _counts(peers) - counted, len(ours), (time.monotonic() - begin) / len(ours))
        used = (sum(peer.processor() for peer in peers) - before) / len(ours) * 1000
        for name, place in (("p50", 0.5), ("p95", 0.95)):
            mine, its = (sorted(times)[int(len(times) * place)] * 1000 if times else None for times in (ours, floor))
            why = "" if floor else "it lost one"
            yield Row(f"publication known by all of {count} nodes, {name}", mine, _FLOOR, its, why=why)
        yield alone(f"processor time of all {count} nodes for a publication and a second", used)
        yield alone(f"memory of a node among {count}", median(peer.memory() for peer in peers), "MB")


def alone(what: str, value: float, unit: str = "ms") -> Row:
    """Return a row for a figure with which nothing is compared."""
    return Row(what, value, "", None, unit=unit, judged="at most")


def _counts(nodes: Sequence[Peer]) -> Counter[str]:
    for peer in nodes:
        peer.tell("count")
    return sum((Counter(peer.await_("counted")["counts"]) for peer in nodes), Counter[str]())


def _simulated(count: int, counted: Counter[str], publications: int, pause: float) -> Iterator[Row]:
    """Yield what was really sent beside what the simulation of as many peers says, with the same pauses."""
    world = simulate(Climate(count, seed=1), publications, pause, settle=10.0)
    per = count * publications
    for name in ("gossip copies", "syncs", "sync messages"):
        what = f"{name} a node and publication, {count} nodes, one in {pause:.1f} s"
        yield Row(what, counted[name] / per, "simulated", world.counted[name] / per, unit="")


def _spread(nodes: list[Peer], bare: list[Peer], publications: int) -> tuple[list[float], list[float]]:
    """Publish in turns; return the seconds until all know, of ours and of the floor: none when that has lost a message.

    It does where some are outside the mesh of the first: the library tells them of nothing.
    """
    publisher, ours, floor = Publisher("bench"), list[float](), list[float]()
    complete = True
    for number in range(1, publications + 1):
        time.sleep(_PAUSE)
        begin = time.monotonic()
        _, length = publisher.publish(nodes[0])
        ours.append(max(peer.times(number)[1] for peer in nodes[1:]) - begin)
        begin = time.monotonic()
        bare[0].tell("publish", number=number, size=length)
        try:
            if complete:
                floor.append(max(peer.times(number, _LOST_AFTER)[1] for peer in bare[1:]) - begin)
        except TimeoutError:
            complete = False
    return ours, floor if complete else []
