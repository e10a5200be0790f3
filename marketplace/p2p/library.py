"""The one door to libp2p: every other module takes its names from here, so what must come before its import does."""

import dns.asyncresolver
import dns.resolver


def _tolerate_missing_configuration() -> None:
    """Let resolvers be made where there is no /etc/resolv.conf, as in a room without any network but its own.

    The library makes one when it is imported, and one for each host; without this the import itself fails. A name is
    then refused when it is to be resolved; addresses in numbers need none.
    """
    read = dns.resolver.BaseResolver.read_resolv_conf

    def tolerant(resolver: dns.resolver.BaseResolver, source: object) -> None:
        try:
            read(resolver, source)
        except dns.resolver.NoResolverConfiguration:
            resolver.nameservers = []

    dns.resolver.BaseResolver.read_resolv_conf = tolerant


_tolerate_missing_configuration()

from libp2p import new_host  # noqa: E402 - after the resolver was mended, as all below
from libp2p.abc import IHost, INetStream  # noqa: E402
from libp2p.crypto.ed25519 import create_new_key_pair as ed25519_key_pair  # noqa: E402
from libp2p.crypto.x25519 import create_new_key_pair as x25519_key_pair  # noqa: E402
from libp2p.exceptions import ValidationError  # noqa: E402
from libp2p.io import msgio  # noqa: E402
from libp2p.io.exceptions import ConnectionClosedError, IncompleteReadError  # noqa: E402
from libp2p.io.trio import TrioTCPStream  # noqa: E402
from libp2p.kad_dht import common, kad_dht, peer_routing, provider_store, value_store  # noqa: E402
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT  # noqa: E402
from libp2p.network import swarm  # noqa: E402
from libp2p.network.config import ConnectionConfig  # noqa: E402
from libp2p.network.exceptions import SwarmException  # noqa: E402
from libp2p.peer.id import ID  # noqa: E402
from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr  # noqa: E402
from libp2p.peer.peerstore import PeerStoreError  # noqa: E402
from libp2p.pubsub import pubsub as pubsub_module  # noqa: E402
from libp2p.pubsub.gossipsub import GossipSub  # noqa: E402
from libp2p.pubsub.mcache import CacheEntry, MessageCache  # noqa: E402
from libp2p.pubsub.pb import rpc_pb2  # noqa: E402
from libp2p.pubsub.pubsub import Pubsub, get_content_addressed_msg_id  # noqa: E402
from libp2p.pubsub.rpc_queue import RpcQueue  # noqa: E402
from libp2p.pubsub.validators import signature_validator  # noqa: E402
from libp2p.records.validator import Validator  # noqa: E402
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE  # noqa: E402
from libp2p.security.noise.transport import Transport as Noise  # noqa: E402
from libp2p.security.secure_session import SecureSession  # noqa: E402
from libp2p.stream_muxer.yamux import yamux  # noqa: E402
from libp2p.stream_muxer.yamux.yamux import Yamux  # noqa: E402
from libp2p.tools.anyio_service import background_trio_service  # noqa: E402
from libp2p.utils.address_validation import get_available_interfaces  # noqa: E402

__all__ = [
    "ID",
    "NOISE",
    "CacheEntry",
    "ConnectionClosedError",
    "ConnectionConfig",
    "DHTMode",
    "GossipSub",
    "IHost",
    "INetStream",
    "IncompleteReadError",
    "KadDHT",
    "MessageCache",
    "Noise",
    "PeerInfo",
    "PeerStoreError",
    "Pubsub",
    "RpcQueue",
    "SecureSession",
    "SwarmException",
    "TrioTCPStream",
    "ValidationError",
    "Validator",
    "Yamux",
    "background_trio_service",
    "common",
    "ed25519_key_pair",
    "get_available_interfaces",
    "get_content_addressed_msg_id",
    "info_from_p2p_addr",
    "kad_dht",
    "msgio",
    "new_host",
    "peer_routing",
    "provider_store",
    "pubsub_module",
    "rpc_pb2",
    "signature_validator",
    "swarm",
    "value_store",
    "x25519_key_pair",
    "yamux",
]  # fmt: skip
