"""What is said on a local network: what is read of it, whom a node would dial for it, and how much of it is kept."""

import random

import dns.message
from multiaddr import Multiaddr

from marketplace.p2p.library import ID
from marketplace.p2p.local_messages import SERVICE, Told, answer, question, read
from marketplace.p2p.local_table import LocalTable
from support.p2p.peer_id import peer_id

PEERS = {name: peer_id(name.encode().ljust(32, b".")) for name in ("ANN", "BEN")}
_FULL = f"someone.{SERVICE}"


def at(name: str, place: str, port: int = 4701) -> Multiaddr:
    """Return the address of a peer."""
    return Multiaddr(f"/ip4/{place}/tcp/{port}/p2p/{PEERS[name.upper()]}")


def check_read_back(name: str, place: str, ports: int, seconds: int) -> bytes:
    """Hold that what a node says is read as it was said; return it."""
    said = [at(name, place, 4701 + number) for number in range(ports)]
    message = answer("someone", said)
    assert read(message).told == (Told(_FULL, seconds, tuple(said)),), read(message)
    assert read(question()).asks and not read(message).asks
    return message


def kinds(message: bytes) -> list[str]:
    """Return the kinds of records in a message."""
    parsed = dns.message.from_wire(message)
    return [line.split()[3] for found in (*parsed.answer, *parsed.additional) for line in found.to_text().splitlines()]


def dialled(said: str, source: str) -> str:
    """Return whom a node would dial when a machine says a text: `ANN at PLACE`, or `nobody`."""
    table = LocalTable()
    for told in read(_message(said)).told:
        assert table.listens_to(source, 0.0)
        table.hear(source, told, 0.0)
    names = {ID.from_base58(id_): name for name, id_ in PEERS.items()}
    found = table.some(9, random.Random(7), 0.0)
    return (
        " and ".join(f"{names[info.peer_id]} at {info.addrs[0].value_for_protocol('ip4')}" for info in found)
        or "nobody"
    )


def _message(said: str) -> bytes:
    if said.startswith("sixteen"):
        others = [str(at("BEN", f"198.51.100.{number}")) for number in range(16)]
        said = " ".join(f"dnsaddr={one}" for one in (*others, at("ANN", "192.0.2.7")))
    words = [] if said == "nothing" else said.split()
    for name, id_ in PEERS.items():
        words = [word.replace(name, id_) for word in words]
    message = dns.message.from_wire(answer("someone", [at("ANN", "192.0.2.7")]))
    texts = " ".join(f'"{word}"' for word in words) or '""'
    message.additional = [dns.rrset.from_text(_FULL, 120, "IN", "TXT", texts)]
    wire: bytes = message.to_wire()
    return wire


def read_garbage(count: int) -> None:
    """Read random bytes and messages that were changed; what fails raises."""
    rand = random.Random(7)
    honest = answer("someone", [at("ANN", "192.0.2.7"), at("ANN", "192.0.2.7", 1)])
    for _ in range(count // 4):
        place, length = rand.randrange(len(honest)), rand.randrange(len(honest))
        read(rand.randbytes(rand.randrange(600)))
        read(honest[:place] + rand.randbytes(rand.randint(1, 4)) + honest[place + 1 :])
        read(honest[:length])
        read(honest[:length] + honest[place:])


def names_kept(machines: int, count: int) -> int:
    """Return how many names count when machines tell of so many each."""
    table = LocalTable()
    for machine in range(machines):
        for number in range(count):
            tell(table, f"10.0.{machine // 250}.{machine % 250}", f"{machine}-{number}", 120, 0.5)
    return len(table.names(0.5))


def messages_read(count: int) -> int:
    """Return how many of the messages of one machine are read that come within a second."""
    table = LocalTable()
    return sum(table.listens_to("10.0.0.1", 0.5 + number / count / 2) for number in range(count))


def tell(table: LocalTable, source: str, name: str, ttl: int, now: float) -> None:
    """Have a machine tell of a node of its own, whatever it has said before."""
    if table.listens_to(source, now):
        table.hear(source, Told(name, ttl, (at("ANN", source),)), now)
