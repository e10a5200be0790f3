"""What libp2p 0.8.1 lacks, mended in one place. Each mend has a scenario in features/p2p/hardening.feature that fails
when the library no longer needs it; then it goes. Nothing else here changes what the library does.
"""

import contextlib
import functools
import logging
import os
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import trio

from marketplace.p2p.hardened_reads import read_well
from marketplace.p2p.library import (
    ID,
    CacheEntry,
    ConnectionConfig,
    GossipSub,
    IHost,
    INetStream,
    MessageCache,
    Pubsub,
    RpcQueue,
    SwarmException,
    ValidationError,
    common,
    kad_dht,
    peer_routing,
    provider_store,
    pubsub_module,
    rpc_pb2,
    signature_validator,
    swarm,
    value_store,
)
from marketplace.p2p.limits import MAX_CONTROL, QUEUE_SLOTS

Blame = Callable[[str, str], None]
"""Told the peer id and the offence (`marketplace.p2p.reputation`) of a peer that broke the protocol."""

DIAL_HEAD_START = 0.01
"""Seconds before the next address is tried. The library waits 0.25 s on every dial, one that has succeeded included."""

FAILED_DIAL_SECONDS = 2.0
"""How long a peer that could not be dialled is left alone. The library's 60 s outlast most faults."""

HEARTBEAT_SECONDS = 1
"""The gossipsub v1.1 specification's heartbeat; the library's default is 120 s."""

QUERY_SECONDS = 1.5
"""How long a DHT server may take to answer. With the library's 10 s a silent one makes every look-up come too late."""

LAZY_DEGREE = 6
"""D_lazy of the gossipsub v1.1 specification: how many peers outside the mesh are told what there is."""

_WINDOW, _HISTORY = 5, 10
"""Heartbeats of which a peer tells what messages there were, and for which it can give them."""

PRUNE_BACKOFF = 10
"""Seconds in which a peer that was pruned is not grafted again; the specification's 60 are long for a small network."""


def prepare_library(kad_protocol: str) -> None:
    """Set what the library keeps in its modules. To be called before the first host is made.

    The DHT ignores its `protocol_prefix`: its protocol id is put into each module that has taken it from `common`.
    """
    os.environ["PY_YAMUX_RELEASE_ON_READ"] = "0"  # else each short read sends a window update of its own
    read_well()
    swarm._HAPPY_EYEBALLS_DELAY = DIAL_HEAD_START
    pubsub_module.SUBSCRIPTION_CHANNEL_SIZE = QUEUE_SLOTS
    pubsub_module.RpcQueue = functools.partial(RpcQueue, max_size=QUEUE_SLOTS)
    for module in (common, kad_dht, peer_routing, provider_store, value_store):
        module.PROTOCOL_ID = kad_protocol
        module.QUERY_TIMEOUT = QUERY_SECONDS
    # One peer can have the library write a line per message; what matters is told by the node itself.
    logging.disable(logging.CRITICAL)


def connection_config(max_connections: int) -> ConnectionConfig:
    """Return a configuration in which a frozen or cut-off peer is noticed in 4 to 8 seconds instead of 60 to 90.

    A peer on a busy machine may need some seconds for the answer to a ping: 2 were found too few.
    """
    return ConnectionConfig(
        max_connections=max_connections, max_connections_per_peer=2, low_watermark=0, high_watermark=max_connections,
        min_connections=0, dial_timeout=5.0, inbound_upgrade_timeout=5.0, outbound_upgrade_timeout=5.0,
        inbound_stream_protocol_negotiation_timeout=5.0, outbound_stream_protocol_negotiation_timeout=5.0,
        enable_health_monitoring=True, health_initial_delay=2.0, health_warmup_window=0.0, health_check_interval=2.0,
        ping_timeout=4.0, abort_connection_on_ping_failure=True,
    )  # fmt: skip


def forgive_failed_dials(host: IHost) -> None:
    """Let a peer that could not be dialled be tried again soon."""
    host.get_network()._negative_peer_cache._ttl = FAILED_DIAL_SECONDS


def guard_dials(host: IHost, may_dial: Callable[[str], bool]) -> None:
    """Have no peer dialled that `may_dial` refuses: the DHT dials whomever others name, a banned peer too."""
    network = host.get_network()
    dial: Callable[[ID], Awaitable[list[Any]]] = network.dial_peer

    async def guarded(peer_id: ID) -> list[Any]:
        if not may_dial(str(peer_id)):
            raise SwarmException(f"{peer_id} is not to be dialled")
        return await dial(peer_id)

    network.dial_peer = guarded


