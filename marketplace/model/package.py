"""A package before and after it is published: its content, and its releases as a registry lists them."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol

from marketplace.model.ids import PackageId
from marketplace.model.manifest import Manifest
from marketplace.model.release import Release
from marketplace.model.tree import Tree
from marketplace.model.version import Version


class PackageSource(Protocol):
    """A package's content before it is published: a checked folder or a checked archive."""

    @property
    def manifest(self) -> Manifest:
        """The checked manifest."""

    @property
    def tree(self) -> Tree:
        """The files."""

    def open(self, path: str) -> BinaryIO:
        """Open one file of the tree by its path."""


@dataclass(frozen=True, slots=True)
class ListedRelease:
    """A release as a registry lists it: `yanked` is the publisher's reason, None while it is not yanked."""

    release: Release
    yanked: str | None = None


def rank(version: Version, yanked: str | None) -> tuple[bool, bool, tuple[object, ...]]:
    """Return what is greatest for the release that `info` shows: one not yanked, and of those a stable one."""
    return yanked is None, not version.prerelease, version.precedence


@dataclass(frozen=True, slots=True)
class Package:
    """All that a registry knows of one package. `releases` go from the highest version to the lowest."""

    id: PackageId
    releases: tuple[ListedRelease, ...]
    downloads: int

    @property
    def latest(self) -> ListedRelease:
        """The release that `info` shows: highest stable not yanked, else highest not yanked, else highest."""
        return max(self.releases, key=lambda item: rank(item.release.version, item.yanked))
