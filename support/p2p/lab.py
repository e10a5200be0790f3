"""Small networks of library hosts in one process, with our mends and without, and what hostile ones send."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub
from libp2p.tools.anyio_service import background_trio_service
from libp2p.utils import encode_varint_prefixed
from multiaddr import Multiaddr

from marketplace.p2p import hardening
from marketplace.p2p.host import make_host

TOPIC = "rows"
MESH = "/meshsub/1.1.0"
SOON, A_WHILE = 30.0, 2.0
"""Seconds in which what must come comes on the slowest machine, and after which what has not come does not come."""

LOOPBACK = Multiaddr("/ip4/127.0.0.1/tcp/0")


@dataclass
class Peer:
    """A host with gossip, and the offences it was told."""

    host: Any
    pubsub: Any
    router: Any
    blamed: list[tuple[str, str]] = field(default_factory=list)
    avoided: set[str] = field(default_factory=set)
    heard: Any = None


@dataclass(frozen=True)
class Lab:
    """How hosts are made: as the library has it, or with the mends."""

    mended: bool

    def waits(self, *, mended: bool) -> float:
        """Return how long to wait for what comes with the mends (or without them), and must not come otherwise."""
        return SOON if mended is self.mended else A_WHILE

    def host(self, seed: int) -> Any:
        """Return a host."""
        key = bytes([seed]) * 32
        return make_host(key) if self.mended else new_host(key_pair=create_new_key_pair(key))

    @asynccontextmanager
    async def peers(
        self, count: int, *, spam_protection: bool = True, **pubsub_options: Any
    ) -> AsyncIterator[list[Peer]]:
        """Run hosts with gossip on one topic, each connected to the first."""
        async with AsyncExitStack() as stack:
            found = []
            for seed in range(1, count + 1):
                found.append(await self._peer(stack, self.host(seed), spam_protection, pubsub_options))
            for peer in found[1:]:
                await peer.host.connect(address(found[0].host))
                await peer.pubsub.wait_for_subscription(found[0].host.get_id(), TOPIC)
                await found[0].pubsub.wait_for_subscription(peer.host.get_id(), TOPIC)
            yield found

    async def _peer(
        self, stack: AsyncExitStack, host: Any, spam_protection: bool, pubsub_options: Mapping[str, Any]
    ) -> Peer:
        await stack.enter_async_context(host.run([LOOPBACK]))
        blamed: list[tuple[str, str]] = []
        avoided: set[str] = set()
        if self.mended:

            def blame(peer: str, why: str) -> None:
                blamed.append((peer, why))

            hardening.guard_streams(host, lambda _stream: True, blame)
            router: Any = hardening.gossip_router([MESH], (3, 2, 4), blame, avoided.__contains__)
            pubsub: Any = hardening.HardenedPubsub(host, router, blame, **pubsub_options)
        else:
            router = GossipSub([MESH], 3, 2, 4, heartbeat_interval=1, spam_protection_enabled=spam_protection)
            pubsub = Pubsub(host, router, **pubsub_options)
        for service in (pubsub, router):
            await stack.enter_async_context(background_trio_service(service))
        await pubsub.wait_until_ready()
        return Peer(host, pubsub, router, blamed, avoided, await pubsub.subscribe(TOPIC))


def address(host: Any) -> PeerInfo:
    """Return how to dial a host."""
    return info_from_p2p_addr(host.get_addrs()[0])


async def until(condition: Callable[[], object], seconds: float = SOON) -> bool:
    """Wait until a condition holds; tell whether it came to that."""
    with trio.move_on_after(seconds):
        while not condition():
            await trio.sleep(0.02)
        return True
    return False


async def survives(victim: Peer, other: Peer) -> str:
    """Tell whether a host still answers, and whom it has named."""
    await until(lambda: victim.blamed)
    stream = await other.host.new_stream(victim.host.get_id(), ["/ipfs/ping/1.0.0"])
    await stream.write(bytes(32))
    assert await stream.read(32) == bytes(32)
    return "it is named" if (str(other.host.get_id()), "protocol") in victim.blamed else "it goes on"


async def send(victim: Peer, other: Peer, **fields: bytes) -> None:
    """Send a message with fields of our choice, as no library host would."""
    message = rpc_pb2.Message(from_id=other.host.get_id().to_bytes(), seqno=b"1", data=b"x", topicIDs=[TOPIC])
    for name, value in fields.items():
        setattr(message, name, value)
    stream = await other.host.new_stream(victim.host.get_id(), [MESH])
    await stream.write(encode_varint_prefixed(rpc_pb2.RPC(publish=[message]).SerializeToString()))


async def control(victim: Peer, other: Peer, **words: Any) -> None:
    """Send control messages of our choice in one frame."""
    frame = rpc_pb2.RPC(control=rpc_pb2.ControlMessage(**words))
    stream = await other.host.new_stream(victim.host.get_id(), [MESH])
    await stream.write(encode_varint_prefixed(frame.SerializeToString()))
