"""A network of peers: node 0 is the bootstrap, which every other node joins, each in a container of its own.

What runs in the nodes is the caller's: a `NodeProgram`. `SmallPeer` is the cleanroom's own, a program of a hundred
lines to prove the network with, and no node of any product.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from support.cleanroom.containers import GenericContainer
from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import Network, Recipe
from support.cleanroom.faults.vocabulary import Faults
from support.cleanroom.images.python import python_image
from support.cleanroom.waiting import ForPort, Wait

if TYPE_CHECKING:
    from support.cleanroom.cleanroom import Cleanroom

_AT_ONCE = 2  # starting a container costs a quarter of a second of one core: more at once are no faster
_ANSWER_SECONDS = 30.0


class NodeProgram(Protocol):
    """What runs in each node."""

    @property
    def image(self) -> Recipe: ...

    @property
    def wait(self) -> Wait:
        """When a node counts as ready."""

    def command(self, number: int, bootstrap: str) -> tuple[str, ...]:
        """Return the command of a node; `bootstrap` is the address of node 0, and empty for node 0 itself."""

    def keywords(self, room: "Cleanroom", number: int) -> Mapping[str, Any]:
        """Return what more `Cleanroom.start_generic` is to be given for a node: mounts, environment, scratch."""


@dataclass(frozen=True, slots=True)
class PeerNetwork:
    """The nodes `node-0`, `node-1`, … by name, and the faults that may strike them."""

    network: Network
    nodes: Mapping[str, GenericContainer]
    faults: Faults

    def address(self, name: str) -> str:
        """Return a node's address."""
        return self.nodes[name].address(self.network)


@dataclass(frozen=True, slots=True)
class SmallPeer:
    """The cleanroom's peer: `support/cleanroom/images/files/cleanroom-peer`."""

    port: int = 7100
    image: Recipe = field(default_factory=python_image)

    @property
    def wait(self) -> Wait:
        """It answers."""
        return ForPort(self.port)

    def command(self, number: int, bootstrap: str) -> tuple[str, ...]:  # noqa: ARG002 - all nodes but one are alike
        """Join the bootstrap."""
        return ("cleanroom-peer", *(("--bootstrap", bootstrap) if bootstrap else ()))

    def keywords(self, room: "Cleanroom", number: int) -> Mapping[str, Any]:  # noqa: ARG002 - it needs nothing
        """Return nothing."""
        return {}

    def ask(self, network: PeerNetwork, name: str) -> dict[str, set[str]]:
        """Return the names of the nodes that a node has `known`, and that `answered` it in its last round."""
        with network.nodes[name].engine_container.dial(self.port, _ANSWER_SECONDS) as connection:
            connection.sendall(b'{"do": "tell"}\n')
            told = json.loads(connection.makefile().readline())
        names = {network.address(name): name for name in network.nodes}
        return {key: {names[address] for address in addresses} for key, addresses in told.items()}

    def come_to_reach(
        self, network: PeerNetwork, wanted: Mapping[str, set[str]], seconds: float
    ) -> dict[str, set[str]]:
        """Wait until each node that is named is answered by those nodes and no others; return who answers whom."""
        found: dict[str, set[str]] = {}

        def reached() -> bool:
            found.update({name: self.ask(network, name)["answered"] for name in wanted})
            return found == wanted

        Deadline.after(seconds).poll(reached, every=0.05, slowest=0.2)
        return found


def start(room: "Cleanroom", count: int, program: NodeProgram) -> PeerNetwork:
    """Start node 0, whose address the others need, and then those together."""
    from support.cleanroom.cleanroom import P2P_NETWORK

    network = room.network(P2P_NETWORK)

    def begin(number: int, bootstrap: str) -> GenericContainer:
        return room.start_generic(
            program.command(number, bootstrap), name=f"node-{number}", image=program.image, networks=(P2P_NETWORK,),
            wait=program.wait, **program.keywords(room, number),
        )  # fmt: skip

    first = begin(0, "")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        others = pool.map(lambda number: begin(number, first.address(network)), range(1, count))
        nodes = {node.name: node for node in (first, *others)}
    return PeerNetwork(network, nodes, Faults(room, network, nodes, room.seeded.seed))
