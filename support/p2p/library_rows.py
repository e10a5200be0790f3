"""`python -m support.p2p.library_rows as-is|mended`: what libp2p does with our mends and without, as JSON.

Each row is a small network of library hosts in one process; a row in which an exception comes out of the network, which
would have ended a node's process, finds "the process ends".
"""

import json
import logging
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.host.exceptions import ConnectionFailure
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.network.exceptions import SwarmException
from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub
from libp2p.records.utils import InvalidRecordType
from libp2p.stream_muxer.yamux import yamux
from libp2p.tools.anyio_service import background_trio_service
from libp2p.utils import encode_varint_prefixed
from multiaddr import Multiaddr

from marketplace.p2p import hardening
from marketplace.p2p.directory import Directory
from marketplace.p2p.host import make_host

TOPIC = "rows"
MESH = "/meshsub/1.1.0"
KAD = "/ggen/kad/1.0.0"
ENDS = "the process ends"
_LOOPBACK = Multiaddr("/ip4/127.0.0.1/tcp/0")
_BURST = 100


@dataclass
class Peer:
    """A host with gossip, and the offences it was told."""

    host: Any
    pubsub: Any
    router: Any
    blamed: list[tuple[str, str]] = field(default_factory=list)
    heard: Any = None


@dataclass(frozen=True)
class Lab:
    """How hosts are made: as the library has it, or with the mends."""

    mended: bool

    def host(self, seed: int) -> Any:
        """Return a host."""
        key = bytes([seed]) * 32
        return make_host(key) if self.mended else new_host(key_pair=create_new_key_pair(key))

    @asynccontextmanager
    async def peers(self, count: int, *, spam_protection: bool = True) -> AsyncIterator[list[Peer]]:
        """Run hosts with gossip on one topic, each connected to the first."""
        async with AsyncExitStack() as stack:
            found = []
            for seed in range(1, count + 1):
                found.append(await self._peer(stack, self.host(seed), spam_protection))
            for peer in found[1:]:
                await peer.host.connect(address(found[0].host))
                await peer.pubsub.wait_for_subscription(found[0].host.get_id(), TOPIC)
                await found[0].pubsub.wait_for_subscription(peer.host.get_id(), TOPIC)
            yield found

    async def _peer(self, stack: AsyncExitStack, host: Any, spam_protection: bool) -> Peer:
        await stack.enter_async_context(host.run([_LOOPBACK]))
        blamed: list[tuple[str, str]] = []
        if self.mended:
            hardening.guard_streams(host, lambda _stream: True, lambda peer, why: blamed.append((peer, why)))
            router: Any = hardening.gossip_router([MESH], 3, 2, 4)
            pubsub: Any = hardening.HardenedPubsub(host, router, lambda peer, why: blamed.append((peer, why)))
        else:
            router = GossipSub([MESH], 3, 2, 4, heartbeat_interval=1, spam_protection_enabled=spam_protection)
            pubsub = Pubsub(host, router)
        for service in (pubsub, router):
            await stack.enter_async_context(background_trio_service(service))
        await pubsub.wait_until_ready()
        return Peer(host, pubsub, router, blamed, await pubsub.subscribe(TOPIC))


def address(host: Any) -> PeerInfo:
    """Return how to dial a host."""
    return info_from_p2p_addr(host.get_addrs()[0])


