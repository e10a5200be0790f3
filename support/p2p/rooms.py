"""Rooms of peers: `ggen market node run` in containers, each with its own home on a volume."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marketplace.errors import UnavailableError
from marketplace.registry.node_client import NodeClient
from marketplace.security.keys import Signer
from support.cleanroom.cleanroom import P2P_NETWORK
from support.cleanroom.containers import GenericContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import ExecResult, Recipe
from support.cleanroom.peers import PeerNetwork
from support.cleanroom.seeded import Seeded
from support.cleanroom.waiting import ForPort, Wait
from support.p2p.images import peer_image
from support.p2p.peer_id import peer_id

if TYPE_CHECKING:
    from support.cleanroom.cleanroom import Cleanroom

PORT = 4701
_ENEMY = Path(__file__).with_name("enemy.py")
_LIAR = Path(__file__).with_name("local_liar.py")
HOME = "/home/user"
PROJECT = "/tmp/project"  # noqa: S108 - inside a container
SECONDS = 60.0

_PREPARE = """
import os
from datetime import UTC, datetime
from pathlib import Path
from marketplace.security.keys import KeyRing
home, now = Path(os.environ["GGEN_HOME"]), datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
for folder, name in (("node", "identity"), ("keys", "default")):
    keys = KeyRing(home / folder)
    if not keys.path_of(name).exists():
        keys.create(name, now, bytes.fromhex(os.environ["SEED_" + name.upper()]))
