"""Universes of packages in memory: what a resolver may be given, and a brute-force oracle for small ones."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from marketplace.errors import NotFoundError
from marketplace.model.ids import PackageId
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.model.tree import digest_of
from marketplace.model.version import Version
from marketplace.registry.base import ListedRelease
from marketplace.search.base import close_matches

KEY = "ed25519:" + "11" * 32
Choice = Mapping[str, str]
"""A version for each chosen id."""


def listed(id_: str, version: str, needs: Mapping[str, str] | None = None, yanked: str | None = None) -> ListedRelease:
    """Return an unsigned release that only a resolver can use: its digests are those of its name."""
    digest = digest_of(f"{id_}@{version}".encode())
    dependencies = tuple(sorted((PackageId.parse(i), Requirement.parse(r)) for i, r in (needs or {}).items()))
    release = Release(
        id=PackageId.parse(id_), version=Version.parse(version), content_id=digest, size=1, files=1,
        dependencies=dependencies, manifest=digest, published_at="2026-01-01T00:00:00Z", key=KEY,
    )  # fmt: skip
    return ListedRelease(release, yanked)


@dataclass(repr=False)
class Universe:
    """Packages by id; a `Releases`. `asked` counts how often each package was listed."""

    packages: dict[str, list[ListedRelease]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def add(self, id_: str, version: str, needs: Mapping[str, str] | None = None, yanked: str | None = None) -> None:
        """Add a version and keep the package's list in order."""
        versions = self.packages.setdefault(id_, [])
        versions.append(listed(id_, version, needs, yanked))
        versions.sort(key=lambda item: item.release.version.precedence, reverse=True)

    def __repr__(self) -> str:
        """Show the universe as a drawn example is read: id, version, needs."""
        items = (item for versions in self.packages.values() for item in versions)
        return "Universe(" + "; ".join(map(_shown, items)) + ")"

    def list_versions(self, id_: PackageId) -> Sequence[ListedRelease]:
        """Answer as a registry does."""
        self.asked[id_.text] = self.asked.get(id_.text, 0) + 1
        found = self.packages.get(id_.text)
        if found is None:
            near = close_matches(id_.text, self.packages)
            raise NotFoundError("package-not-found", f"there is no package {id_}", suggestions=near)
        return tuple(found)


def _shown(item: ListedRelease) -> str:
    needs = ", ".join(f"{id_} {requirement}" for id_, requirement in item.release.dependencies)
    return f"{item.release}{' yanked' if item.yanked else ''}" + (f" needs {needs}" if needs else "")


def is_valid(universe: Universe, roots: Mapping[str, str], choice: Choice) -> bool:
    """Tell whether `choice` satisfies everybody, has nothing that nobody needs, and nothing yanked."""
    waiting, reached = list(roots.items()), set()
    while waiting:
        id_, requirement = waiting.pop()
        item = _find(universe, id_, choice.get(id_))
        if item is None or item.yanked is not None or not Requirement.parse(requirement).admits(item.release.version):
            return False
        if id_ not in reached:
            reached.add(id_)
            waiting += [(str(i), str(r)) for i, r in item.release.dependencies]
    return reached == set(choice)


def _find(universe: Universe, id_: str, version: str | None) -> ListedRelease | None:
    items = universe.packages.get(id_, ())
    return next((item for item in items if item.release.version.text == version), None)


def every_choice(universe: Universe) -> Iterator[Choice]:
    """Yield each assignment of a version, or of none, to each package: exponential, for small universes alone."""
    ids = sorted(universe.packages)
    options = [[None, *(item.release.version.text for item in universe.packages[id_])] for id_ in ids]
    for versions in itertools.product(*options):
        yield {id_: version for id_, version in zip(ids, versions, strict=True) if version is not None}


def solutions(universe: Universe, roots: Mapping[str, str]) -> list[Choice]:
    """Return every valid choice."""
    return [choice for choice in every_choice(universe) if is_valid(universe, roots, choice)]


_IDS = [f"u.p{n}" for n in range(5)]
_VERSIONS = ["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "3.0.0"]
_REQUIREMENTS = ["*", "^1", "^2", "=1.0.0", ">=1.1", "<2", "^2.0.0-rc.1", "~1.1", "^3", ">=1, <3"]
_MISSING = "u.missing"


@st.composite
def universes(draw: st.DrawFn) -> tuple[Universe, dict[str, str]]:
    """Draw a universe of up to five packages (cycles, missing packages and yanked versions included) and roots."""
    universe = Universe()
    ids = _IDS[: draw(st.integers(1, len(_IDS)))]
    needed = st.sampled_from([*ids, *ids, *ids, _MISSING])
    for id_ in ids:
        for version in draw(st.lists(st.sampled_from(_VERSIONS), min_size=1, max_size=3, unique=True)):
            needs = draw(st.dictionaries(needed, st.sampled_from(_REQUIREMENTS), max_size=3))
            universe.add(id_, version, needs, draw(st.sampled_from([None, None, None, "broken"])))
    roots = draw(st.dictionaries(st.sampled_from(ids), st.sampled_from(_REQUIREMENTS), min_size=1, max_size=3))
    return universe, roots