async def until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until a condition holds; tell whether it came to that."""
    with trio.move_on_after(seconds):
        while not condition():
            await trio.sleep(0.02)
        return True
    return False


async def survives(victim: Peer, other: Peer) -> str:
    """Tell whether a host still answers, and whom it has named."""
    await until(lambda: victim.blamed, 2.0)
    stream = await other.host.new_stream(victim.host.get_id(), ["/ipfs/ping/1.0.0"])
    await stream.write(bytes(32))
    assert await stream.read(32) == bytes(32)
    return "it is named" if (str(other.host.get_id()), "protocol") in victim.blamed else "it goes on"


# --- what ends the process ------------------------------------------------------------------------------------------


async def garbage(lab: Lab) -> str:
    """Send what is no protobuf on a gossip stream."""
    async with lab.peers(2) as (victim, other):
        stream = await other.host.new_stream(victim.host.get_id(), [MESH])
        await stream.write(encode_varint_prefixed(b"\xff" * 40))
        return await survives(victim, other)


async def bad_key(lab: Lab) -> str:
    """Send a message whose key cannot be decoded."""
    async with lab.peers(2) as (victim, other):
        hashed_id = bytes([0x12, 32]) + bytes(32)  # not one that has its key inside
        await send(victim, other, from_id=hashed_id, key=b"\xff" * 12, signature=b"x" * 64)
        await until(lambda: victim.blamed, 2.0)
        return "it is named" if victim.blamed else "it goes on"


async def raising_handler(lab: Lab) -> str:
    """Have a stream handler of our own raise."""
    async with lab.peers(2) as (victim, other):

        async def handler(stream: Any) -> None:
            await stream.read(1)
            raise KeyError("a defect")

        victim.host.set_stream_handler("/rows/raises", handler)
        stream = await other.host.new_stream(victim.host.get_id(), ["/rows/raises"])
        await stream.write(b"x")
        return await survives(victim, other)


async def send(victim: Peer, other: Peer, **fields: bytes) -> None:
    """Send a message with fields of our choice, as no library host would."""
    message = rpc_pb2.Message(from_id=other.host.get_id().to_bytes(), seqno=b"1", data=b"x", topicIDs=[TOPIC])
    for name, value in fields.items():
        setattr(message, name, value)
    stream = await other.host.new_stream(victim.host.get_id(), [MESH])
    await stream.write(encode_varint_prefixed(rpc_pb2.RPC(publish=[message]).SerializeToString()))


# --- what is lost ---------------------------------------------------------------------------------------------------


async def ten_a_second(lab: Lab) -> str:
    """Publish a burst, slowly enough for every queue."""
    async with lab.peers(2) as (sender, receiver):
        return await count(sender, receiver, pause=0.005)


async def slots(lab: Lab) -> str:
    """Publish a burst at once, with the ten a second allowed."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        return await count(sender, receiver, pause=0.0)


async def count(sender: Peer, receiver: Peer, pause: float) -> str:
    """Publish a burst and tell whether all came."""
    await until(lambda: sender.router.mesh.get(TOPIC))
    for number in range(_BURST):
        await sender.pubsub.publish(TOPIC, b"%d" % number)
        await trio.sleep(pause)
    came = 0
    with trio.move_on_after(3.0):
        while came < _BURST:
            await receiver.heard.get()
            came += 1
    return "all come" if came == _BURST else "some are lost"


async def slow_reader(lab: Lab) -> str:
    """Have the receiver's own reader come late."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        await until(lambda: sender.router.mesh.get(TOPIC))
        for number in range(_BURST):
            await sender.pubsub.publish(TOPIC, b"%d" % number)
            await trio.sleep(0.005)
        await trio.sleep(1.0)
        return await count_waiting(receiver)


async def count_waiting(receiver: Peer) -> str:
    """Tell whether the whole burst waits."""
    came = 0
    with trio.move_on_after(0.5):
        while came < _BURST:
            await receiver.heard.get()
            came += 1
    return "all come" if came == _BURST else "some are lost"


async def outside(lab: Lab) -> str:
    """Look who is told of messages by the heartbeat, after a peer was pruned from the mesh."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        peer = receiver.host.get_id()
        await until(lambda: peer in sender.router.mesh.get(TOPIC, ()))
        sender.router.mesh[TOPIC].discard(peer)
        sender.router._add_back_off(peer, TOPIC, False)
        await sender.pubsub.publish(TOPIC, b"x")
        return "they are told" if peer in sender.router.gossip_heartbeat() else "nobody is told"


# --- what is not noticed --------------------------------------------------------------------------------------------


