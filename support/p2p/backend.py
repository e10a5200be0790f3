"""The registry of the peers for the commands of a scenario: what an author publishes at one node is read at another."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marketplace.registry.node_client import NodeClient
from support.centralized.backends import READS, WRITES, verb_of
from support.cleanroom.deadline import Deadline
from support.market.world import World
from support.p2p.homes import User

_SECONDS = 60.0


class Peers:
    """Two nodes on loopback: the author's, in a home of its own with the scenario's keys, and one in its home."""

    def __init__(self) -> None:
        self._author: User | None = None
        self._reader: User | None = None

    def environ(self, world: World, args: Sequence[str]) -> Mapping[str, str]:
        """Return what makes a command publish at the author's node, or read at the other when that has all."""
        verb = verb_of(args)
        if verb not in (*WRITES, *READS):
            return {}
        author, reader = self._nodes(world)
        if verb in WRITES:
            if (world.home / "keys").is_dir():
                shutil.copytree(world.home / "keys", author.home / "keys", dirs_exist_ok=True)
            return {"GGEN_HOME": str(author.home), "GGEN_REGISTRY": "p2p"}
        wanted = _status(author)["entries"]
        _comes("the other node to show what was published", lambda: _shown(reader) == wanted)
        return {"GGEN_REGISTRY": "p2p"}

    def log_size(self, world: World) -> int:
        """Return how many entries the author's node has, once the other has them too."""
        author, reader = self._nodes(world)
        _comes("the other node to have the same", lambda: _status(reader)["digest"] == _status(author)["digest"])
        return int(_status(author)["entries"])

    def _nodes(self, world: World) -> tuple[User, User]:
        if self._author is None or self._reader is None:
            self._author, self._reader = User(world, "author"), User(world, "reader", world.home)
            for user, bootstrap in ((self._author, ()), (self._reader, (self._author,))):
                world.defer(user.close)
                user.run_node([known.address for known in bootstrap])
            both = (self._author, self._reader)
            _comes("the nodes to have each other", lambda: all(bool(_status(user)["mesh"]) for user in both))
        return self._author, self._reader


def _status(user: User) -> dict[str, Any]:
    return NodeClient(user.home).ask("status")


def _shown(user: User) -> int:
    """Return the entries that a node has, less those that it cannot show yet."""
    status = _status(user)
    return int(status["entries"]) - int(status["awaited"])


def _comes(what: str, comes: Callable[[], bool]) -> None:
    if not Deadline.after(_SECONDS).poll(comes, every=0.02, slowest=0.1):
        raise AssertionError(f"after {_SECONDS:g} s of waiting for {what}, it is not so")
