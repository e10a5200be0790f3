"""What the library's hosts and its DHT do: what is not noticed or takes too long, and what is said and taken."""

import logging
import socket
import sys
from typing import Any

import trio
from libp2p.host.exceptions import ConnectionFailure
from libp2p.kad_dht import peer_routing
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.network.exceptions import SwarmException
from libp2p.peer.peerinfo import PeerInfo
from libp2p.pubsub.pb import rpc_pb2
from libp2p.records.utils import InvalidRecordType
from libp2p.stream_muxer.yamux import yamux
from libp2p.utils import encode_varint_prefixed
from multiaddr import Multiaddr

from marketplace.p2p import hardening
from marketplace.p2p.directory import Directory
from support.p2p.lab import LOOPBACK, MESH, SOON, Lab, address, until

_LOOK_UP = 9.0
"""Seconds for a look-up: the library waits 10 for one server, we less than two."""

# --- what is not noticed, or takes too long ---------------------------------------------------------------------------


async def frozen(lab: Lab) -> str:
    """Freeze a connection in the middle of the network, for fifteen seconds or until that is noticed."""
    one, two = lab.host(1), lab.host(2)
    async with one.run([LOOPBACK]), two.run([LOOPBACK]), trio.open_nursery() as nursery:
        relay = Relay(int(one.get_addrs()[0].value_for_protocol("tcp")))
        port = await nursery.start(relay.serve)
        await two.connect(PeerInfo(one.get_id(), [Multiaddr(f"/ip4/127.0.0.1/tcp/{port}")]))
        await trio.sleep(0.5)
        relay.frozen = True
        noticed = await until(lambda: not two.get_connected_peers(), SOON if lab.mended else 15.0)
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
    one, two = lab.host(1), lab.host(2)
    async with two.run([LOOPBACK]):
        with socket.socket() as kept:  # bound and not listening: it refuses, and nobody else is given its port
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind(("127.0.0.1", 0))
            place = Multiaddr(f"/ip4/127.0.0.1/tcp/{kept.getsockname()[1]}")
            try:
                await two.connect(PeerInfo(one.get_id(), [place]))
            except (ConnectionFailure, SwarmException):
                await trio.sleep(3.0)
            async with one.run([place]):
                try:
                    await two.connect(PeerInfo(one.get_id(), [place]))
                except (ConnectionFailure, SwarmException):
                    return "it is not tried"
    return "it is tried again"


async def dial(lab: Lab) -> str:
    """Time dials on loopback, until one is quick: three without the mends, and more with them on a busy machine."""
    for seed in range(2, 22 if lab.mended else 5):
        one, two = lab.host(1), lab.host(seed)
        async with one.run([LOOPBACK]), two.run([LOOPBACK]):
            begin = trio.current_time()
            await two.connect(address(one))
            if trio.current_time() - begin < 0.25:
                return "less"
    return "a quarter of a second"


async def silent_server(lab: Lab) -> str:
    """Look a key up while one of two DHT servers takes every question and answers none."""
    asker, silent, honest = (lab.host(seed) for seed in (1, 2, 3))
    protocol = peer_routing.PROTOCOL_ID
    services = [KadDHT(host, DHTMode.SERVER) for host in (asker, honest)]

    async def say_nothing(_stream: Any) -> None:
        await trio.sleep_forever()

    silent.set_stream_handler(protocol, say_nothing)
    async with asker.run([LOOPBACK]), silent.run([LOOPBACK]), honest.run([LOOPBACK]):
        for host in (silent, honest):
            await asker.connect(address(host))
        found: list[Any] = []
        with trio.move_on_after(_LOOK_UP):
            found = await services[0].peer_routing.find_closest_peers_network(b"key")
    return "the others are found" if honest.get_id() in found else "nobody is found"


async def unwanted(lab: Lab) -> str:
    """Open a stream to a peer that is not connected, and that is banned."""
    one, two = lab.host(1), lab.host(2)
    if lab.mended:
        hardening.guard_dials(two, lambda peer: peer != str(one.get_id()))
    async with one.run([LOOPBACK]), two.run([LOOPBACK]):
        two.get_peerstore().add_addrs(one.get_id(), address(one).addrs, 60)
        try:
            await two.new_stream(one.get_id(), ["/ipfs/ping/1.0.0"])
        except SwarmException:
            return "it is refused"
    return "it is dialled"


# --- what it says and takes -------------------------------------------------------------------------------------------


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
    async with one.run([LOOPBACK]), two.run([LOOPBACK]):
        await two.connect(address(one))
        if lab.mended:
            await directory.know(one.get_id())
        known = await until(directory.service.get_routing_table_size, lab.waits(mended=True))
        return "it is in it" if known else "it is not in it"


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
            await until(lambda: lines.count >= 100, lab.waits(mended=False))
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
