"""Paths of a registry's files for scenarios."""

from collections.abc import Callable, Mapping

from marketplace.protocol import paths
from marketplace.protocol.paths import Kind, Place

_BUILD: Mapping[Kind, Callable[[Place], str]] = {
    "registry": lambda _place: paths.REGISTRY,
    "yanked": lambda _place: paths.YANKED,
    "categories": lambda _place: paths.CATEGORIES,
    "catalog": lambda _place: paths.CATALOG,
    "checkpoint": lambda _place: paths.CHECKPOINT,
    "package": lambda place: paths.package(place.id),  # type: ignore[arg-type]
    "release": lambda place: paths.release(place.id, place.version),  # type: ignore[arg-type]
    "quality": lambda place: paths.quality(place.id, place.version),  # type: ignore[arg-type]
    "downloads": lambda place: paths.downloads(place.id),  # type: ignore[arg-type]
    "blob": lambda place: paths.blob(place.digest),
    "archive": lambda place: paths.archive(place.digest),
    "tile": lambda place: paths.tile(place.tile.level, place.tile.index, place.tile.width),  # type: ignore[union-attr]
    "entries": lambda place: paths.entries(place.tile.index, place.tile.width),  # type: ignore[union-attr]
}


def build(place: Place) -> str:
    """Build the path of what a path named."""
    return _BUILD[place.kind](place)
