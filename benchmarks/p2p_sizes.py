"""Real networks of 5, 10 and 20 nodes on this machine: how they form, how publications spread, what a node costs."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks.measuring import Row, Stage
from benchmarks.p2p_processes import Peer, bare_star, node, until
from benchmarks.p2p_publications import Publisher
from benchmarks.p2p_sim.__main__ import simulate
from benchmarks.p2p_sim.world import Climate

_PAUSE = 1.0
_LOST_AFTER = 10.0
"""Seconds after which a message counts as lost."""

_FLOOR = "floor: bare gossip of the library, a star"


def sizes(stage: Stage) -> Iterator[Row]:
    """Yield the rows; the nodes know the first alone and look for further ones, as nodes do."""
    for count in (5, 10, 20) if not stage.quick else (5,):
        with ExitStack() as stack:
            yield from _of(stage, stack, count)


def _of(stage: Stage, stack: ExitStack, count: int) -> Iterator[Row]:
    first = node(stage, stack, f"{count}-0", discover=True)
    rest = [node(stage, stack, f"{count}-{number}", [first], discover=True) for number in range(1, count)]
    nodes, begin = [first, *rest], max(float(peer.ready["at"]) for peer in rest)
    formed = until(lambda: all(peer.ask("status")["mesh"] for peer in nodes)) - begin
    bare = bare_star(stage, stack, count)
    wanted = min(count - 1, 4)
    found = until(lambda: all(peer.ask("status")["peers"] >= wanted for peer in nodes)) - begin
    yield _alone(f"{count} nodes, each in a mesh after the last has started", formed * 1000)
    yield _alone(f"{count} nodes, each with {wanted} peers", found * 1000)
    before, counted, begin = sum(peer.processor() for peer in nodes), _counts(nodes), time.monotonic()
    ours, floor = _spread(nodes, bare, stage.pick(10, 5))
    yield from _simulated(count, _counts(nodes) - counted, len(ours), (time.monotonic() - begin) / len(ours))
    used = (sum(peer.processor() for peer in nodes) - before) / len(ours) * 1000
    for name, place in (("p50", 0.5), ("p95", 0.95)):
        mine, its = (sorted(times)[int(len(times) * place)] * 1000 if times else None for times in (ours, floor))
        why = "" if floor else "it lost one"
        yield Row(f"publication known by all of {count} nodes, {name}", mine, _FLOOR, its, why=why)
    yield _alone(f"processor time of all {count} nodes for a publication and a second", used)
    yield _alone(f"memory of a node among {count}", median(peer.memory() for peer in nodes), "MB")


def _alone(what: str, value: float, unit: str = "ms") -> Row:
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
