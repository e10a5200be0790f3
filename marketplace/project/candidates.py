"""The versions a resolution may choose from, listed once per package and in order of preference."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from marketplace.errors import NotFoundError
from marketplace.model.ids import PackageId
from marketplace.model.package import ListedRelease
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.model.version import Version


class Releases(Protocol):
    """All that resolving needs of a registry."""

    def list_versions(self, id_: PackageId) -> Sequence[ListedRelease]:
        """Return the releases of a package from the highest version to the lowest.

        Raises:
            NotFoundError: the package is unknown; `suggestions` in the details are passed on to the user.
        """

    def prefetch(self, ids: Sequence[PackageId]) -> object:
        """Make ready to list these packages, if together is cheaper than one after another."""


class Demand(NamedTuple):
    """A requirement of a package: `by` is the release that has it, None for the project itself."""

    id: str
    requirement: Requirement
    by: Release | None = None


class Impossible(Exception):  # noqa: N818 - no error of the product yet: `explain` turns it into one
    """No choice of versions satisfies everybody; `causes` are the demands of the last contradiction."""

    def __init__(self, causes: Sequence[Demand]) -> None:
        super().__init__("no choice of versions satisfies every requirement")
        self.causes = causes


class TooDeep(Exception):  # noqa: N818 - as above
    """The search was given up after `rounds` steps."""

    def __init__(self, rounds: int) -> None:
        super().__init__(f"no choice was found in {rounds} steps")
        self.rounds = rounds


class Candidates:
    """The versions of each package: asked for once, the locked one first, then from the highest to the lowest.

    Args:
        releases: where versions are listed.
        locked: the versions that are kept when they are admissible; they may be yanked or pre-releases.
        prereleases: whether a pre-release may be chosen although no requirement names one.
    """

    def __init__(self, releases: Releases, locked: Mapping[PackageId, Version], *, prereleases: bool) -> None:
        self._releases = releases
        self._locked = {id_.text: version.text for id_, version in locked.items()}
        self._prereleases = prereleases
        self._listed: dict[str, tuple[ListedRelease, ...]] = {}
        self.suggestions: dict[str, list[str]] = {}

    def expect(self, ids: Iterable[str]) -> None:
        """Tell which packages are asked for next."""
        new = [PackageId(id_) for id_ in dict.fromkeys(ids) if id_ not in self._listed]
        if len(new) > 1:
            self._releases.prefetch(new)

    def of(self, id_: str) -> tuple[ListedRelease, ...]:
        """Return every version of a package in order of preference, empty when it is unknown."""
        found = self._listed.get(id_)
        if found is None:
            found = self._listed[id_] = self._ordered(id_)
        return found

    def _ordered(self, id_: str) -> tuple[ListedRelease, ...]:
        try:
            listed = tuple(self._releases.list_versions(PackageId(id_)))
        except NotFoundError as error:
            given = error.details.get("suggestions")
            self.suggestions[id_] = [str(item) for item in given] if isinstance(given, list | tuple) else []
            return ()
        if len(listed) < 2:
            return listed
        # Sorted although a registry answers in this order: no registry's slip may choose an old version.
        highest = sorted(listed, key=lambda item: item.release.version.precedence, reverse=True)
        locked = self._locked.get(id_)
        return tuple(sorted(highest, key=lambda item: item.release.version.text != locked))

    def admits(self, requirement: Requirement, item: ListedRelease) -> bool:
        """Tell whether `item` may be chosen for `requirement`."""
        version = item.release.version
        if item.yanked is None and not version.prerelease:
            return all(bound.admits(version) for bound in requirement.comparators)
        kept = self._locked.get(item.release.id.text) == version.text
        if item.yanked is not None and not kept:
            return False
        return requirement.admits(version) or ((kept or self._prereleases) and within(requirement, version))

    def first(self, id_: str, requirement: Requirement) -> ListedRelease | None:
        """Return the preferred version that `requirement` admits."""
        for item in self.of(id_):
            if self.admits(requirement, item):
                return item
        return None


def within(requirement: Requirement, version: Version) -> bool:
    """Tell whether `version` lies inside the bounds although no bound names its pre-release.

    It counts as the release it leads to: 1.0.0-rc.1 is inside ^1 and 2.0.0-rc.1 is not (what npm's
    `includePrerelease` means). An exact requirement still means that version alone.
    """
    triple = version.triple
    target = Version(f"{triple[0]}.{triple[1]}.{triple[2]}", *triple, (), "")
    return all(
        bound.admits(version if bound.operator == "=" or bound.version.prerelease else target)
        for bound in requirement.comparators
    )
