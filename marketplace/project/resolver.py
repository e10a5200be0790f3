"""Choosing one version of each package: the highest that fits everybody who needs it.

First one pass over the closure takes the preferred version of each package as it is met. When nothing contradicts
that choice it is the answer; this is the rule and costs little more than reading the closure. Otherwise resolvelib
searches with backtracking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.model.ids import PackageId
from marketplace.model.package import ListedRelease
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.model.version import Version
from marketplace.project.candidates import Candidates, Demand, Impossible, Releases, TooDeep

Requirements = Mapping[PackageId, Requirement]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The chosen releases, sorted by id, and the yanked ones among them (kept because they were locked)."""

    releases: tuple[Release, ...]
    yanked: Mapping[PackageId, str] = field(default_factory=dict)


def resolve(
    requirements: Requirements,
    releases: Releases,
    *,
    locked: Mapping[PackageId, Version] | None = None,
    prereleases: bool = False,
    max_rounds: int | None = None,
) -> Resolution:
    """Choose a release of each required package and of all they depend on, one version per id.

    Args:
        requirements: what the project itself requires.
        releases: where versions are listed (each package is asked for once).
        locked: versions that are kept while they fit; only these may be yanked.
        prereleases: choose pre-releases too where no requirement names one.
        max_rounds: steps of the search before it gives up, `backtracking.MAX_ROUNDS` when None.

    Raises:
        ConflictError: `unsatisfiable`, `versions-yanked`, `only-prereleases` or `resolution-too-deep`.
        NotFoundError: `dependency-missing`.
    """
    candidates = Candidates(releases, locked or {}, prereleases=prereleases)
    try:
        chosen = choose(requirements, candidates, max_rounds)
    except (Impossible, TooDeep) as failure:
        from marketplace.project.explain import explain

        raise explain(failure, requirements, candidates) from None
    ordered = sorted(chosen.values(), key=lambda item: item.release.id.text)
    yanked = {item.release.id: item.yanked for item in ordered if item.yanked is not None}
    return Resolution(tuple(item.release for item in ordered), yanked)


def choose(
    requirements: Requirements, candidates: Candidates, max_rounds: int | None = None
) -> dict[str, ListedRelease]:
    """Return the chosen version of each package.

    Raises:
        Impossible: there is no choice.
        TooDeep: the search was given up.
    """
    roots = [Demand(id_.text, requirement) for id_, requirement in sorted(requirements.items())]
    found = _one_pass(roots, candidates)
    if found is None:
        from marketplace.project.backtracking import MAX_ROUNDS, best

        found = best(roots, candidates, max_rounds or MAX_ROUNDS)
    return found


def _one_pass(roots: Sequence[Demand], candidates: Candidates) -> dict[str, ListedRelease] | None:
    """Take the preferred version of each package where it is first met; None at the first contradiction."""
    chosen: dict[str, ListedRelease] = {}
    met: set[tuple[str, str]] = set()
    wave = [(demand.id, demand.requirement) for demand in roots]
    while wave:
        candidates.expect(id_ for id_, _ in wave)
        needed = list[tuple[str, Requirement]]()
        for id_, requirement in wave:
            if (id_, requirement.text) in met:
                continue  # many packages write the same requirement of a popular one
            met.add((id_, requirement.text))
            taken = chosen.get(id_)
            if taken is None:
                taken = candidates.first(id_, requirement)
                if taken is None:
                    return None
                chosen[id_] = taken
                needed += [(dependency.text, wanted) for dependency, wanted in taken.release.dependencies]
            elif requirement.comparators and not candidates.admits(requirement, taken):
                return None
        wave = needed
    return chosen
