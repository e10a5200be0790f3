"""The libp2p host: TCP, Noise and Yamux alone, an identity that is kept, and addresses that others can dial."""

import ipaddress
import socket
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from multiaddr import Multiaddr

from marketplace.errors import InvalidInputError, NotFoundError, UnavailableError
from marketplace.p2p import hardening
from marketplace.p2p.library import NOISE, Noise, ed25519_key_pair, get_available_interfaces, new_host, x25519_key_pair
from marketplace.p2p.limits import MAX_CONNECTIONS
from marketplace.security.keys import KeyRing

IDENTITY = "identity"


def identity(folder: Path, now: datetime) -> bytes:
    """Return the seed of the node's Ed25519 key, which is made the first time and kept in `identity.key`.

    Raises:
        IntegrityError: what `KeyRing.load` raises.
    """
    keys = KeyRing(folder)
    try:
        return keys.load(IDENTITY).secret()
    except NotFoundError:
        return keys.create(IDENTITY, now).secret()


def address(text: str) -> Multiaddr:
    """Read an address such as `/ip4/127.0.0.1/tcp/4001`.

    Raises:
        InvalidInputError: `invalid-address`.
    """
    try:
        found = Multiaddr(text)
        names = [protocol.name for protocol in found.protocols()]
    except Exception as error:
        raise _invalid(text) from error
    if len(names) < 2 or names[0] not in ("ip4", "ip6", "dns4", "dns6") or names[1] != "tcp":
        raise _invalid(text)
    return found


def _invalid(text: str) -> InvalidInputError:
    hint = "write it as /ip4/ADDRESS/tcp/PORT, a peer's with /p2p/ID at the end; `ggen market node status` prints one"
    return InvalidInputError("invalid-address", f"{text[:120]!r} is not the address of a peer", hint=hint)


def require_free(listen: Sequence[Multiaddr]) -> None:
    """Hold that a node can listen on its addresses: the library logs that it cannot, and shares a port with others.

    Raises:
        UnavailableError: `address-unavailable`, a port is taken or an address is not this machine's.
    """
    for wanted in listen:
        place, port = (wanted.value_for_protocol(protocol) for protocol in list(wanted.protocols())[:2])
        try:
            family, kind, protocol, _, found = socket.getaddrinfo(place, int(port), type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(found)
                probe.listen()
        except (OSError, OverflowError) as error:
            message = f"{wanted} cannot be listened on: {getattr(error, 'strerror', None) or error}"
            hint = "choose another port (0 for any that is free) or another address: --listen /ip4/ADDRESS/tcp/PORT"
            raise UnavailableError("address-unavailable", message, hint=hint) from error


def make_host(seed: bytes, announce: Sequence[Multiaddr] = ()) -> Any:
    """Return a host that does not listen yet.

    Args:
        announce: the addresses that others are told; otherwise those of the interfaces that are listened on.
    """
    keys = ed25519_key_pair(seed)
    noise = Noise(keys, noise_privkey=x25519_key_pair().private_key)
    host = new_host(
        key_pair=keys,
        sec_opt={NOISE: noise},  # the default also offers plaintext
        muxer_preference="YAMUX",
        connection_config=hardening.connection_config(MAX_CONNECTIONS),
        addrs_factory=lambda found: list(announce) or dialable(found),
    )
    hardening.forgive_failed_dials(host)
    return host


def dialable(listening: Sequence[Multiaddr]) -> list[Multiaddr]:
    """Return what to tell others for the addresses that are listened on, the best first: only the first is dialled.

    0.0.0.0 stands for every interface; loopback comes last.
    """
    found: list[Multiaddr] = []
    for listened in listening:
        if "/ip4/0.0.0.0/" in str(listened):
            found += get_available_interfaces(int(listened.value_for_protocol("tcp")))
        else:
            found.append(listened)
    unique = list(dict.fromkeys(found))
    return sorted(unique, key=_is_loopback)


def _is_loopback(listened: Multiaddr) -> bool:
    for name in ("ip4", "ip6"):
        try:
            return ipaddress.ip_address(listened.value_for_protocol(name)).is_loopback
        except Exception:  # noqa: BLE001, S112 - the address has no such part
            continue
    return False
