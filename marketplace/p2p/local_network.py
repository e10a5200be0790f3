"""The networks that a machine is in, and the group of multicast DNS (RFC 6762) there."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import trio

from marketplace.errors import UnavailableError

GROUP = ("224.0.0.251", 5353)
"""Where everybody in a network is spoken to (RFC 6762, section 3)."""

_HOPS = 255
_PAUSE = 1.0
"""Seconds until one listens again who could not."""

_LONGEST = 9000
"""Bytes of the longest message (RFC 6762, section 17)."""


def places() -> list[ipaddress.IPv4Interface]:
    """Return the machine's addresses in networks with others, each with its network."""
    found = [item for card in psutil.net_if_addrs().values() for item in card if item.family == socket.AF_INET]
    here = [ipaddress.IPv4Interface(f"{item.address}/{item.netmask}") for item in found if item.netmask]
    return [place for place in here if not place.is_loopback]


class LocalNetwork:
    """What is sent to everybody in the machine's networks, and what comes from there. IPv4 alone.

    Args:
        log: told which network is not reached, and why.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._places: list[ipaddress.IPv4Interface] = []
        self._told: set[str] = set()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Have the port of multicast DNS, as other programs of the machine may too, while the block runs.

        Raises:
            UnavailableError: `local-discovery-failed`.
        """
        with _socket() as self._socket:
            self.join()
            yield

    def join(self) -> None:
        """Listen in the networks that the machine is in now."""
        with self._telling("learn of the machine's networks"):
            before, self._places = self._places, places()
            for place in set(self._places) - set(before):
                with self._telling(f"hear the network of {place}"):
                    member = socket.inet_aton(GROUP[0]) + place.ip.packed
                    self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Tell once of each thing that cannot be done now, and why: the rest can, and networks come and go."""
        try:
            yield
        except OSError as error:
            text = f"local discovery does not {what}: {error.strerror}"
            if text not in self._told:
                self._told.add(text)
                self._log(text)

    def addresses(self) -> set[str]:
        """Return the machine's addresses there."""
        return {str(place.ip) for place in self._places}

    async def send(self, message: bytes) -> None:
        """Send a message to everybody."""
        for place in self._places:
            with self._telling(f"reach the network of {place}"):
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, place.ip.packed)
                await self._socket.sendto(message, GROUP)

    async def receive(self) -> tuple[bytes, str]:
        """Return the next message and the address that it came from, which is in one of the networks."""
        while True:
            data, source = await self._next()
            if any(ipaddress.IPv4Address(source) in place.network for place in self._places):
                return data, source

    async def _next(self) -> tuple[bytes, str]:
        while True:
            with self._telling("hear anything"):
                data, (source, _) = await self._socket.recvfrom(_LONGEST)
                return data, source
            await trio.sleep(_PAUSE)


def _socket() -> trio.socket.SocketType:
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            plain.setsockopt(socket.SOL_SOCKET, option, 1)
        plain.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
        plain.bind(("", GROUP[1]))
    except OSError as error:
        plain.close()
        message = f"the port of multicast DNS (5353, UDP) cannot be had: {error.strerror}"
        hint = "end the program that does not share it, or run the node without --mdns"
        raise UnavailableError("local-discovery-failed", message, hint=hint) from error
    return trio.socket.from_stdlib_socket(plain)
