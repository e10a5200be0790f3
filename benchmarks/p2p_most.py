"""A real network that grows until this machine carries no more of it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks.measuring import Row, Stage
from benchmarks.p2p_processes import Peer, node, until_all
from benchmarks.p2p_publications import Publisher
from benchmarks.p2p_sizes import alone
from marketplace.p2p.limits import SYNC_EVERY

_STEP, _MOST = 10, 200
_PUBLICATIONS = 3
_PAUSE = 3.0
"""Seconds before a publication, in which all do what the last one has left to them; twice as long they are idle."""

_LOOK = 1.0


def growing(stage: Stage) -> Iterator[Row]:
    """Yield the rows of ten nodes, and of ten more each time, until syncs would tell of a publication sooner."""
    publisher, peers = Publisher("bench"), list[Peer]()
    with ExitStack() as stack:
        while len(peers) < stage.pick(_MOST, _STEP):
            for number in range(len(peers), len(peers) + _STEP):
                peers.append(node(stage, stack, f"most-{number}", peers[:1], discover=True))
                assert peers[-1].ready
            until_all(peers, "mesh", 1, _LOOK)
            known = median(_published(publisher, peers) for _ in range(_PUBLICATIONS))
            yield alone(f"publication known by all of {len(peers)} nodes and nothing else, p50", known * 1000)
            yield alone(f"processors that {len(peers)} idle nodes use", _idle(peers), "")
            if known > SYNC_EVERY:
                return


def _published(publisher: Publisher, peers: Sequence[Peer]) -> float:
    """Publish on the first; return the seconds until all others know."""
    time.sleep(_PAUSE)
    begin = time.monotonic()
    publisher.publish(peers[0])
    return max(peer.times(publisher.count)[1] for peer in peers[1:]) - begin


def _idle(peers: Sequence[Peer]) -> float:
    """Return how many processors they use together, some seconds after a publication."""
    time.sleep(2 * _PAUSE)
    before, begin = sum(peer.processor() for peer in peers), time.monotonic()
    time.sleep(2 * _PAUSE)
    return (sum(peer.processor() for peer in peers) - before) / (time.monotonic() - begin)
