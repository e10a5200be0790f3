"""Nodes beside the least that their library needs: start, memory, publications, blobs, and how that grows.

All run in the environment of the benchmark, which must have the extra `p2p`. Each of `PARTS` can be run alone.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.measuring import Contestant, Row, Stage, contest
from benchmarks.p2p_blobs import transfers
from benchmarks.p2p_most import growing
from benchmarks.p2p_publications import lost, meeting, propagation
from benchmarks.p2p_sizes import SIZES, of_size
from benchmarks.processes import environment

_NODE = ("-m", "marketplace.cli", "market", "node", "run", "--json", "--listen", "/ip4/127.0.0.1/tcp/0")
_FLOOR = """
import sys
from libp2p import new_host
from libp2p.kad_dht.kad_dht import KadDHT
from libp2p.pubsub.gossipsub import GossipSub
print("ready", flush=True)
sys.stdin.read()
"""


def start(stage: Stage) -> Iterator[Row]:
    """Yield how long a node takes to start, and its memory."""
    homes = (stage.scratch / f"home-{number}" for number in count())
    floor = ("-c", _FLOOR)
    name = "floor: python importing libp2p's host, DHT and gossipsub"
    rounds = stage.pick(9, 3)
    ours = Contestant("node", lambda: _started(_NODE, next(homes)))
    yield from contest(
        "node start, to its address", ours, [Contestant(name, lambda: _started(floor, next(homes)))], rounds
    )
    node, least = (median(_started(words, next(homes)) for _ in range(3)) for words in (_NODE, floor))
    yield Row("memory of a node that has just begun", node, name, least, unit="MB")


def _started(words: Sequence[str], home: Path) -> float:
    """Start a process that prints a line when it is ready, and end it; return the most memory it had, in MB."""
    env = environment(home.parent, GGEN_HOME=str(home))
    with subprocess.Popen([sys.executable, *words], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        line = process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status").read_text("ascii")
        process.kill()
    assert line, "it ended before it was ready"
    peak = next(text for text in status.splitlines() if text.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1000


PARTS: dict[str, Callable[[Stage], Iterator[Row]]] = {
    "start": start, "publications": propagation, "lost": lost, "meeting": meeting, "blobs": transfers,
    **{str(count): partial(of_size, count) for count in SIZES}, "most": growing,
}  # fmt: skip


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows; in a quick run, of the smallest network alone."""
    for name, part in PARTS.items():
        if not (stage.quick and name in {"most", *map(str, SIZES[1:])}):
            yield from part(stage)
