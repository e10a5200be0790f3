"""A liar on the local network. This file is run inside a container, `python - KIND ID`.

It says by multicast DNS what no honest node does, for as long as it runs, and prints a line after each round.
"""

import json
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from multiaddr import Multiaddr

from marketplace.p2p.local_messages import answer, question, read
from marketplace.p2p.local_network import GROUP, places

_HEADER = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0)
_PORT, _PORTS = 4701, range(1, 100)

rand = random.Random(7)
me = str(places()[0].ip)


def node_at(place: str, id_: str, port: int = _PORT) -> Multiaddr:
    """Return the address of a node at a place."""
    return Multiaddr(f"/ip4/{place}/tcp/{port}/p2p/{id_}")


def garbage(id_: str) -> Iterator[bytes]:
    """Yield datagrams that are no messages, and messages that are none to read."""
    honest = answer("a" * 32, [node_at(me, id_)])
    yield b""
    yield _HEADER + b"\xc0\x0c" + b"\x00\x0c\x00\x01" + bytes(6)  # a name that is its own continuation
    yield _HEADER + b"\x3f" * 64
    yield from (honest[:length] for length in range(len(honest)))
    yield from (rand.randbytes(rand.randint(1, 8900)) for _ in range(500))
    for _ in range(500):
        at = rand.randrange(len(honest))
        yield honest[:at] + rand.randbytes(1) + honest[at + 1 :]


def falsehoods(id_: str) -> Iterator[bytes]:
    """Yield names of a node that is not where they say: here, where nobody answers, or at another's place."""
    others = [f"{me.rpartition('.')[0]}.{last}" for last in range(1, 250)]
    yield from (answer(f"{number:032}", [node_at(place, id_)]) for number, place in enumerate([me, *others]))


def flood(id_: str) -> Iterator[bytes]:
    """Yield more names than anybody can remember, and one with more addresses than anybody wants to read."""
    template, long = answer("a" * 32, [node_at(me, id_)]), answer("b" * 32, [node_at(me, id_, port) for port in _PORTS])
    yield from (template.replace(b"a" * 32, rand.randbytes(16).hex().encode()) for _ in range(20_000))
    yield from (long for _ in range(2_000))


def goodbyes(_id: str) -> Iterator[bytes]:
    """Yield for each node that answers within two seconds that it has gone."""
    speaker.sendto(question(), GROUP)
    listener.settimeout(0.1)
    heard: dict[str, tuple[Multiaddr, ...]] = {}
    until = time.monotonic() + 2
    while time.monotonic() < until:
        with suppress(TimeoutError):
            heard |= {told.name: told.addresses for told in read(listener.recv(9000)).told}
    yield from (answer(name.partition(".")[0], addresses, 0) for name, addresses in heard.items() if addresses)


def hold() -> None:
    """Take connections, and say nothing."""
    listener, held = socket.create_server((me, _PORT)), []
    while True:
        held.append(listener.accept())


LIES: dict[str, Callable[[str], Iterator[bytes]]] = {
    "garbage": garbage, "falsehoods": falsehoods, "flood": flood, "goodbyes": goodbyes,
}  # fmt: skip


def group_socket(bound: str) -> socket.socket:
    """Return a socket with the port of multicast DNS, which is in the group."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(me))
    found.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP[0]) + socket.inet_aton(me))
    found.bind((bound, GROUP[1]))
    return found


if __name__ == "__main__":
    threading.Thread(target=hold, daemon=True).start()
    speaker, listener = group_socket(me), group_socket(GROUP[0])
    while True:
        for datagram in LIES[sys.argv[1]](sys.argv[2]):
            speaker.sendto(datagram, GROUP)
        print(json.dumps({"done": sys.argv[1]}), flush=True)  # noqa: T201
        time.sleep(1)
