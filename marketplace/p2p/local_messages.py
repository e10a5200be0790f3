"""What nodes say of themselves on the network that they are in: libp2p's multicast DNS, as messages and nothing else.

Whoever is on the network may say anything. What is heard is nothing but addresses to dial; Noise tells who is there.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from multiaddr import Multiaddr

from marketplace.errors import MarketError
from marketplace.p2p.host import address
from marketplace.p2p.library import PeerInfo, info_from_p2p_addr
from marketplace.p2p.limits import LOCAL_ADDRESSES, LOCAL_TTL

SERVICE = dns.name.from_text("_ggen-market._udp.local.")
"""Of our own, as the DHT's protocol is: on `_p2p` one meets the nodes of every other program."""

_PREFIX = b"dnsaddr="
_MAX_STRING = 255
_FORM = ["ip4", "tcp", "p2p"]
_ALONE = dns.rdataclass.RdataClass.make(0x8001)
"""The class of records that nobody else has too: what was said of them before is void (RFC 6762, section 10.2)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message tells of one name: for how many seconds it may be remembered, and the addresses of its peer."""

    name: str
    ttl: int
    addresses: tuple[Multiaddr, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says: whether it asks for nodes, and what it tells of some."""

    asks: bool
    told: tuple[Told, ...]


def question() -> bytes:
    """Return the message that asks for all nodes."""
    message = dns.message.make_query(SERVICE, dns.rdatatype.PTR, id=0, flags=0)
    wire: bytes = message.to_wire()
    return wire


def answer(name: str, addresses: Sequence[Multiaddr], ttl: int = LOCAL_TTL) -> bytes:
    """Return the message that tells of a node.

    Args:
        name: one label, which says nothing of who it is.
        addresses: what can be dialled, each `/ip4/ADDRESS/tcp/PORT/p2p/ID`; at least one.
        ttl: seconds for which it may be remembered; 0 takes it back.
    """
    full, host = f"{name}.{SERVICE}", f"{name}.local."
    message = dns.message.QueryMessage(id=0)
    message.flags = dns.flags.Flag(dns.flags.QR | dns.flags.AA)
    message.answer.append(dns.rrset.from_text(SERVICE, ttl, "IN", "PTR", full))
    told = (_PREFIX + str(one).encode() for one in addresses)
    strings = " ".join(f'"{string.decode()}"' for string in told if len(string) <= _MAX_STRING)
    places = sorted({str(one.value_for_protocol("ip4")) for one in addresses})
    message.additional = [
        _alone(dns.rrset.from_text(full, ttl, "IN", "TXT", strings or '""')),
        _alone(dns.rrset.from_text(full, ttl, "IN", "SRV", f"0 0 {addresses[0].value_for_protocol('tcp')} {host}")),
        *(_alone(dns.rrset.from_text(host, ttl, "IN", "A", place)) for place in places),
    ]
    wire: bytes = message.to_wire()
    return wire


def _alone(records: dns.rrset.RRset) -> dns.rrset.RRset:
    records.rdclass = _ALONE
    return records


def read(data: bytes) -> Heard:
    """Read a message; what is none, and what it says of other things, counts as nothing."""
    try:
        message = dns.message.from_wire(data, one_rr_per_rrset=True, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return Heard(asks=False, told=())
    asks = any(asked.name.is_subdomain(SERVICE) for asked in message.question)  # for all, or for the details of one
    if not message.flags & dns.flags.QR:
        return Heard(asks, ())
    records = [*message.answer, *message.additional]
    names = {record[0].target: record.ttl for record in records if _is(record, dns.rdatatype.PTR, SERVICE)}
    return Heard(asks, tuple(Told(str(name), ttl, _addresses(records, name)) for name, ttl in names.items()))


def _is(record: dns.rrset.RRset, kind: dns.rdatatype.RdataType, name: dns.name.Name) -> bool:
    return record.rdtype == kind and record.name == name and not isinstance(record[0], dns.rdata.GenericRdata)


def _addresses(records: Sequence[dns.rrset.RRset], name: dns.name.Name) -> tuple[Multiaddr, ...]:
    """Return what is told of a name, in one record or in several, as far as it can be an address of a peer."""
    strings = [string for found in records if _is(found, dns.rdatatype.TXT, name) for string in found[0].strings]
    return tuple(_read_addresses(strings[:LOCAL_ADDRESSES]))


def _read_addresses(strings: Iterable[bytes]) -> Iterator[Multiaddr]:
    for string in strings:
        if string.startswith(_PREFIX):
            with suppress(MarketError, UnicodeDecodeError):
                found = address(string.removeprefix(_PREFIX).decode("ascii"))
                if [protocol.name for protocol in found.protocols()] == _FORM:
                    yield found


def peer_at(told: Iterable[Multiaddr], source: str) -> PeerInfo | None:
    """Return the peer that is to be dialled for what a source tells: at the source itself, or nowhere.

    So nobody can have nodes dial others, and nobody can be more peers than he has addresses.
    """
    found = [one for one in told if one.value_for_protocol("ip4") == source]
    return info_from_p2p_addr(found[0]) if found else None
