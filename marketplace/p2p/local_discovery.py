"""Local discovery: nodes of one network find each other by multicast DNS, as libp2p's specification of it says."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager

import trio
from multiaddr import Multiaddr

from marketplace.p2p.library import ID, PeerInfo
from marketplace.p2p.limits import LOCAL_RENEW_EVERY, LOCAL_TTL
from marketplace.p2p.local_messages import answer, question, read
from marketplace.p2p.local_network import LocalNetwork
from marketplace.p2p.local_table import LocalTable

_PAUSE = 1.0
"""Seconds between two answers to the whole network, at least (RFC 6762, section 6)."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_NAME_LENGTH = 32
"""Of a node's name here: libp2p's least. It is random, since it is to say nothing of who it is."""


class LocalDiscovery:
    """What one node tells the networks that its machine is in, and hears there.

    Args:
        id_: the node's own.
        addresses: returns those that it can be dialled by, without `/p2p/ID`; those outside the networks are not told.
        log: told what the operator should know.
    """

    def __init__(
        self, id_: ID, addresses: Callable[[], Sequence[Multiaddr]], network: LocalNetwork, rand: random.Random,
        log: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._id = id_
        self._addresses = addresses
        self._network = network
        self._random = rand
        self._log = log
        self._name = "".join(rand.choices(_LETTERS, k=_NAME_LENGTH))
        self._table = LocalTable()
        self._asked = trio.Event()
        self._ask_at = 0.0

    def open(self) -> AbstractContextManager[None]:
        """Have what it takes to take part, while the block runs.

        Raises:
            UnavailableError: what `LocalNetwork.open` raises.
        """
        return self._network.open()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take back what was told when the block ends."""
        try:
            yield
        finally:
            with trio.CancelScope(shield=True):
                await self._tell(self._reachable(), 0)

    async def listen(self) -> None:
        """Hear what is said, for ever."""
        while True:
            data, source = await self._network.receive()
            now = trio.current_time()
            if self._table.listens_to(source, now):
                heard = read(data)
                for told in heard.told:
                    self._table.hear(source, told, now)
                if heard.asks:
                    self._asked.set()

    async def announce(self) -> None:
        """Tell of this node at once, when somebody asks, and when its addresses change, for ever."""
        if not self._reachable():
            self._log("nobody on the local network can find this node: it does not listen there")
        told: list[Multiaddr] = []
        while True:
            self._network.join()
            found = self._reachable()
            if self._asked.is_set() or found != told:
                self._asked = trio.Event()
                await self._tell(found)
                told = found
                await trio.sleep(_PAUSE)
            with trio.move_on_after(LOCAL_RENEW_EVERY):
                await self._asked.wait()

    def _reachable(self) -> list[Multiaddr]:
        here = self._network.addresses()
        found = [one for one in self._addresses() if [part.name for part in one.protocols()] == ["ip4", "tcp"]]
        return [one.encapsulate(f"/p2p/{self._id}") for one in found if one.value_for_protocol("ip4") in here]

    async def _tell(self, found: Sequence[Multiaddr], ttl: int = LOCAL_TTL) -> None:
        if found:
            await self._network.send(answer(self._name, found, ttl))

    async def look(self, most: int) -> list[PeerInfo]:
        """Return some of the other nodes that were heard; from time to time the networks are asked for them."""
        now = trio.current_time()
        if now >= self._ask_at:
            self._ask_at = now + LOCAL_RENEW_EVERY
            await self._network.send(question())
        return [info for info in self._table.some(most, self._random, now) if info.peer_id != self._id]

    def heard(self) -> int:
        """Return how many other nodes were heard and have not gone."""
        return sum(not name.startswith(self._name) for name in self._table.names(trio.current_time()))
