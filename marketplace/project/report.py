"""What a change of a project did."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from marketplace.search.base import Source


class Report(NamedTuple):
    """What a change did, each as (id, version); `bytes_fetched` counts what a registry had to send.

    `sources` are the registries that were asked; none for a change that asked nobody.
    """

    installed: tuple[tuple[str, str], ...] = ()
    updated: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    unchanged: tuple[tuple[str, str], ...] = ()
    bytes_fetched: int = 0
    pinned: tuple[str, ...] = ()
    yanked: Mapping[str, str] = {}
    sources: "tuple[Source, ...]" = ()
    degraded: bool = False
