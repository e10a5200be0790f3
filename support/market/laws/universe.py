"""Universes of packages in memory: what a resolver may be given, and a brute-force oracle for small ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from hypothesis import strategies as st

from marketplace.errors import NotFoundError
from marketplace.model.ids import PackageId
from marketplace.model.package import ListedRelease
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.model.tree import digest_of
from marketplace.model.version import Version
from marketplace.search.base import close_matches

KEY = "ed25519:" + "11" * 32
Choice = Mapping[str, str]
"""A version for each chosen id."""


def listed(id_: str, version: str, needs: Mapping[str, str] | None = None, yanked: str | None = None) -> ListedRelease:
    """Return an unsigned release that only a resolver can use: its digests are those of its name."""
    digest = digest_of(f"{id_}@{version}".encode())
    dependencies = tuple(sorted((PackageId.parse(i), _requirement(r)) for i, r in (needs or {}).items()))
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

    def prefetch(self, ids: Sequence[PackageId]) -> None:
        """Do nothing: all is here."""

    def list_versions(self, id_: PackageId) -> Sequence[ListedRelease]:
        """Answer as a registry does."""
        self.asked[id_.text] = self.asked.get(id_.text, 0) + 1
        found = self.packages.get(id_.text)
        if found is None:
            near = close_matches(id_.text, self.packages, limit=1)
            raise NotFoundError("package-not-found", f"there is no package {id_}", suggestions=near)
        return tuple(found)


def _shown(item: ListedRelease) -> str:
    needs = ", ".join(f"{id_} {requirement}" for id_, requirement in item.release.dependencies)
    return f"{item.release}{' yanked' if item.yanked else ''}" + (f" needs {needs}" if needs else "")


def is_valid(universe: Universe, roots: Mapping[str, str], choice: Choice) -> bool:
    """Tell whether `choice` satisfies everybody, has nothing that nobody needs, and nothing yanked.

    Written without the resolver's code: only the model's `Requirement.admits`, which has features of its own.
    """
    waiting, reached = [(id_, _requirement(text)) for id_, text in roots.items()], set()
    while waiting:
        id_, requirement = waiting.pop()
        item = _find(universe, id_, choice.get(id_))
        if item is None or item.yanked is not None or not requirement.admits(item.release.version):
            return False
        if id_ not in reached:
            reached.add(id_)
            waiting += [(needed.text, wanted) for needed, wanted in item.release.dependencies]
    return reached == set(choice)


@cache
def _requirement(text: str) -> Requirement:
    return Requirement.parse(text)


def _find(universe: Universe, id_: str, version: str | None) -> ListedRelease | None:
    items = universe.packages.get(id_, ())
    return next((item for item in items if item.release.version.text == version), None)


def every_choice(universe: Universe, roots: Mapping[str, str]) -> Iterator[Choice]:
    """Yield each assignment of versions to `roots` and to all they lead to, valid or not: for small universes alone."""
    yield from _extended(universe, {}, list(roots))


def _extended(universe: Universe, choice: Choice, waiting: Sequence[str]) -> Iterator[Choice]:
    if not waiting:
        yield choice
    elif waiting[0] in choice:
        yield from _extended(universe, choice, waiting[1:])
    else:
        for item in universe.packages.get(waiting[0], ()):
            release = item.release
            needs = [id_.text for id_, _ in release.dependencies]
            yield from _extended(universe, {**choice, waiting[0]: release.version.text}, [*waiting[1:], *needs])


def solutions(universe: Universe, roots: Mapping[str, str]) -> list[Choice]:
    """Return every valid choice."""
    return [choice for choice in every_choice(universe, roots) if is_valid(universe, roots, choice)]


def best_of(universe: Universe, roots: Mapping[str, str], choices: Sequence[Choice]) -> Choice:
    """Return the versions of `roots` in the documented order: the highest for the first id, then for the next."""

    def ranks(choice: Choice) -> list[int]:
        return [_rank(universe, id_, choice[id_]) for id_ in sorted(roots)]

    best = min(choices, key=ranks)
    return {id_: best[id_] for id_ in roots}


def _rank(universe: Universe, id_: str, version: str) -> int:
    return [item.release.version.text for item in universe.packages[id_]].index(version)


_IDS = [f"u.p{n}" for n in range(5)]
_VERSIONS = ["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "3.0.0"]
_REQUIREMENTS = ["*", "^1", "^2", "=1.0.0", ">=1.1", "<2", "^2.0.0-rc.1", "~1.1", "^3", ">=1, <3"]
_MISSING = "u.missing"
_wanted = st.sampled_from(_REQUIREMENTS)
_verdicts = st.sampled_from([None, None, None, "broken"])
# Built once for each number of packages: building strategies costs more than drawing from them.
_releases = {
    n: st.dictionaries(
        st.sampled_from(_VERSIONS),
        st.tuples(st.dictionaries(st.sampled_from([*_IDS[:n] * 3, _MISSING]), _wanted, max_size=2), _verdicts),
        min_size=1,
        max_size=3,
    )
    for n in range(1, len(_IDS) + 1)
}
_roots = {n: st.dictionaries(st.sampled_from(_IDS[:n]), _wanted, min_size=1, max_size=3) for n in _releases}
_counts = st.integers(1, len(_IDS))


@st.composite
def universes(draw: st.DrawFn) -> tuple[Universe, dict[str, str]]:
    """Draw a universe of up to five packages (cycles, missing packages and yanked versions included) and roots."""
    universe = Universe()
    count = draw(_counts)
    for id_ in _IDS[:count]:
        for version, (needs, yanked) in draw(_releases[count]).items():
            universe.add(id_, version, needs, yanked)
    return universe, draw(_roots[count])
