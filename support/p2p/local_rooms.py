"""Nodes that look for each other in one network of this process, on a clock of their own which the scenario moves."""

import random
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import trio
from multiaddr import Multiaddr
from trio.testing import MockClock, wait_all_tasks_blocked

from marketplace.p2p.library import ID
from marketplace.p2p.limits import LOCAL_AT_ONCE, LOCAL_EVERY
from marketplace.p2p.local_discovery import LocalDiscovery
from marketplace.p2p.local_messages import read
from marketplace.p2p.local_network import LocalNetwork
from support.p2p.local_speech import PEERS

_STEP = 0.25
_SECONDS = 60.0


class _Member(LocalNetwork):
    """A machine in the network of the room."""

    def __init__(self, room: "LocalRoom", place: str) -> None:
        super().__init__(room.log.append)
        self.place = place
        self.room = room
        self.to_me, self._mine = trio.open_memory_channel[tuple[bytes, str]](1000)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Be there already."""
        yield

    def join(self) -> None:
        """Be in the one network that there is."""

    def addresses(self) -> set[str]:
        """Return the one address."""
        return {self.place}

    async def send(self, message: bytes) -> None:
        """Send to everybody who is not cut off, oneself too."""
        self.room.said.append((trio.current_time(), self.place, message))
        for member in self.room.members.values():
            if member is self or not self.room.cut:
                member.to_me.send_nowait((message, self.place))

    async def receive(self) -> tuple[bytes, str]:
        """Return the next message."""
        return await self._mine.receive()


class LocalRoom:
    """The room; `said` has when, from where and what was sent, `found` whom each node would dial."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.said: list[tuple[float, str, bytes]] = []
        self.found: dict[str, set[str]] = {}
        self.members: dict[str, _Member] = {}
        self.cut = False
        self._nodes: dict[str, LocalDiscovery] = {}
        self._ends: dict[str, trio.CancelScope] = {}
        self._clock = MockClock()
        ready: Queue[tuple[trio.lowlevel.TrioToken, trio.Nursery]] = Queue()
        self._thread = threading.Thread(target=lambda: trio.run(self._main, ready.put, clock=self._clock))
        self._thread.start()
        self._token, self._nursery = ready.get(timeout=_SECONDS)

    async def _main(self, ready: Callable[[Any], None]) -> None:
        async with trio.open_nursery() as nursery:
            self._over = trio.Event()
            ready((trio.lowlevel.current_trio_token(), nursery))
            await self._over.wait()
            nursery.cancel_scope.cancel()

    def _do(self, what: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
        return trio.from_thread.run(what, *arguments, trio_token=self._token)

    def close(self) -> None:
        """End everything."""
        self._do(self._end_all)
        self._thread.join(_SECONDS)

    async def _end_all(self) -> None:
        self._over.set()

    def start(self, name: str, place: str) -> None:
        """Start a node."""
        self._do(self._start, name, place)

    async def _start(self, name: str, place: str) -> None:
        member = self.members[name] = _Member(self, place)
        self._nodes[name] = LocalDiscovery(
            ID.from_base58(PEERS[name.upper()]), lambda: [Multiaddr(f"/ip4/{member.place}/tcp/4701")], member,
            random.Random(name), self.log.append,
        )  # fmt: skip
        self._nursery.start_soon(self._run, name)

    async def _run(self, name: str) -> None:
        with trio.CancelScope() as self._ends[name], self._nodes[name].open():
            await self._take_part(name, self._nodes[name])

    async def _take_part(self, name: str, node: LocalDiscovery) -> None:
        async with node.running(), trio.open_nursery() as nursery:
            nursery.start_soon(node.listen)
            nursery.start_soon(node.announce)
            while True:
                self.found[name] = {str(info.peer_id) for info in await node.look(LOCAL_AT_ONCE)}
                await trio.sleep(LOCAL_EVERY)

    def end(self, name: str) -> None:
        """End a node as an operator does."""
        self._do(self._end, name)
        self.pass_time(_STEP)

    async def _end(self, name: str) -> None:
        self._ends[name].cancel()

    def move(self, name: str, place: str) -> None:
        """Give a node's machine another address."""
        self.members[name].place = place

    def pass_time(self, seconds: float) -> None:
        """Let time pass; afterwards all that was due in it is done."""
        self._do(self._pass, seconds)

    async def _pass(self, seconds: float) -> None:
        for _ in range(round(seconds / _STEP)):
            self._clock.jump(_STEP)
            await wait_all_tasks_blocked()

    def heard(self, name: str) -> int:
        """Return how many others a node has heard of."""

        async def ask() -> int:
            return self._nodes[name].heard()

        found: int = self._do(ask)
        return found

    def told_at(self, place: str) -> list[float]:
        """Return when the machine at a place has told of its node."""
        return [when for when, source, message in self.said if source == place and read(message).told]