async def frozen(lab: Lab) -> str:
    """Freeze a connection in the middle of the network, for nine seconds."""
    one, two = lab.host(1), lab.host(2)
    async with one.run([_LOOPBACK]), two.run([_LOOPBACK]), trio.open_nursery() as nursery:
        relay = Relay(int(one.get_addrs()[0].value_for_protocol("tcp")))
        port = await nursery.start(relay.serve)
        await two.connect(PeerInfo(one.get_id(), [Multiaddr(f"/ip4/127.0.0.1/tcp/{port}")]))
        await trio.sleep(0.5)
        relay.frozen = True
        noticed = await until(lambda: not two.get_connected_peers(), 9.0)
        nursery.cancel_scope.cancel()
    return "it is noticed" if noticed else "it counts as connected"


class Relay:
    """Passes bytes between a dialler and a port until it is frozen."""

    def __init__(self, port: int) -> None:
        self.frozen = False
        self._port = port

    async def serve(self, task_status: Any) -> None:
        """Listen on a port of the system's choice, which `nursery.start` returns."""
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        task_status.started(listener.socket.getsockname()[1])
        await trio.serve_listeners(self._relay, [listener])

    async def _relay(self, stream: Any) -> None:
        onward = await trio.open_tcp_stream("127.0.0.1", self._port)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._pass, stream, onward)
            nursery.start_soon(self._pass, onward, stream)

    async def _pass(self, source: Any, target: Any) -> None:
        async for data in source:
            while self.frozen:
                await trio.sleep(0.1)
            await target.send_all(data)