"""
_RUN = 'python -c "$0" && exec ggen market node run --json "$@"'
_IN_PROJECT = 'mkdir -p "$0" && cd "$0" && exec "$@"'

# Publishes packages of its own making, in one process: id, a text, and how many versions of it.
_PUBLISH = """
import json, os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from marketplace.errors import MarketError
from marketplace.registry.p2p import P2PRegistry
from marketplace.security.keys import KeyRing
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
home = Path(os.environ["GGEN_HOME"])
signer = KeyRing(home / "keys").load()
trust = TrustStore(home / "keys" / "trust.json")
registry = P2PRegistry(home, signer=lambda: signer, trust=lambda: trust)
id_, text, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
offered = []
for number in range(1, count + 1):
    folder = Path(f"/tmp/publish/{id_}/{number}")
    folder.mkdir(parents=True)
    lines = ["[package]", f'id = "{id_}"', f'version = "{number}.0.0"', f'description = "{text}"', 'license = "MIT"']
    (folder / "package.toml").write_text("\\n".join(lines) + "\\n")
    (folder / "text").write_text(f"{text} {number}")
    if size:
        (folder / "large").write_bytes((text.encode() * (size // len(text) + 1))[:size])
    source = FolderSource.read(folder)
    offered.append((source, build_release(source, signer, datetime.now(UTC))))
try:
    told = [{"error": o.code} if isinstance(o, MarketError) else dict(o.extra) for o in registry.publish_many(offered)]
except MarketError as error:
    told = [{"error": error.code}]
print(json.dumps(told))
"""


_HOLD = f"""
import socket, threading
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("", 5353))
connections = socket.create_server(("", {PORT}))
threading.Event().wait()
"""


@dataclass(frozen=True, slots=True)
class GgenNode:
    """The product's node as a `NodeProgram`; `flags` are those of some nodes, `disks` the sizes of some homes.

    `told`: each is told the address of the bootstrap.
    """

    seeded: Seeded
    flags: Mapping[int, Sequence[str]] = field(default_factory=dict)
    disks: Mapping[int, int] = field(default_factory=dict)
    image: Recipe = field(default_factory=peer_image)
    told: bool = True

    @property
    def wait(self) -> Wait:
        """It takes connections."""
        return ForPort(PORT)

    def id_of(self, number: int) -> str:
        """Return the peer id of a node."""
        return peer_id(self._seed("identity", number))

    def _seed(self, what: str, number: int) -> bytes:
        return self.seeded.key(f"{what}-{number}")

    def key_of(self, number: int) -> str:
        """Return the key with which a node's user publishes."""
        return Signer.from_seed("default", self._seed("default", number)).public

    def command(self, number: int, bootstrap: str) -> tuple[str, ...]:
        """Join the bootstrap, unless nodes are told no address."""
        known = f"/ip4/{bootstrap}/tcp/{PORT}/p2p/{self.id_of(0)}"
        joining = ("--bootstrap", known) if bootstrap and self.told else ()
        listening = ("--listen", f"/ip4/0.0.0.0/tcp/{PORT}")
        return ("sh", "-c", _RUN, _PREPARE, *listening, *joining, *self.flags.get(number, ()))

    def keywords(self, room: "Cleanroom", number: int) -> Mapping[str, Any]:
        """Give the node a home and its keys."""
        seeds = {f"SEED_{what.upper()}": self._seed(what, number).hex() for what in ("identity", "default")}
        found: dict[str, Any] = {"environment": {"GGEN_HOME": HOME, **seeds}}
        if number in self.disks:
            return found | {"scratch": {HOME: self.disks[number]}}
        return found | {"mounts": {HOME: room.volume(f"home-{number}")}}


@dataclass(frozen=True, slots=True)
class Enemy:
    """A hostile peer: its id, and the container that it runs in."""

    id: str
    container: GenericContainer


class PeerRoom:
    """A room with a network of nodes, which can be asked over the control sockets on their volumes."""

    def __init__(self, room: "Cleanroom", count: int, program: GgenNode) -> None:
        self.room = room
        self.program = program
        self.network: PeerNetwork = room.start_p2p_network(count, program)
        self.nodes = dict(self.network.nodes)
        self._enemy: Enemy | None = None

    @property
    def names(self) -> dict[str, str]:
        """The names of the nodes by peer id."""
        return {self.program.id_of(number): f"node-{number}" for number in range(len(self.nodes))}

    def join(self, number: int, *flags: str) -> None:
        """Start one more node, which joins as the others did; with flags of its own."""
        self.program = replace(self.program, flags={**self.program.flags, number: flags})
        command = self.program.command(number, self.network.address("node-0"))
        name = f"node-{number}"
        self.nodes[name] = self.room.start_generic(
            command, name=name, image=self.program.image, networks=(P2P_NETWORK,), wait=self.program.wait,
            **self.program.keywords(self.room, number),
        )  # fmt: skip

    def enemy(self, kind: str) -> Enemy:
        """Start a hostile peer of a new identity, which connects to every node; one that was there before ends."""
        if self._enemy:
            self._enemy.container.kill()
        seed = self.room.seeded.key(f"enemy with {kind}")
        places = {name: self.network.address(name) for name in sorted(self.network.nodes)}
        numbers = [int(name.removeprefix("node-")) for name in places]
        addresses = [
            f"/ip4/{place}/tcp/{PORT}/p2p/{self.program.id_of(number)}"
            for number, place in zip(numbers, places.values(), strict=True)
        ]
        container = self.room.start_generic(
            ("python", "-c", _ENEMY.read_text(encoding="utf-8"), kind, *addresses), name="enemy",
            image=self.program.image, networks=(P2P_NETWORK,), wait=ForPort(PORT),
            environment={"SEED_IDENTITY": seed.hex()},
        )  # fmt: skip
        self._enemy = Enemy(peer_id(seed), container)
        return self._enemy

    def liar(self, kind: str) -> GenericContainer:
        """Start somebody who says by multicast DNS what is not so; return him once he has said all of it."""
        command = ("python", "-c", _LIAR.read_text(encoding="utf-8"), kind, self.program.id_of(0))
        liar = self.room.start_generic(
            command, name=f"liar-{kind}", image=self.program.image, networks=(P2P_NETWORK,), wait=ForPort(PORT)
        )
        assert Deadline.after(SECONDS).poll(lambda: '"done"' in liar.logs(), every=0.1, slowest=0.5), liar.logs()
        return liar

    def port_holder(self) -> GenericContainer:
        """Start a machine on which a program has the port of multicast DNS for itself."""
        return self.room.start_generic(
            ("python", "-c", _HOLD),
            name="holder",
            image=self.program.image,
            networks=(P2P_NETWORK,),
            wait=ForPort(PORT),
        )

    def praise(self, name: str, peer: str) -> None:
        """Have a node start anew with a good opinion of a peer, as if that had served it well for an hour."""
        self.node(name).stop()
        record = {"score": 50.0, "at": time.time(), "earned": 50.0, "earned_since": time.time(), "sticky": False,
                  "operator": False, "offences": {}, "chunks": 50}  # fmt: skip
        document = json.dumps({"format": 1, "peers": {peer: record}}).encode()
        (self.room.volume(name.replace("node", "home")).path / "node" / "reputation.json").write_bytes(document)
        self.node(name).restart()
        self.until(lambda: self.standing(name, peer)["connected"], True)

    def node(self, name: str) -> GenericContainer:
        """Return the container of a node."""
        return self.nodes[name]

    def ask(self, name: str, do: str, **arguments: object) -> dict[str, Any]:
        """Ask a node over its control socket; one whose home is no volume by its own command line."""
        if int(name.removeprefix("node-")) in self.program.disks:
            found: dict[str, Any] = self.json(name, "node", do)
            return found
        return NodeClient(self.room.volume(name.replace("node", "home")).path).ask(do, **arguments)

    def connected(self, name: str) -> set[str]:
        """Return the names of the nodes that a node is connected to."""
        peers = self.ask(name, "peers")["peers"]
        return {self.names.get(peer["id"], peer["id"]) for peer in peers if peer["connected"]}

    def mesh(self, name: str) -> set[str]:
        """Return the names of the nodes in a node's gossip mesh."""
        return {self.names.get(peer["id"], peer["id"]) for peer in self.ask(name, "peers")["peers"] if peer["mesh"]}

    def standing(self, name: str, of: str) -> dict[str, Any]:
        """Return what a node thinks of a peer id."""
        found = [peer for peer in self.ask(name, "peers")["peers"] if peer["id"] == of]
        return found[0] if found else {"score": 0.0, "standing": "neutral", "offences": {}, "connected": False}

    def ggen(self, name: str, *args: str) -> ExecResult:
        """Run `ggen market` in a node's container, in a project folder."""
        return self.node(name).exec(["sh", "-c", _IN_PROJECT, PROJECT, "ggen", "market", *args])

    def json(self, name: str, *args: str) -> Any:
        """Run `ggen market … --json` in a node's container, which must succeed."""
        done = self.ggen(name, *args, "--json")
        assert done.exit_code == 0, f"{name}: {' '.join(args)} gave {done.exit_code}: {done.stderr.decode()[-800:]}"
        return json.loads(done.stdout)

    def publish(self, name: str, id_: str, text: str, count: int = 1, size: int = 0) -> list[dict[str, Any]]:
        """Publish versions of a package on a node; return what was told of each."""
        told: list[dict[str, Any]] = json.loads(
            self.node(name).run("python", "-c", _PUBLISH, id_, text, str(count), str(size))
        )
        return told

    def until(self, what: Callable[[], Any], wanted: Any, seconds: float = SECONDS) -> Any:
        """Look until something is as wanted or the time is over; return what it was at last.

        A node that does not answer yet counts as "not yet".
        """
        found: Any = None

        def look() -> bool:
            nonlocal found
            try:
                found = what()
            except UnavailableError as error:
                found = error.code
            return bool(found == wanted)

        Deadline.after(seconds).poll(look, every=0.05, slowest=0.25)
        return found

    def alike(self, names: Sequence[str] = (), seconds: float = SECONDS) -> dict[str, tuple[str, int]]:
        """Wait until nodes have the same logs and show all that is in them; return digests and releases by name."""
        asked = names or sorted(self.nodes)
        found: dict[str, tuple[str, int]] = {}

        def equal() -> bool:
            try:
                states = {name: self.ask(name, "status") for name in asked}
            except UnavailableError:
                return False
            found.update(
                {name: (state["digest"], state["releases"] - state["awaited"]) for name, state in states.items()}
            )
            return len(set(found.values())) == 1 and not any(state["awaited"] for state in states.values())

        Deadline.after(seconds).poll(equal, every=0.05, slowest=0.25)
        return found
