"""What an operator can choose about a server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from marketplace.registry.local import LocalRegistry

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that one server works with.

    Attributes:
        folder: the registry's folder.
        open_registry: opens the registry; called once in each thread.
        name: how the registry calls itself.
        cache: bytes of documents kept in memory by each worker.
        largest_bundle: bytes taken in one bundle.
        largest_blob: bytes taken for one blob.
    """

    folder: Path
    open_registry: Callable[[], LocalRegistry]
    name: str = "local"
    cache: int = 64 * MIB
    largest_bundle: int = 1024 * MIB
    largest_blob: int = 512 * MIB
