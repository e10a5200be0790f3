"""Simulated networks, each in a process of its own, and what real nodes send beside them."""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stage
from benchmarks.p2p_processes import Peer, nodes, until_all
from benchmarks.p2p_publications import Publisher

_SECONDS = 600.0
_PAUSE = 1.0
"""Seconds between two publications on real nodes."""

_LOOK = 0.1
COUNTED = ("gossip copies", "syncs", "sync messages")


def simulated(**climate: object) -> str:
    """Return what `python -m benchmarks.p2p_sim` prints about a network; names and values are those of its options."""
    options = [f"--{name}" if value is True else f"--{name}={value}" for name, value in climate.items()]
    command = [sys.executable, "-m", "benchmarks.p2p_sim", "--json", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout


def figures(**climate: object) -> dict[str, Any]:
    """Return the figures of a simulated network."""
    found: dict[str, Any] = json.loads(simulated(**climate))
    return found


def compared(count: int, publications: int) -> dict[str, tuple[float, float]]:
    """Return what each of so many real nodes sends for a publication, and what a simulated one does, by name."""
    with tempfile.TemporaryDirectory(prefix="ggen-simulated-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        peers = nodes(Stage(folder, folder, quick=True), stack, "real", count, discover=True)
        until_all(peers, "mesh", 1, _LOOK)
        until_all(peers, "peers", min(count - 1, 4), _LOOK)
        before, begin = _sent(peers), time.monotonic()
        publisher = Publisher("bench")
        for number in range(1, publications + 1):
            publisher.publish(peers[0])
            for peer in peers[1:]:
                peer.times(number)
            time.sleep(_PAUSE)  # what lies between two publications, and no waiting: the simulation is told it
        sent, pause = _sent(peers) - before, (time.monotonic() - begin) / publications
    each = figures(peers=count, publications=publications, pause=pause, settle=10.0)["each"]
    return {name: (sent[name] / count / publications, float(each[name])) for name in COUNTED}


def _sent(peers: list[Peer]) -> Counter[str]:
    for peer in peers:
        peer.tell("count")
    return sum((Counter(peer.await_("counted")["counts"]) for peer in peers), Counter[str]())
