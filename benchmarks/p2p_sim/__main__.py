"""Simulate networks of peers: `python -m benchmarks.p2p_sim [--peers N…] [--churn SHARE] [--enemies SHARE] [--star]`.

The peers run the product's `Follow`, `syncing`, `Announcement`, `PublisherLogs`, `Publishing` and `Reputation` on a
virtual clock, over streams in memory with latencies; the same seed gives the same figures. The library's part is a
model: a gossip mesh with the product's degrees, discovery that finds random peers; no DHT, no fetching, no processor
time.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

import trio
import trio.testing
from trio._core import _run

from benchmarks.p2p_sim.peers import ENEMIES, SimulatedPeer
from benchmarks.p2p_sim.world import Climate, World

HEADINGS = (
    "peers", "known p50 (s)", "p95", "max", "lost", "by gossip", "copies", "kB", "control", "syncs", "messages", "kB",
    "connections with enemies left",
)  # fmt: skip


COUNTS = ("gossip copies", "gossip bytes", "gossip control", "syncs", "sync messages", "sync bytes")


def simulate(climate: Climate, publications: int, pause: float, settle: float) -> World:
    """Run a network; return it as it is in the end."""
    setattr(_run, "_ALLOW_DETERMINISTIC_SCHEDULING", True)  # noqa: B010 - else trio shuffles what can go on
    _run._r.seed(climate.seed)
    found: list[World] = []

    async def main() -> None:
        found.append(World(climate))
        await found[0].run(publications, pause, settle)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return found[0]


def figures(world: World, publications: int) -> dict[str, Any]:
    """Return what is told of a network: seconds until it was known, of those that were there all the time.

    `each` is for each honest peer and publication: copies of the announcement by gossip and their bytes, control
    messages of gossip (grafts, prunes, lists of what there is), syncs, and their messages and bytes. `left` are the
    connections that honest peers have with enemies in the end, and `mesh` those in their gossip mesh, by kind.
    """
    times, lost, gossiped = [], 0, []
    for publication in world.publications.values():
        wanted = publication.here & {peer.id for peer in world.honest() if peer.since <= publication.begin}
        times += [publication.known[peer] for peer in wanted if peer in publication.known]
        lost += len(wanted - publication.known.keys())
        gossiped.append(publication.by_gossip / max(1, len(publication.known)))
    times.sort()
    per = len(world.honest()) * publications
    return {
        "peers": len(world.peers), "lost": lost, "by gossip": median(gossiped),
        "seconds": [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 1.0)],
        "each": {name: world.counted[name] / per for name in COUNTS},
        "left": _hostile(world, lambda peer: peer.neighbours), "mesh": _hostile(world, lambda peer: peer.mesh),
    }  # fmt: skip


def _hostile(world: World, known: Callable[[SimulatedPeer], Iterable[str]]) -> dict[str, int]:
    found = Counter(type(world.peers[other]).__name__.lower() for peer in world.honest() for other in known(peer))
    return {name: found[name] for kind in ENEMIES if found[name := kind.__name__.lower()]}


def cells(found: dict[str, Any]) -> tuple[str, ...]:
    """Return the figures as a row of the table."""
    each = found["each"]
    left = ", ".join(f"{count} {name}" for name, count in found["left"].items())
    return (
        f"{found['peers']:,}", *(f"{seconds:.2f}" for seconds in found["seconds"]),
        str(found["lost"]), f"{found['by gossip']:.0%}",
        f"{each['gossip copies']:.1f}", f"{each['gossip bytes'] / 1000:.1f}", f"{each['gossip control']:.1f}",
        f"{each['syncs']:.2f}", f"{each['sync messages']:.1f}", f"{each['sync bytes'] / 1000:.1f}",
        left or "none",
    )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Simulate what the arguments say, and print a row for each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.p2p_sim", description="Simulate networks of peers.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", type=int, nargs="+", default=[5, 10, 20, 100, 1000, 10_000])
    parser.add_argument("--latency", type=float, default=0.05, help="median seconds between two peers")
    parser.add_argument("--churn", type=float, default=0.0, help="share of peers that leaves in a minute")
    parser.add_argument("--enemies", type=float, default=0.0, help="share of peers that are hostile")
    parser.add_argument("--star", action="store_true", help="connect all to the first alone")
    parser.add_argument("--loss", type=float, default=0.0, help="share of gossip that is lost")
    parser.add_argument("--publications", type=int, default=8)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two publications")
    parser.add_argument("--settle", type=float, default=6.0, help="seconds in which the network forms")
    parser.add_argument("--json", action="store_true", help="print an object for each size instead of a table")
    given = parser.parse_args(arguments)
    if not given.json:
        print(" | ".join(HEADINGS))
    for count in given.peers:
        climate = Climate(count, given.seed, given.latency, given.churn, given.enemies, given.star, given.loss)
        world = simulate(climate, given.publications, given.pause, given.settle)
        found = figures(world, given.publications)
        print(json.dumps(found) if given.json else " | ".join(cells(found)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
