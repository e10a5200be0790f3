"""What the graph is made of: packages and releases, which read more of themselves only when they are asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.errors import MarketError
from marketplace.index.scores import Score
from marketplace.index.several import Placed
from marketplace.insights.quality import Report
from marketplace.model.manifest import Manifest
from marketplace.model.package import rank
from marketplace.registry.scoring import decoded
from marketplace.search.base import SearchDocument
from marketplace.server.graph.loading import Loaders


@dataclass(frozen=True, slots=True)
class PackageNode:
    """A package that is there; `document` is what a search has found of it already."""

    id: str
    document: SearchDocument | None = None


@dataclass(frozen=True, slots=True)
class ReleaseNode:
    """A release that is there."""

    placed: Placed

    @property
    def id(self) -> str:
        """The package's id."""
        return str(self.placed.listed.release.id)

    @property
    def version(self) -> str:
        """The version."""
        return str(self.placed.listed.release.version)


async def package_of(loaders: Loaders, id_: str) -> PackageNode | None:
    """Return a package, None when nothing of it was ever published."""
    document = await loaders.documents.get(id_)
    if document is None and not await loaders.releases.get(id_):
        return None
    return PackageNode(id_, document)


async def releases_of(loaders: Loaders, id_: str) -> list[ReleaseNode]:
    """Return the releases of a package from the highest version to the lowest."""
    return [ReleaseNode(placed) for placed in await loaders.releases.get(id_) or ()]


async def release_of(loaders: Loaders, id_: str, version: str) -> ReleaseNode | None:
    """Return a release, None when there is none; build metadata makes no other version."""
    wanted = version.partition("+")[0]
    return next((node for node in await releases_of(loaders, id_) if node.version.partition("+")[0] == wanted), None)


async def latest_of(loaders: Loaders, id_: str) -> ReleaseNode:
    """Return the release that `info` shows."""
    return max(await releases_of(loaders, id_), key=_rank)


def _rank(node: ReleaseNode) -> tuple[Any, ...]:
    return rank(node.placed.listed.release.version, node.placed.listed.yanked)


async def manifest_of(loaders: Loaders, id_: str) -> Manifest:
    """Return the manifest of the release that `info` shows."""
    latest = await latest_of(loaders, id_)
    found = await loaders.manifests.get(latest.placed.listed.release.manifest)
    if found is None:
        raise MarketError("unexpected", "a manifest was neither found nor missed")
    return found


async def quality_of(loaders: Loaders, id_: str, version: str) -> Report | None:
    """Return what was measured of a release when it was taken."""
    scores: Mapping[str, Score] = await loaders.scores.get(id_) or {}
    return decoded(scores[version].report) if version in scores else None
