"""Hostile peers. This file is run inside a container, `python - KIND ADDRESS…`, with the product's library at hand.

Each speaks the protocols, and below them, as no honest node does. It prints a line whenever it has done its worst.
"""

import hashlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import trio
from multiaddr import Multiaddr

from marketplace.model.entry import START, Entry
from marketplace.model.ids import PackageId
from marketplace.model.release import Release
from marketplace.model.tree import digest_of
from marketplace.model.version import Version
from marketplace.p2p import hardening, sync
from marketplace.p2p.host import make_host
from marketplace.p2p.library import info_from_p2p_addr, rpc_pb2
from marketplace.p2p.logs import PublisherLogs
from marketplace.p2p.messages import EXCHANGE, KAD, SYNC, TOPIC
from marketplace.p2p.wire import PeerGoneError, Wire
from marketplace.security.keys import Signer

# isort: split
# After the product's own door to the library: a room has no /etc/resolv.conf.
from libp2p.utils import encode_varint_prefixed

MESH = "/meshsub/1.1.0"
SEED = bytes.fromhex(os.environ["SEED_IDENTITY"])
PORT = int(os.environ.get("PORT", "4701"))
"""The port to listen on; 0 for one of the system's choice."""


def say(**what: object) -> None:
    """Tell the scenario how far it is."""
    print(json.dumps(what), flush=True)  # noqa: T201


def release(id_: str, version: str, signer: Signer, content: str) -> Release:
    """Return a signed release."""
    found = Release(
        PackageId.parse(id_), Version.parse(version), content, 1, 1, (), digest_of(b"manifest"),
        "2026-01-01T00:00:00Z", signer.public,
    )  # fmt: skip
    return found.signed(signer.sign(found.statement()))


def forged_entry() -> Entry:
    """Return an entry of somebody else, signed by ourselves."""
    victim, eve = Signer.from_seed("victim", bytes(32)), Signer.from_seed("eve", SEED)
    record = release("io.victim.web", "1.0.0", victim, digest_of(b"x"))
    return Entry(victim.public, 1, START, record).signed(eve.sign)


async def open_stream(host: Any, peer: Any, protocol: str) -> Any:
    """Open a stream, for at most five seconds."""
    with trio.fail_after(5):
        return await host.new_stream(peer, [protocol])


async def gossip(host: Any, peer: Any, messages: list[bytes]) -> None:
    """Send messages to the packages topic, each with a valid envelope."""
    stream = await open_stream(host, peer, MESH)
    hello = rpc_pb2.RPC(subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid=TOPIC)])
    await stream.write(encode_varint_prefixed(hello.SerializeToString()))
    for number, data in enumerate(messages):
        message = rpc_pb2.Message(
            data=data, topicIDs=[TOPIC], from_id=host.get_id().to_bytes(), seqno=number.to_bytes(8, "big")
        )
        message.signature = host.get_private_key().sign(b"libp2p-pubsub:" + message.SerializeToString())
        message.key = host.get_public_key().serialize()
        await stream.write(encode_varint_prefixed(rpc_pb2.RPC(publish=[message]).SerializeToString()))


# --- the kinds ------------------------------------------------------------------------------------------------------


async def invalid_gossip(host: Any, peer: Any) -> None:
    """Flood the topic with what is no announcement."""
    await gossip(host, peer, [b"garbage %d" % number for number in range(200)])


async def forged_gossip(host: Any, peer: Any) -> None:
    """Announce an entry in another's name, again and again."""
    entry = forged_entry().encode()
    await gossip(host, peer, [len(entry).to_bytes(4, "big") + entry] * 20)


async def garbage_protobuf(host: Any, peer: Any) -> None:
    """Write what is no protobuf on gossip streams."""
    for _ in range(12):
        stream = await open_stream(host, peer, MESH)
        await stream.write(encode_varint_prefixed(b"\xff" * 100))


async def oversized_frames(host: Any, peer: Any) -> None:
    """Promise frames of four gigabytes on every protocol of ours."""
    for _ in range(8):
        for protocol in (SYNC, EXCHANGE):
            stream = await open_stream(host, peer, protocol)
            await stream.write(b"\xff\xff\xff\xff" + bytes(1000))


async def forged_sync(host: Any, peer: Any) -> None:
    """Push an entry in another's name by sync."""
    await push(host, peer, forged_entry())


async def push(host: Any, peer: Any, entry: Entry) -> None:
    """Push an entry by sync."""
    wire = Wire(await open_stream(host, peer, SYNC))
    await wire.send({"digest": "x"})
    await wire.receive()
    await wire.send({"want": {}})
    await wire.send_batch([entry.encode()], more=False)
    await wire.receive()


async def replay(host: Any, peer: Any) -> None:
    """Push a release that somebody else has signed as an entry of our own log."""
    victim, eve = Signer.from_seed("victim", bytes(32)), Signer.from_seed("eve", SEED)
    record = release("io.victim.web", "1.0.0", victim, digest_of(b"x"))
    for _ in range(12):
        with suppress(PeerGoneError):  # it has hung up on us: that is what it is for
            await push(host, peer, Entry(eve.public, 1, START, record).signed(eve.sign))


async def absurd_sync(host: Any, peer: Any) -> None:
    """Sync with summaries and wishes that mean nothing."""
    wishes: list[Any] = [{"x": -1}, {"x": 10**30}, {"x": "y"}, [1], None, {"x": 1.5}, {"x": True}, "z", 7, {"a": None}]
    for wanted in [*wishes, {"x" * 100: [1]}]:
        wire = Wire(await open_stream(host, peer, SYNC))
        await wire.send({"digest": "x"})
        await wire.receive()
        await wire.send({"want": wanted})


