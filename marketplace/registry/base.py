"""The protocol that every registry speaks: local, HTTP and peer to peer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from marketplace.errors import MarketError
from marketplace.model.ids import PackageId
from marketplace.model.manifest import Manifest
from marketplace.model.package import ListedRelease, Package, PackageSource
from marketplace.model.release import Release, YankRecord
from marketplace.model.version import Version
from marketplace.search.base import SearchPage, SearchQuery, Source
from marketplace.storage.base import BlobStore

if TYPE_CHECKING:
    from marketplace.insights.quality import Report
    from marketplace.insights.statistics import Statistics
    from marketplace.insights.suggestions import Suggestion

Advance = Callable[[str, int, int], None]
"""Told what arrives, the bytes so far and the bytes of all."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What publishing did. `position` is the release's place in the registry's log, from 1; `extra` is what more a
    kind of registry tells, such as how many peers were reached; `quality` what it measured, None when it tells nothing.
    """

    release: Release
    registry: str
    position: int
    new_blobs: int
    new_bytes: int
    extra: Mapping[str, int] = field(default_factory=dict)
    quality: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What a registry measured of a release. `is_ours` says that this machine measured it; else it is its word."""

    report: "Report"
    registry: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """What `fetch` transferred: files and bytes that the store lacked."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RegistryInfo:
    """Facts about a registry, for `registry list` and `doctor`."""

    name: str
    kind: str
    location: str
    packages: int
    releases: int
    log_size: int
    log_root: str
    extra: Mapping[str, object] = field(default_factory=dict)


class Registry(Protocol):
    """An index and a blob source behind one protocol. Ids and versions that are unknown raise NotFoundError
    (`package-not-found` with `suggestions`, `version-not-found` with `available`)."""

    @property
    def name(self) -> str:
        """The name that locks and reports use, such as `local`."""

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer a search; what was published before is found."""

    def publish(self, source: PackageSource, release: Release) -> Receipt:
        """Verify and store a signed release; visible to every reader when this returns.

        Raises:
            ConflictError: `version-exists`, a release of the same precedence is there.
            IntegrityError: signature, key pin, digest, or content that differs from the release.
            UnavailableError: the disk is full or the registry cannot be written.
        """

    def publish_many(self, packages: Sequence[tuple[PackageSource, Release]]) -> list[Receipt | MarketError]:
        """Publish several releases, each by itself: one that is refused keeps no other out.

        Returns, in their order, the receipt of each or what `publish` would have raised. All that were taken are
        visible to every reader when this returns.

        Raises:
            UnavailableError: the disk is full or the registry cannot be written; none was published.
        """

    def get_package(self, id_: PackageId) -> Package:
        """Return all releases of a package, yanked ones included."""

    def get_release(self, id_: PackageId, version: Version) -> ListedRelease:
        """Return one release."""

    def list_versions(self, id_: PackageId) -> tuple[ListedRelease, ...]:
        """Return the releases of a package from the highest version to the lowest."""

    def prefetch(self, ids: Sequence[PackageId]) -> Mapping[PackageId, MarketError]:
        """Make ready to list the versions of packages, which is cheaper for several than one after another.

        Returns why those cannot be listed that cannot; whoever lists one of them is told.
        """

    def yank(self, record: YankRecord) -> None:
        """Append a signed yank.

        Raises:
            ConflictError: `already-yanked`.
            IntegrityError: the signature is wrong or the key is not the publisher's.
        """

    def unyank(self, record: YankRecord) -> None:
        """Append a signed unyank.

        Raises:
            ConflictError: `not-yanked`.
            IntegrityError: the signature is wrong or the key is not the publisher's.
        """

    def exists(self, id_: PackageId, version: Version | None = None) -> bool:
        """Tell whether the package (or that version of it) is there."""

    def metadata(self) -> RegistryInfo:
        """Return facts about the registry."""

    def manifest(self, release: Release) -> Manifest:
        """Return the manifest of a release, verified against the digest that the release binds."""

    def yanked(self, releases: Sequence[Release]) -> Mapping[PackageId, str]:
        """Return the reasons of those of `releases` that are yanked by now; one that is unknown here is in none."""

    def quality(self, release: Release) -> Quality | None:
        """Return what is known of the quality of a release that is there; None when nothing is."""

    def estimate(self, source: PackageSource, release: Release) -> "Report":
        """Measure a release that is not published yet, after the checks that publishing begins with.

        What only another machine could tell is unknown: the score is the least that it will be.

        Raises:
            As `publish`; DeniedError `quality-too-low` where this machine knows the registry's minimum.
        """

    def recommend(self, asked: Sequence[PackageId], limit: int) -> "tuple[Suggestion, ...]":
        """Return up to `limit` packages of each kind for whoever has those `asked`; what is popular where none is.

        Raises:
            InvalidInputError: `page-invalid`.
        """

    def categories(self) -> Mapping[str, int]:
        """Return how many packages each category has (packages that search finds)."""

    def ids(self) -> tuple[PackageId, ...]:
        """Return every package id, sorted."""

    def fetch(self, release: Release, store: BlobStore) -> Fetched:
        """Make sure that `store` holds the tree and every file of `release`, transferring what it lacks, verified.

        Raises:
            IntegrityError: what arrived is not what the release names.
            UnavailableError: it cannot be had now.
        """

    def fetch_many(
        self, releases: Sequence[Release], store: BlobStore, *, have: Mapping[PackageId, str] | None = None,
        advance: Advance = lambda _what, _done, _total: None,
    ) -> Fetched:  # fmt: skip
        """Do what `fetch` does for several releases, with as few transfers as can be.

        `have` are content ids by package of which the store may have the files: what they share is not sent again.

        Raises:
            As `fetch`; what has arrived by then stays.
        """

    def prove(self, releases: Sequence[Release]) -> None:
        """Check the log of each registry whose answers were used, where there is one, and that `releases` are in it.

        It is asked before releases are locked, and with none when versions were chosen: the head is looked at alone.

        Raises:
            IntegrityError: they are not, or the log is another one than it was.
            UnavailableError: it cannot be seen now.
        """

    def asked(self) -> tuple[Source, ...]:
        """Return the registries that were asked since this one was opened, and what each said last."""

    @property
    def degraded(self) -> bool:
        """Whether an old answer, or another registry, stood in for one that did not answer."""

    def source_of(self, id_: PackageId) -> str:
        """Return the name that a lock has for where a package comes from."""

    def count_installs(self, releases: Sequence[Release], roots: Mapping[PackageId, bool]) -> None:
        """Count one install of each release, best effort: never raises for a registry that cannot be written.

        `roots` are the packages that the project requires itself, and whether each is new to it.
        """

    def statistics(self, id_: PackageId | None, days: int) -> "Statistics":
        """Return what was counted of a package, or (None) of everything, and of each of the last `days` days.

        Raises:
            NotFoundError: `statistics-none`, nobody counts there.
        """
