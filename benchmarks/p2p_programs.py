"""Peers as processes of their own: `python -m benchmarks.p2p_programs node|bare ARGUMENTS`, which say in JSON lines
what happens to them, with the monotonic time that all processes of a machine share.

`node HOME OPTIONS` is the product's node, which also tells when it has heard of entries, and when it has
written them down and shows them.
`bare SEED` is the floor: a host of the same library with its own gossip and plain streams, and nothing of ours. Both
take commands, one JSON object a line.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from marketplace.model.entry import Entry
from marketplace.p2p.announce import Announcement
from marketplace.p2p.answers import Answers
from marketplace.p2p.control import control_socket
from marketplace.p2p.gossip import DEGREES
from marketplace.p2p.hardening import HardenedPubsub
from marketplace.p2p.host import address
from marketplace.p2p.library import (
    ID,
    NOISE,
    GossipSub,
    Noise,
    Pubsub,
    background_trio_service,
    ed25519_key_pair,
    info_from_p2p_addr,
    new_host,
    x25519_key_pair,
)
from marketplace.p2p.logs import Offered
from marketplace.p2p.node import Node, Options
from marketplace.p2p.state import NodeState
from marketplace.p2p.wire import Wire

LISTEN = "/ip4/127.0.0.1/tcp/0"
_TOPIC = "floor"
_RAW = "/floor/raw"
_COUNT_BYTES = 8
_PIECE = 256 * 1024
Commands = Mapping[str, Callable[[dict[str, Any]], Awaitable[None]]]


def tell(what: str, **facts: object) -> None:
    """Say that something has happened now."""
    sys.stdout.write(json.dumps({"what": what, "at": time.monotonic(), **facts}) + "\n")
    sys.stdout.flush()


async def obey(commands: Commands) -> None:
    """Do what the lines of the standard input say, until it ends."""
    async with trio.open_nursery() as nursery:
        async for line in _lines():
            command = json.loads(line)
            nursery.start_soon(commands[command.pop("do")], command)
        nursery.cancel_scope.cancel()


async def _lines() -> AsyncIterator[bytes]:
    rest = b""
    async with trio.lowlevel.FdStream(os.dup(0)) as stream:
        async for data in stream:
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield line


class WatchedState(NodeState):
    """A node's state that tells how many entries it knows when those that came are written down and shown."""

    def admit(self, entries: Sequence[Entry], manifests: Iterable[tuple[str, bytes]] = ()) -> list[Offered]:
        """Keep entries; see `NodeState`."""
        outcomes = super().admit(entries, manifests)
        tell("knows", entries=len(self.logs))
        return outcomes

    def admit_announced(self, announcements: Sequence[Announcement]) -> list[Offered]:
        """Keep what was announced, and is valid and forwarded; see `NodeState`."""
        tell("heard", entries=announcements[-1].entry.seq)
        return super().admit_announced(announcements)


def count_calls(owner: type, name: str, counts: Counter[str], what: str) -> None:
    """Count the calls of an asynchronous method, of all objects in this process."""
    method: Callable[..., Awaitable[object]] = getattr(owner, name)

    async def counted(*arguments: object) -> object:
        counts[what] += 1
        return await method(*arguments)

    setattr(owner, name, counted)


async def run_node(home: Path, options: Options) -> None:
    """Run the product's node until the input ends; `sync` times a sync with a peer, `count` tells what was sent.

    Sent: messages on sync streams, those answered among them, and syncs asked for. Received: copies by gossip.
    """
    counts: Counter[str] = Counter()
    count_calls(Wire, "_write", counts, "sync messages")
    count_calls(Node, "open_sync", counts, "syncs")
    count_calls(HardenedPubsub, "push_msg", counts, "gossip copies")
    state = WatchedState(home, time.time)
    node = Node(state, options, time.time, lambda text: print(text, file=sys.stderr))

    async def sync(command: dict[str, Any]) -> None:
        begin = time.perf_counter()
        done = await node.sync_with(command["peer"])
        tell("synced", done=done, seconds=time.perf_counter() - begin)

    async def count(_command: dict[str, Any]) -> None:
        tell("counted", counts=counts)

    try:
        async with node.running(), control_socket(state.folder / "control.sock", Answers(node).answer):
            tell("ready", id=node.id, address=node.addresses[0])
            await obey({"sync": sync, "count": count})
    finally:
        state.close()


class Bare:
    """A host of the library with Noise, Yamux and gossip as they are, but for its ten messages a second."""

    def __init__(self, seed: int) -> None:
        keys = ed25519_key_pair(bytes([seed]) * 32)
        noise = Noise(keys, noise_privkey=x25519_key_pair().private_key)
        self.host: Any = new_host(key_pair=keys, sec_opt={NOISE: noise}, muxer_preference="YAMUX")
        self.router = GossipSub(["/meshsub/1.1.0"], *DEGREES, heartbeat_interval=1, spam_protection_enabled=False)
        self.pubsub = Pubsub(self.host, self.router)
        self.host.set_stream_handler(_RAW, self._serve)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Any]:
        """Run while the block does; yield the subscription."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.host.run([address(LISTEN)]))
            for service in (self.pubsub, self.router):
                await stack.enter_async_context(background_trio_service(service))
            await self.pubsub.wait_until_ready()
            yield await self.pubsub.subscribe(_TOPIC)

    async def connect(self, command: dict[str, Any]) -> None:
        """Connect to another one."""
        await self.host.connect(info_from_p2p_addr(address(command["address"])))

    async def meshed(self, _command: dict[str, Any]) -> None:
        """Tell how many peers are in the mesh."""
        tell("mesh", peers=len(self.router.mesh.get(_TOPIC, ())))

    async def publish(self, command: dict[str, Any]) -> None:
        """Publish a message: its number, and as many bytes as are asked for."""
        number = int(command["number"]).to_bytes(_COUNT_BYTES, "big")
        await self.pubsub.publish(_TOPIC, number + os.urandom(command["size"] - _COUNT_BYTES))

    async def read(self, command: dict[str, Any]) -> None:
        """Time a new stream, one question, and as many bytes as are asked for."""
        begin, left = time.perf_counter(), int(command["bytes"])
        stream = await self.host.new_stream(ID.from_base58(command["peer"]), [_RAW])
        await stream.write(left.to_bytes(_COUNT_BYTES, "big"))
        while left:
            left -= len(await stream.read(min(left, _PIECE)))
        tell("read", seconds=time.perf_counter() - begin)
        await stream.close()

    @staticmethod
    async def _serve(stream: Any) -> None:
        left = int.from_bytes(await stream.read(_COUNT_BYTES), "big")
        piece = os.urandom(_PIECE)
        while left:
            await stream.write(piece[:left])
            left -= len(piece[:left])


async def run_bare(seed: int) -> None:
    """Run the floor until the input ends."""
    bare = Bare(seed)
    async with bare.running() as subscription, trio.open_nursery() as nursery:

        async def listen() -> None:
            while True:
                message = await subscription.get()
                tell("knows", entries=int.from_bytes(message.data[:_COUNT_BYTES], "big"))

        nursery.start_soon(listen)
        tell("ready", id=str(bare.host.get_id()), address=str(bare.host.get_addrs()[0]))
        await obey({"connect": bare.connect, "publish": bare.publish, "read": bare.read, "mesh": bare.meshed})
        nursery.cancel_scope.cancel()


def main(arguments: Sequence[str]) -> None:
    """Run the peer that the arguments name."""
    if arguments[0] == "node":
        trio.run(run_node, Path(arguments[1]), Options(**json.loads(arguments[2])))
    else:
        trio.run(run_bare, int(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