async def failed_dial(lab: Lab) -> str:
    """Dial a peer that is not there yet, and again when it is, three seconds later."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = Multiaddr(f"/ip4/127.0.0.1/tcp/{server.getsockname()[1]}")
    one, two = lab.host(1), lab.host(2)
    there = PeerInfo(one.get_id(), [place])
    async with two.run([_LOOPBACK]):
        try:
            await two.connect(there)
        except (ConnectionFailure, SwarmException):
            await trio.sleep(3.0)
        async with one.run([place]):
            try:
                await two.connect(there)
            except (ConnectionFailure, SwarmException):
                return "it is not tried"
    return "it is tried again"


async def dial(lab: Lab) -> str:
    """Time the fastest of three dials on loopback."""
    times = []
    for seed in (2, 3, 4):
        one, two = lab.host(1), lab.host(seed)
        async with one.run([_LOOPBACK]), two.run([_LOOPBACK]):
            begin = trio.current_time()
            await two.connect(address(one))
            times.append(trio.current_time() - begin)
    return "a quarter of a second" if min(times) >= 0.25 else "less"


# --- what it says and takes -----------------------------------------------------------------------------------------


async def nameless_record(lab: Lab) -> str:
    """Store a DHT record without a namespace."""
    host = lab.host(1)
    dht = (
        Directory(host, server=True, now=lambda: 0.0, verify=lambda _key, _signature, _text: None).service
        if lab.mended
        else KadDHT(host, DHTMode.SERVER)
    )
    try:
        dht.validator.validate("nameless", b"x")
    except InvalidRecordType:
        return "it is refused"
    return "it is taken"


async def prefix(lab: Lab) -> str:
    """Look under which protocol the DHT answers when it was given a prefix."""
    host = lab.host(1)
    if lab.mended:
        Directory(host, server=True, now=lambda: 0.0, verify=lambda _key, _signature, _text: None)
    else:
        KadDHT(host, DHTMode.SERVER, protocol_prefix="/ggen")
    return next(name for name in map(str, host.get_mux().handlers) if "/kad/" in name)


async def routing_table(lab: Lab) -> str:
    """Look whether a connected peer that serves the DHT is in the routing table."""
    one, two = lab.host(1), lab.host(2)
    KadDHT(one, DHTMode.SERVER)
    directory = Directory(two, server=True, now=lambda: 0.0, verify=lambda _key, _signature, _text: None)
    async with one.run([_LOOPBACK]), two.run([_LOOPBACK]):
        await two.connect(address(one))
        await trio.sleep(1.0)
        if lab.mended:
            await directory.know(one.get_id())
        return "it is in it" if directory.service.get_routing_table_size() else "it is not in it"


async def announced(lab: Lab) -> str:
    """Look which address a host announces that listens on all."""
    host = lab.host(1)
    async with host.run([Multiaddr("/ip4/0.0.0.0/tcp/0")]):
        first = str(host.get_addrs()[0])
        return "0.0.0.0" if "/0.0.0.0/" in first else "one that can be dialled"  # noqa: S104 - a text


async def plaintext(lab: Lab) -> str:
    """Look what a host secures connections with."""
    offered = sorted(map(str, lab.host(1).get_network().upgrader.security_multistream.transports))
    return "noise alone" if offered == ["/noise"] else "plaintext too" if any("plaintext" in o for o in offered) else ""


async def window_updates(_lab: Lab) -> str:
    """Look whether the muxer answers each short read with a window update."""
    return "each short read" if yamux._yamux_release_on_read() else "half a window"


async def log_lines(lab: Lab) -> str:
    """Count the log lines of a hundred subscription floods."""
    lines = _Lines()
    logging.getLogger("libp2p.pubsub").addHandler(lines)
    try:
        async with lab.peers(2) as (victim, other):
            flood = [rpc_pb2.RPC.SubOpts(subscribe=True, topicid=f"t{number}") for number in range(300)]
            stream = await other.host.new_stream(victim.host.get_id(), [MESH])
            await stream.write(encode_varint_prefixed(rpc_pb2.RPC(subscriptions=flood).SerializeToString()))
            await trio.sleep(1.0)
    finally:
        logging.getLogger("libp2p.pubsub").removeHandler(lines)
    return "one for each" if lines.count >= 100 else "none" if not lines.count else f"{lines.count}"


class _Lines(logging.Handler):
    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.name.startswith("libp2p.pubsub")


_UNCONFIGURED = """
import dns.resolver
read = dns.resolver.BaseResolver.read_resolv_conf
dns.resolver.BaseResolver.read_resolv_conf = lambda resolver, _source: read(resolver, "/nowhere/resolv.conf")
import {module}
"""


async def unconfigured(lab: Lab) -> str:
    """Import the library where there is no /etc/resolv.conf."""
    module = "marketplace.p2p.library" if lab.mended else "libp2p"
    done = await trio.run_process([sys.executable, "-c", _UNCONFIGURED.format(module=module)], check=False,
                                  capture_stderr=True)  # fmt: skip
    return "it is imported" if not done.returncode else "it cannot be imported"


async def forged(lab: Lab) -> str:
    """Send a message with a wrong signature."""
    async with lab.peers(2) as (victim, other):
        key = other.host.get_public_key().serialize()
        await send(victim, other, key=key, signature=b"x" * 64)
        await until(lambda: victim.blamed, 2.0)
        return "it is named" if victim.blamed else "nobody is named"


ROWS: dict[str, Callable[[Lab], Awaitable[str]]] = {
    "garbage": garbage,
    "bad key": bad_key,
    "raising handler": raising_handler,
    "ten a second": ten_a_second,
    "slots": slots,
    "slow reader": slow_reader,
    "outside the mesh": outside,
    "frozen": frozen,
    "failed dial": failed_dial,
    "dial": dial,
    "nameless record": nameless_record,
    "prefix": prefix,
    "routing table": routing_table,
    "announced": announced,
    "plaintext": plaintext,
    "window updates": window_updates,
    "log lines": log_lines,
    "forged": forged,
    "no resolver": unconfigured,
}


def find(name: str, lab: Lab) -> str:
    """Return what a row finds."""

    async def row() -> str:
        with trio.fail_after(40):
            return await ROWS[name](lab)

    try:
        return trio.run(row)
    except BaseException as error:  # noqa: BLE001 - what would have ended the process
        print(f"{name}: {error!r}", file=sys.stderr)  # noqa: T201
        return ENDS


def main(how: str, names: list[str]) -> None:
    """Print what the rows find."""
    lab = Lab(how == "mended")
    if lab.mended:
        hardening.prepare_library(KAD)
    with ThreadPoolExecutor(len(ROWS)) as pool:
        chosen = names or list(ROWS)
        print(json.dumps(dict(zip(chosen, pool.map(lambda name: find(name, lab), chosen), strict=True))))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
