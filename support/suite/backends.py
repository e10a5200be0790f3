"""Whose registry a scenario's commands meet; the steps of the scenario are the same for all. `-D registry=` chooses."""

from collections.abc import Callable

from support.centralized.backends import Mirrored, Served
from support.market.world import Backend
from support.p2p.backend import Peers

_KINDS: dict[str, Callable[[], Backend | None]] = {
    "local": lambda: None,  # the one in the home
    "http": Served,
    "mirror": Mirrored,
    "p2p": Peers,
}


def backend(kind: str) -> Backend | None:
    """Return the registry of a kind for one scenario; None for the one in the home.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in _KINDS:
        raise ValueError(f"there is no registry {kind!r}: {', '.join(_KINDS)}")
    return _KINDS[kind]()