async def many_streams(host: Any, peer: Any) -> None:
    """Open streams and hold them."""
    held = []
    with trio.move_on_after(30):
        for _ in range(400):
            with suppress(Exception):  # refused: that is what it is for
                held.append(await open_stream(host, peer, EXCHANGE))


async def many_connections(_host: Any, _peer: Any) -> None:
    """Open raw connections and say nothing on them."""
    held = []
    for _ in range(300):
        with trio.move_on_after(2):
            held.append(await trio.open_tcp_stream(PLACE[0], int(PLACE[1])))
    say(held=len(held))
    await trio.sleep(1)


async def many_subscriptions(host: Any, peer: Any) -> None:
    """Subscribe to thousands of topics, graft and prune them."""
    stream = await open_stream(host, peer, MESH)
    for start in range(0, 20_000, 1000):
        topics = [f"t{number}" for number in range(start, start + 1000)]
        rpc = rpc_pb2.RPC(subscriptions=[rpc_pb2.RPC.SubOpts(subscribe=True, topicid=topic) for topic in topics])
        rpc.control.graft.extend(rpc_pb2.ControlGraft(topicID=topic) for topic in topics)
        rpc.control.iwant.extend([rpc_pb2.ControlIWant(messageIDs=[topic.encode() for topic in topics])])
        await stream.write(encode_varint_prefixed(rpc.SerializeToString()))


ATTACKS: dict[str, Callable[[Any, Any], Awaitable[None]]] = {
    "invalid gossip": invalid_gossip,
    "forged gossip": forged_gossip,
    "garbage protobufs": garbage_protobuf,
    "oversized frames": oversized_frames,
    "forged sync": forged_sync,
    "replay": replay,
    "absurd sync": absurd_sync,
    "stream flood": many_streams,
    "connection flood": many_connections,
    "subscription flood": many_subscriptions,
}


# --- providers that lie ---------------------------------------------------------------------------------------------


def provider(kind: str) -> Callable[[Any], Awaitable[None]]:
    """Return an exchange handler that lies in its way about whatever it is asked for."""

    async def serve(stream: Any) -> None:
        wire = Wire(stream)
        while True:
            request = await wire.receive(60)
            if kind == "stalling":
                if "chunks" in request:
                    await wire.send({"missing": True})
                else:
                    await wire.send({"size": 1000})
                    await trio.sleep(60)
            elif "get" in request:
                for _ in request["get"]:
                    await wire.send({"size": 9})
                    await wire.send_bytes(b"not this!")
            elif "chunks" in request:
                await wire.send({"size": LARGE, "chunks": [hashlib.sha256(b"lie").hexdigest()] * chunks(LARGE)})
            else:
                await wire.send({"size": 3})
                await wire.send_bytes(b"lie")

    return serve


async def listen(stream: Any) -> None:
    """Hear gossip and say nothing."""
    while await stream.read(4096):
        pass


LARGE = int(os.environ.get("LARGE", "0"))


def chunks(size: int) -> int:
    """Return how many chunks a blob has."""
    return max(1, -(-size // 1024**2))


async def empty_sync(stream: Any) -> None:
    """Answer a sync as a node that knows nothing, politely."""
    logs = PublisherLogs()
    wire = Wire(stream)
    await wire.receive()
    await wire.send({"equal": False, "summary": sync.to_json(logs.summary()), "more": False})
    while (await wire.receive()).get("want"):
        await wire.send_batch([], more=False)
    more = True
    while more:
        _, more = await wire.receive_batch()
    await wire.send({"done": True})


async def silent_sync(stream: Any) -> None:
    """Take a sync, and say nothing."""
    say(asked=str(stream.muxed_conn.peer_id))
    await trio.sleep_forever()


async def dripping_sync(stream: Any) -> None:
    """Take a sync, and answer with a byte a second."""
    say(asked=str(stream.muxed_conn.peer_id))
    for byte in (1000).to_bytes(4, "big") + b" " * 1000:
        await stream.write(bytes([byte]))
        await trio.sleep(1)


SYNCS = {"silent sync": silent_sync, "dripping sync": dripping_sync}
PLACE: tuple[Any, ...] = ()


async def main(kind: str, addresses: list[str]) -> None:
    """Connect to honest nodes and do what the kind does, until the container ends."""
    global PLACE  # noqa: PLW0603 - a program of one purpose
    hardening.prepare_library(KAD)
    host = make_host(SEED)
    async with host.run([Multiaddr(f"/ip4/0.0.0.0/tcp/{PORT}")]):
        host.set_stream_handler(SYNC, SYNCS.get(kind, empty_sync))
        if kind in ("wrong bytes", "stalling"):
            host.set_stream_handler(EXCHANGE, provider(kind))
            host.set_stream_handler(MESH, listen)
        hardening.guard_streams(host, lambda _stream: True, lambda _peer, _why: None)
        infos = [info_from_p2p_addr(Multiaddr(address)) for address in addresses]
        while True:
            for info in infos:
                PLACE = tuple(info.addrs[0].value_for_protocol(name) for name in ("ip4", "tcp"))
                try:
                    fresh = info.peer_id not in host.get_connected_peers()
                    with trio.fail_after(10):
                        await host.connect(info)
                    if kind in ATTACKS:
                        await ATTACKS[kind](host, info.peer_id)
                    elif fresh:
                        await gossip(host, info.peer_id, [])
                    say(done=kind)
                except Exception as error:  # noqa: BLE001 - refused or sent away: the next round tries again
                    say(refused=type(error).__name__)
            await trio.sleep(1)


if __name__ == "__main__":
    trio.run(main, sys.argv[1], sys.argv[2:])
