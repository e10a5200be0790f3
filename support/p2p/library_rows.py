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
from libp2p.kad_dht import peer_routing
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.network.exceptions import SwarmException
from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr
from libp2p.peer.peerstore import env_to_send_in_RPC
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
from marketplace.p2p.limits import DIRECTORY_SECONDS

TOPIC = "rows"
MESH = "/meshsub/1.1.0"
KAD = "/ggen/kad/1.0.0"
ENDS = "the process ends"
_LOOPBACK = Multiaddr("/ip4/127.0.0.1/tcp/0")
_BURST = 100
_THREADS = 6
_ALONE = frozenset({"dial"})
"""Rows that take times: the others would be in them."""


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
        avoided: set[str] = set()
        if self.mended:

            def blame(peer: str, why: str) -> None:
                blamed.append((peer, why))

            hardening.guard_streams(host, lambda _stream: True, blame)
            router: Any = hardening.gossip_router([MESH], (3, 2, 4), blame, avoided.__contains__)
            pubsub: Any = hardening.HardenedPubsub(host, router, blame)
        else:
            router = GossipSub([MESH], 3, 2, 4, heartbeat_interval=1, spam_protection_enabled=spam_protection)
            pubsub = Pubsub(host, router)
        for service in (pubsub, router):
            await stack.enter_async_context(background_trio_service(service))
        await pubsub.wait_until_ready()
        return Peer(host, pubsub, router, blamed, avoided, await pubsub.subscribe(TOPIC))


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


async def dropped_twice(lab: Lab) -> str:
    """Ban a peer whose stream ends on its own while the ban ends it."""
    async with lab.peers(2) as (victim, other):
        peer = other.host.get_id()
        stream = victim.pubsub.peers[peer]
        reset = stream.reset

        async def ends_meanwhile() -> None:
            await reset()
            victim.pubsub._handle_dead_peer(peer)

        stream.reset = ends_meanwhile
        victim.pubsub.add_to_blacklist(peer)
        gone = await until(lambda: peer not in victim.pubsub.peers)
        await trio.sleep(0.2)  # what the ban raises would come now
        return "it is gone" if gone and peer not in victim.pubsub.peer_topics.get(TOPIC, ()) else "it is there"


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
    return await count_coming(receiver)


async def slow_reader(lab: Lab) -> str:
    """Have the receiver's own reader come late."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        await until(lambda: sender.router.mesh.get(TOPIC))
        for number in range(_BURST):
            await sender.pubsub.publish(TOPIC, b"%d" % number)
            await trio.sleep(0.005)
        await trio.sleep(1.0)
        return await count_coming(receiver)


async def count_coming(receiver: Peer) -> str:
    """Tell whether the whole burst comes before nothing does for a while."""
    for _ in range(_BURST):
        with trio.move_on_after(3.0) as scope:
            await receiver.heard.get()
        if scope.cancelled_caught:
            return "some are lost"
    return "all come"


async def outside(lab: Lab) -> str:
    """Look who is told of messages by the heartbeat, after a peer was pruned from the mesh."""
    async with lab.peers(2, spam_protection=False) as (sender, receiver):
        peer = receiver.host.get_id()
        await until(lambda: peer in sender.router.mesh.get(TOPIC, ()))
        sender.router.mesh[TOPIC].discard(peer)
        sender.router._add_back_off(peer, TOPIC, False)
        await sender.pubsub.publish(TOPIC, b"x")
        return "they are told" if peer in sender.router.gossip_heartbeat() else "nobody is told"


# --- what keeps a node busy -----------------------------------------------------------------------------------------


async def graft_flood(lab: Lab) -> str:
    """Graft a topic in backoff two hundred times in one frame; each answer costs the victim milliseconds."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        flooder = other.host.get_id()
        await until(lambda: victim.router.mesh.get(TOPIC))
        victim.router._add_back_off(flooder, TOPIC, False)
        answers = count_answers(victim)
        await control(victim, other, graft=[rpc_pb2.ControlGraft(topicID=TOPIC)] * 200)
        await until(lambda: len(answers) >= 200 or victim.blamed)
        named = (str(flooder), "flood") in victim.blamed and len(answers) < 8  # the two have a word of their own
        return "it is named" if named else "each is answered" if len(answers) >= 200 else f"{len(answers)} answers"


async def unknown_grafts(lab: Lab) -> str:
    """Graft topics that are not the victim's, few at a time."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        answers = count_answers(victim)
        await control(victim, other, graft=[rpc_pb2.ControlGraft(topicID=f"t{number}") for number in range(8)])
        await until(lambda: len(answers) == 8, 2.0)
        return "they are answered" if len(answers) == 8 else "they are ignored" if not answers else f"{len(answers)}"


def count_answers(victim: Peer) -> list[str]:
    """Return a list to which a peer adds the topic of each prune with which it answers."""
    answers: list[str] = []
    emit = victim.router.emit_prune

    async def counted(topic: str, *rest: Any) -> None:
        answers.append(topic)
        await emit(topic, *rest)

    victim.router.emit_prune = counted
    return answers


async def unknown_prunes(lab: Lab) -> str:
    """Prune topics that are not the victim's."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        await control(victim, other, prune=[rpc_pb2.ControlPrune(topicID=f"t{number}") for number in range(8)])
        remembered = await until(lambda: "t7" in victim.router.back_off, 2.0)
        return "they are remembered" if remembered else "they are forgotten"


