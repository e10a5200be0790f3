"""What an operator can choose about a server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from marketplace.registry.local import LocalRegistry

MIB = 1024 * 1024


LOG_KEY = "log.key"
"""The file of the log's key in the registry's folder."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that one server works with.

    Attributes:
        folder: the registry's folder.
        open_registry: opens the registry; called once in each thread.
        name: the name of its log, given when that is made; None for the one that it has, or a made-up one.
        cache: bytes of documents kept in memory by each worker.
        largest_bundle: bytes taken in one bundle.
        largest_blob: bytes taken for one blob.
        rate: requests a second that each client may send to the interface; 0 for any number.
        in_flight: requests that each worker answers at once.
        idle: seconds in which the next bytes of a request must come.
        drain: seconds that requests in flight get when the server is stopped.
        log: write a line of JSON for each request to stderr.
    """

    folder: Path
    open_registry: Callable[[], LocalRegistry]
    name: str | None = None
    cache: int = 16 * MIB
    largest_bundle: int = 1024 * MIB
    largest_blob: int = 512 * MIB
    rate: float = 100.0
    in_flight: int = 256
    idle: float = 15.0
    drain: float = 30.0
    log: bool = True
