"""What a change of a project did."""

from collections.abc import Mapping
from typing import NamedTuple


class Report(NamedTuple):
    """What a change did, each as (id, version); `bytes_fetched` counts what a registry had to send."""

    installed: tuple[tuple[str, str], ...] = ()
    updated: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    unchanged: tuple[tuple[str, str], ...] = ()
    bytes_fetched: int = 0
    pinned: tuple[str, ...] = ()
    yanked: Mapping[str, str] = {}