def guard_streams(host: IHost, admit: Callable[[INetStream], bool], blame: Blame) -> None:
    """Reset a stream whose handler raises: without this the exception ends the whole process.

    A stream that `admit` refuses is reset before its protocol is negotiated.
    """
    network = host.get_network()
    handler: Callable[[INetStream], Awaitable[None]] = network.common_stream_handler

    async def guarded(stream: INetStream) -> None:
        peer = str(stream.muxed_conn.peer_id)
        try:
            if admit(stream):
                await handler(stream)
                return
        except Exception:  # noqa: BLE001 - whatever a peer makes a handler raise must not reach the others
            blame(peer, "protocol")
        await reset(stream)

    network.set_stream_handler(guarded)


async def reset(stream: INetStream) -> None:
    """Reset a stream, which may be dead already."""
    with contextlib.suppress(Exception):  # the library raises whatever its transport raised; the stream is dead
        await stream.reset()


class HardenedPubsub(Pubsub):
    """Pubsub that survives garbage on its streams and names who sent it."""

    def __init__(self, host: IHost, router: GossipSub, blame: Blame, **options: Any) -> None:
        super().__init__(host, router, **options)
        self._blame = blame

    async def stream_handler(self, stream: INetStream) -> None:
        """Read a peer's stream; one that is no protobuf ends the stream, not the process."""
        peer = stream.muxed_conn.peer_id
        try:
            await super().stream_handler(stream)
        except Exception:  # noqa: BLE001 - as `guard_streams`
            self._blame(str(peer), "protocol")
            await reset(stream)
            self._handle_dead_peer(peer)

    async def _teardown_if_connected(self, peer_id: ID) -> None:
        """Drop a peer that is banned; its stream may end by itself meanwhile, and has been dropped then."""
        with contextlib.suppress(KeyError):
            await super()._teardown_if_connected(peer_id)
        self._forget_all_subscriptions(peer_id)

    async def validate_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Validate a message; what is not valid costs its forwarder, each time, also when the verdict is cached."""
        try:
            await super().validate_msg(msg_forwarder, msg)
        except ValidationError:
            self._blame(str(msg_forwarder), "invalid-message")
            raise

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Take a message; one that cannot be decoded costs its forwarder, as does a forged signature.

        Honest peers validate before they forward, so the forwarder is who made it. The library scores neither, and a
        key that cannot be decoded raises.
        """
        if msg_forwarder == self.my_id:
            await super().push_msg(msg_forwarder, msg)
            return
        try:
            if not self._is_msg_seen(msg) and not signature_validator(msg):
                self._blame(str(msg_forwarder), "invalid-message")
                return
            await super().push_msg(msg_forwarder, msg)
        except Exception:  # noqa: BLE001 - as `guard_streams`
            self._blame(str(msg_forwarder), "invalid-message")


class KnownMessages(MessageCache):
    """The messages of the last heartbeats, by the ids that the pubsub gives them.

    The library keeps them by sender and number whatever ids it was told to use. What its heartbeat says to have is then
    known to nobody, and everybody asks for it, of each who says so, in each of the next heartbeats.
    """

    def __init__(self, window: int, history: int, id_of: Callable[[rpc_pb2.Message], bytes]) -> None:
        super().__init__(window, history)
        self._id_of = id_of

    def put(self, msg: rpc_pb2.Message) -> None:
        """Keep a message."""
        id_ = self._id_of(msg)
        if id_ not in self.msgs:
            self.msgs[id_] = msg
            self.history[0].append(CacheEntry(id_, msg.topicIDs))


