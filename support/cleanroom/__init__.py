"""The cleanroom: hermetic rooms, real containers, faults on purpose, nothing left behind. It knows of no product.

What its users need has its name here: `from support.cleanroom import Cleanroom, Policy`. A name is loaded when it is
first asked for: programs of the cleanroom, such as the fault proxy, start without the engines.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.cleanroom.builder import CleanroomBuilder
    from support.cleanroom.cleanroom import (
        HTTP_NETWORK,
        P2P_NETWORK,
        STORAGE_NETWORK,
        Cleanroom,
        CleanupError,
    )
    from support.cleanroom.containers import GenericContainer, HttpContainer
    from support.cleanroom.faults.vocabulary import Faults
    from support.cleanroom.peers import PeerNetwork
    from support.cleanroom.policy import Policy
    from support.cleanroom.pool import Pool
    from support.cleanroom.proxy.running import FaultProxy
    from support.cleanroom.services import PostgresContainer, RedisContainer

__all__ = [
    "HTTP_NETWORK",
    "P2P_NETWORK",
    "STORAGE_NETWORK",
    "Cleanroom",
    "CleanroomBuilder",
    "CleanupError",
    "FaultProxy",
    "Faults",
    "GenericContainer",
    "HttpContainer",
    "PeerNetwork",
    "Policy",
    "Pool",
    "PostgresContainer",
    "RedisContainer",
]

_MODULES = {
    "CleanroomBuilder": "builder",
    "FaultProxy": "proxy.running",
    "Faults": "faults.vocabulary",
    "GenericContainer": "containers",
    "HttpContainer": "containers",
    "PeerNetwork": "peers",
    "Policy": "policy",
    "Pool": "pool",
    "PostgresContainer": "services",
    "RedisContainer": "services",
}
"""The modules of the names above that are not in `cleanroom` itself."""


def __getattr__(name: str) -> object:
    """Load a public name's module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_MODULES.get(name, 'cleanroom')}")
    return getattr(module, name)