async def avoided(lab: Lab) -> str:
    """Come to avoid a peer in the mesh, which grafts again."""
    async with lab.peers(2, spam_protection=False) as (victim, other):
        one, two = victim.host.get_id(), other.host.get_id()
        meshes = [(victim.router.mesh[TOPIC], two), (other.router.mesh[TOPIC], one)]
        await until(lambda: all(peer in mesh for mesh, peer in meshes))
        victim.avoided.add(str(two))
        left = await until(lambda: not any(peer in mesh for mesh, peer in meshes), 3.0)
        answers = count_answers(victim)
        await control(victim, other, graft=[rpc_pb2.ControlGraft(topicID=TOPIC)])
        await until(lambda: answers, 3.0)
        return "it is kept out" if left and answers and two not in meshes[0][0] else "it stays"


async def named_in_prune(lab: Lab) -> str:
    """Prune, and name another peer to go to: a stranger, which the victim has never heard of."""
    stranger = lab.host(9)
    async with lab.peers(2, spam_protection=False) as (victim, other), stranger.run([_LOOPBACK]):
        await until(lambda: other.host.get_id() in victim.router.mesh.get(TOPIC, ()))
        record, _ = env_to_send_in_RPC(stranger)
        named = rpc_pb2.PeerInfo(peerID=stranger.get_id().to_bytes(), signedPeerRecord=record)
        await control(victim, other, prune=[rpc_pb2.ControlPrune(topicID=TOPIC, peers=[named], backoff=60)])
        await until(lambda: other.host.get_id() not in victim.router.mesh[TOPIC])
        dialled = await until(lambda: victim.host.get_id() in stranger.get_connected_peers(), 2.0)
        return "it is dialled" if dialled else "it is ignored"


async def control(victim: Peer, other: Peer, **words: Any) -> None:
    """Send control messages of our choice in one frame."""
    frame = rpc_pb2.RPC(control=rpc_pb2.ControlMessage(**words))
    stream = await other.host.new_stream(victim.host.get_id(), [MESH])
    await stream.write(encode_varint_prefixed(frame.SerializeToString()))


async def silent_server(lab: Lab) -> str:
    """Look a key up while one of two DHT servers takes every question and answers none."""
    asker, silent, honest = (lab.host(seed) for seed in (1, 2, 3))
    protocol = peer_routing.PROTOCOL_ID
    services = [KadDHT(host, DHTMode.SERVER) for host in (asker, honest)]

    async def say_nothing(_stream: Any) -> None:
        await trio.sleep_forever()

    silent.set_stream_handler(protocol, say_nothing)
    async with asker.run([_LOOPBACK]), silent.run([_LOOPBACK]), honest.run([_LOOPBACK]):
        for host in (silent, honest):
            await asker.connect(address(host))
        found: list[Any] = []
        with trio.move_on_after(DIRECTORY_SECONDS):
            found = await services[0].peer_routing.find_closest_peers_network(b"key")
    return "the others are found" if honest.get_id() in found else "nobody is found"


async def unwanted(lab: Lab) -> str:
    """Open a stream to a peer that is not connected, and that is banned."""
    one, two = lab.host(1), lab.host(2)
    if lab.mended:
        hardening.guard_dials(two, lambda peer: peer != str(one.get_id()))
    async with one.run([_LOOPBACK]), two.run([_LOOPBACK]):
        two.get_peerstore().add_addrs(one.get_id(), address(one).addrs, 60)
        try:
            await two.new_stream(one.get_id(), ["/ipfs/ping/1.0.0"])
        except SwarmException:
            return "it is refused"
    return "it is dialled"


# --- what is not noticed --------------------------------------------------------------------------------------------


async def frozen(lab: Lab) -> str:
    """Freeze a connection in the middle of the network, for fifteen seconds."""
    one, two = lab.host(1), lab.host(2)
    async with one.run([_LOOPBACK]), two.run([_LOOPBACK]), trio.open_nursery() as nursery:
        relay = Relay(int(one.get_addrs()[0].value_for_protocol("tcp")))
        port = await nursery.start(relay.serve)
        await two.connect(PeerInfo(one.get_id(), [Multiaddr(f"/ip4/127.0.0.1/tcp/{port}")]))
        await trio.sleep(0.5)
        relay.frozen = True
        noticed = await until(lambda: not two.get_connected_peers(), 15.0)
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
    "dropped twice": dropped_twice,
    "ten a second": ten_a_second,
    "slots": slots,
    "slow reader": slow_reader,
    "outside the mesh": outside,
    "graft flood": graft_flood,
    "avoided": avoided,
    "unknown grafts": unknown_grafts,
    "unknown prunes": unknown_prunes,
    "named in a prune": named_in_prune,
    "silent server": silent_server,
    "banned": unwanted,
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
    chosen = names or list(ROWS)
    together = [name for name in chosen if name not in _ALONE]
    with ThreadPoolExecutor(_THREADS) as pool:
        rows = dict(zip(together, pool.map(lambda name: find(name, lab), together), strict=True))
    rows |= {name: find(name, lab) for name in chosen if name in _ALONE}
    print(json.dumps(rows))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
