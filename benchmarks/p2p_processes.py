"""Networks of peers as processes on this machine, told what to do and asked what has happened to them."""

import json
import math
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stage
from benchmarks.processes import environment
from marketplace.registry.node_client import NodeClient

LISTEN = "/ip4/127.0.0.1/tcp/0"
_BACKOFF = 60.0
"""Seconds for which a peer that a mesh has pruned does not ask again: the specification's default and the library's."""

_SECONDS = 60.0
_START_SECONDS = 300.0
"""How long one peer may take to start: a second and a half when it is alone, ten times that beside other programs."""
_PAUSE = 0.005


class Peer:
    """A running peer."""

    def __init__(self, process: "subprocess.Popen[str]", home: Path) -> None:
        self._process = process
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.home = home

    @cached_property
    def ready(self) -> dict[str, Any]:
        """What the peer said when it could be reached, waiting for that."""
        return self.await_("ready", _START_SECONDS)

    @property
    def id(self) -> str:
        """The peer id."""
        return str(self.ready["id"])

    @property
    def address(self) -> str:
        """How to dial it."""
        return str(self.ready["address"]).partition("/p2p/")[0] + f"/p2p/{self.id}"

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.put(json.loads(line))

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def tell(self, do: str, **arguments: object) -> None:
        """Give a command."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()

    def await_(self, what: str, seconds: float = _SECONDS) -> dict[str, Any]:
        """Return the next thing of that kind that has happened.

        Raises:
            TimeoutError: nothing of the kind has, in `seconds`.
        """
        deadline = time.monotonic() + seconds
        while (said := self._next(deadline))["what"] != what:
            pass
        return said

    def _next(self, deadline: float) -> dict[str, Any]:
        try:
            return self._said.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError("a peer has not said what was waited for") from None

    def times(self, entries: int, seconds: float = _SECONDS) -> tuple[float, float]:
        """Return when the peer heard of so many entries, if that came before it knew them, and when it knew them.

        Raises:
            TimeoutError: it does not come to know them, in `seconds`.
        """
        heard = math.inf
        while True:
            said = self._next(time.monotonic() + seconds)
            if said["what"] == "heard" and said["entries"] >= entries:
                heard = min(heard, float(said["at"]))
            if said["what"] == "knows" and said["entries"] >= entries:
                return min(heard, float(said["at"])), float(said["at"])

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        """Ask the node over its control socket, when it can be reached."""
        assert self.ready
        return NodeClient(self.home).ask(do, **arguments)

    def memory(self) -> float:
        """Return the most memory that it has had, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1000

    def processor(self) -> float:
        """Return the seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def started(stage: Stage, home: Path, *arguments: str) -> Iterator[Peer]:
    """Run a peer of `benchmarks.p2p_programs` while the block does."""
    command = [sys.executable, "-m", "benchmarks.p2p_programs", *arguments]
    env = environment(stage.scratch, PY_YAMUX_RELEASE_ON_READ="0")
    pipe = subprocess.PIPE
    with (
        (stage.scratch / "peers.log").open("a") as log,
        subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=log, text=True) as process,
    ):
        try:
            yield Peer(process, home)
        finally:
            process.kill()


def node(stage: Stage, stack: ExitStack, name: str, bootstrap: Sequence[Peer] = (), **options: object) -> Peer:
    """Start a node in a home of its own, which is `name` below the scratch folder; it looks for no further peers."""
    home = stage.scratch / name
    joined = [peer.address for peer in bootstrap]
    text = json.dumps({"listen": [LISTEN], "bootstrap": joined, "discover": False, **options})
    return stack.enter_context(started(stage, home, "node", str(home), text))


def nodes(stage: Stage, stack: ExitStack, name: str, count: int, **options: object) -> list[Peer]:
    """Start a node, and others that join it, one after the other: so many at once would be late for each other."""
    peers: list[Peer] = []
    for number in range(count):
        peers.append(node(stage, stack, f"{name}-{number}", peers[:1], **options))
        assert peers[-1].ready
    return peers


def star(stage: Stage, stack: ExitStack, name: str, count: int) -> list[Peer]:
    """Start a node, and others that join it; return them when all are connected and in a mesh."""
    peers = nodes(stage, stack, name, count)
    until_all(peers[:1], "peers", count - 1)
    until_all(peers, "mesh", 1)
    return peers


def bare_star(stage: Stage, stack: ExitStack, count: int) -> list[Peer]:
    """Start the floor's peers, each connected to the first; return them when all are in a mesh.

    Raises:
        TimeoutError: they are too many for the mesh of the first, which never takes the others.
    """
    return _bare(stage, stack, count, lambda before: before[:1])


def bare_net(stage: Stage, stack: ExitStack, count: int, wanted: int) -> list[Peer]:
    """Start the floor's peers, each connected to so many before it; return them when all are in a mesh."""
    return _bare(stage, stack, count, lambda before: before[-wanted:])


def _bare(stage: Stage, stack: ExitStack, count: int, joined: Callable[[list[Peer]], list[Peer]]) -> list[Peer]:
    peers: list[Peer] = []
    for number in range(1, count + 1):
        peer = stack.enter_context(started(stage, stage.scratch, "bare", str(number)))
        for other in joined(peers):
            peer.tell("connect", address=other.address)
        assert peer.ready
        peers.append(peer)
    meshed: list[bool] = []

    def whole() -> bool:
        meshed[:] = [_has_mesh(peer) for peer in peers]
        return all(meshed)

    until(whole, _BACKOFF + _SECONDS, sign=lambda: tuple(meshed))
    return peers


def _has_mesh(peer: Peer) -> bool:
    peer.tell("mesh")
    return bool(peer.await_("mesh")["peers"])


def until(
    condition: Callable[[], bool], seconds: float = _SECONDS, *,
    sign: Callable[[], object] = lambda: None, pause: float = _PAUSE,
) -> float:  # fmt: skip
    """Look until a condition holds; return the monotonic time of that.

    Args:
        seconds: how long nothing may change; the time begins anew whenever `sign` is another than before.
        pause: seconds between two looks; each costs those that are asked some work.

    Raises:
        TimeoutError: it does not come to that in time.
    """
    deadline, seen = time.monotonic() + seconds, sign()
    while not condition():
        if (now := sign()) != seen:
            deadline, seen = time.monotonic() + seconds, now
        if time.monotonic() > deadline:
            raise TimeoutError(f"it has not come to that, and nothing has changed for {seconds} s: {seen}")
        time.sleep(pause)
    return time.monotonic()


def until_all(peers: Sequence[Peer], what: str, least: int, pause: float = _PAUSE) -> float:
    """Look until each node's status tells of so many of something, as long as there comes more of it; as `until`."""
    found: list[int] = []

    def enough() -> bool:
        found[:] = [int(peer.ask("status")[what]) for peer in peers]
        return min(found) >= least

    return until(enough, sign=lambda: tuple(found), pause=pause)