class HardenedGossip(GossipSub):
    """Gossipsub that tells the peers outside the mesh what there is, and that no peer can keep busy.

    Args:
        avoids: tells of a peer id whether that peer is kept out of the mesh. The library has scores of its own, which
            it forgets when a peer leaves.
    """

    def __init__(self, *positional: Any, blame: Blame, avoids: Callable[[str], bool], **options: Any) -> None:
        super().__init__(*positional, **options)
        self._blame = blame
        self._avoids = avoids
        self._said: Counter[ID] = Counter()
        self._second = 0

    def attach(self, pubsub: Pubsub) -> None:
        """Work for a pubsub, with its ids of messages."""
        super().attach(pubsub)
        self.mcache = KnownMessages(_WINDOW, _HISTORY, pubsub.get_message_id)

    async def handle_rpc(self, rpc: rpc_pb2.RPC, sender_peer_id: ID) -> None:
        """Take what a peer says of the mesh and of messages; what is beyond `MAX_CONTROL` a second costs it.

        The library answers each word with a frame of its own, for which it lists the addresses of every interface: a
        thousand in one frame hold the process for seconds. Its pings are late then, and its honest peers leave it.
        """
        words = rpc.control
        said = sum(len(some) for some in (words.ihave, words.iwant, words.graft, words.prune, words.idontwant))
        if self._count(sender_peer_id, said) > MAX_CONTROL:
            self._blame(str(sender_peer_id), "flood")
        else:
            await super().handle_rpc(rpc, sender_peer_id)

    def _count(self, peer: ID, said: int) -> int:
        """Return how much a peer has said in the second that is now."""
        second = int(trio.current_time())
        if second != self._second:
            self._second = second
            self._said.clear()
        self._said[peer] += said
        return self._said[peer]

    async def handle_graft(self, graft_msg: rpc_pb2.ControlGraft, sender_peer_id: ID) -> None:
        """Take a peer into the mesh; a topic that is not ours is not answered, as in go-libp2p-pubsub."""
        if graft_msg.topicID not in self.mesh:
            return
        if self._avoids(str(sender_peer_id)):
            self._add_back_off(sender_peer_id, graft_msg.topicID, False)
        await super().handle_graft(graft_msg, sender_peer_id)

    def _check_back_off(self, peer: ID, topic: str) -> bool:
        """Tell whether a peer is not to be taken into the mesh now."""
        return self._avoids(str(peer)) or bool(super()._check_back_off(peer, topic))

    def mesh_heartbeat(self) -> tuple[defaultdict[ID, list[str]], defaultdict[ID, list[str]]]:
        """Return whom to graft and whom to prune, by peer the topics; who is avoided by now is pruned."""
        grafts, prunes = super().mesh_heartbeat()
        for topic, peers in self.mesh.items():
            for peer in [peer for peer in peers if self._avoids(str(peer))]:
                peers.discard(peer)
                prunes[peer].append(topic)
        return grafts, prunes

    async def handle_prune(self, prune_msg: rpc_pb2.ControlPrune, sender_peer_id: ID) -> None:
        """Let a peer leave the mesh. The library remembers that for any topic at all, and for ever.

        It also dials whomever a prune names. The gossipsub v1.1 specification wants that of peers alone whose score is
        above a threshold; our nodes name nobody, and look for each other in the DHT.
        """
        if prune_msg.topicID in self.mesh:
            del prune_msg.peers[:]
            await super().handle_prune(prune_msg, sender_peer_id)

    def gossip_heartbeat(self) -> dict[ID, dict[str, list[bytes]]]:
        """Return the message ids to tell, by peer and topic.

        The library picks those to tell among peers without a backoff, and a peer is outside the mesh mostly because it
        was pruned, which sets one: so it tells nobody.
        """
        told: dict[ID, dict[str, list[bytes]]] = {}
        for topic in {**self.mesh, **self.fanout}:
            ids = list(self.mcache.window(topic))
            inside = self.mesh.get(topic) or self.fanout.get(topic) or set()
            for peer in self._outside(topic, inside) if ids else ():
                told.setdefault(peer, {})[topic] = ids
        return told

    def _outside(self, topic: str, inside: Iterable[ID]) -> list[ID]:
        peers = [peer for peer in self.pubsub.peer_topics.get(topic, ()) if self._is_gossipsub_peer(peer)]
        chosen: list[ID] = self.select_from_minus(LAZY_DEGREE, peers, inside)
        return chosen


def gossip_router(
    protocols: list[str], degrees: tuple[int, int, int], blame: Blame, avoids: Callable[[str], bool]
) -> HardenedGossip:
    """Return a router that loses nothing by itself; `degrees` are D, Dlo and Dhi.

    The library's spam protection drops what is beyond ten messages a second and topic, its own publishes counted;
    ours is `marketplace.p2p.reputation`. Its "adaptive" part and its quest for several subnets undo a small mesh.
    """
    return HardenedGossip(
        protocols, *degrees, blame=blame, avoids=avoids, heartbeat_interval=HEARTBEAT_SECONDS,
        spam_protection_enabled=False, adaptive_gossip_enabled=False, eclipse_protection_enabled=False,
        prune_back_off=PRUNE_BACKOFF,
    )  # fmt: skip
