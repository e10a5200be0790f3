"""Addresses of a room: an engine gives each out once, a container keeps those that it was given."""

import threading

from support.cleanroom.engine.base import EngineError, Network

_FIRST = 2  # .1 is the gateway's, where there is one


class AddressPool:
    """The addresses of networks of 254 places; none is given out twice, so a late packet finds nobody else."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._lock = threading.Lock()

    def next(self, network: Network) -> str:
        """Return an address of a network that no container has had."""
        with self._lock:
            number = self._next.get(network.id, _FIRST)
            self._next[network.id] = number + 1
        return f"{network.subnet.rpartition('.')[0]}.{number}"


class Addresses:
    """The addresses of one container, in the order in which it came to its networks."""

    def __init__(self, name: str, pool: AddressPool) -> None:
        self._name = name
        self._pool = pool
        self._by_network: dict[str, str] = {}

    def take(self, network: Network) -> str:
        """Return the address on a network: the one that it had there before, or a new one."""
        if network.id not in self._by_network:
            self._by_network[network.id] = self._pool.next(network)
        return self._by_network[network.id]

    def on(self, network: Network) -> str:
        """Return the address on a network; KeyError where it never was."""
        return self._by_network[network.id]

    def place(self, network: Network) -> int:
        """Return which of its networks this is, from 0."""
        return list(self._by_network).index(network.id)

    def first(self) -> str:
        """Return the address at which this machine calls it.

        Raises:
            EngineError: it is on no network.
        """
        if not self._by_network:
            raise EngineError(f"{self._name} is on no network")
        return next(iter(self._by_network.values()))

    def by_network(self) -> dict[str, str]:
        """Return all of them, by the ids of the networks."""
        return dict(self._by_network)
