"""The search with backtracking, by resolvelib: imported only when one pass over the closure met a contradiction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, ResolutionTooDeep
from resolvelib.resolvers import Resolution

from marketplace.model.package import ListedRelease
from marketplace.model.requirement import Comparator, Requirement
from marketplace.project.candidates import Candidates, Demand, Impossible, TooDeep

if TYPE_CHECKING:
    from resolvelib.providers import Preference
    from resolvelib.structs import RequirementInformation

MAX_ROUNDS = 20_000
"""Steps of the search before it gives up: a thousand packages take about a thousand."""

MAX_IMPROVEMENTS = 100
"""Searches spent on better versions of what the project itself requires, once some choice is known."""


def best(roots: Sequence[Demand], candidates: Candidates, max_rounds: int = MAX_ROUNDS) -> dict[str, ListedRelease]:
    """Return the choice that is best for the project's own requirements, one after the other by id.

    resolvelib replaces a version that a later demand excludes by the next one that fits, and does not ask whether
    other dependencies would have kept it; so each better version is tried for itself.

    Raises:
        Impossible: there is no choice at all.
        TooDeep: none was found.
    """
    found = search(roots, candidates, max_rounds)
    fixed: list[Demand] = []
    tries = MAX_IMPROVEMENTS
    for root in roots:
        for item in _better(root, found[root.id], candidates):
            tries -= 1
            if tries < 0:
                return found
            try:
                found = search([*roots, *fixed, _exactly(item)], candidates, max_rounds // 10)
                break
            except (Impossible, TooDeep):
                continue
        fixed.append(_exactly(found[root.id]))
    return found


def _better(root: Demand, taken: ListedRelease, candidates: Candidates) -> Iterator[ListedRelease]:
    for item in candidates.of(root.id):
        if item is taken:
            return
        if candidates.admits(root.requirement, item):
            yield item


def _exactly(item: ListedRelease) -> Demand:
    version = item.release.version
    return Demand(item.release.id.text, Requirement(f"={version}", (Comparator("=", version),)))


def search(roots: Sequence[Demand], candidates: Candidates, max_rounds: int = MAX_ROUNDS) -> dict[str, ListedRelease]:
    """Return a choice that satisfies all of `roots` and everything chosen.

    Raises:
        Impossible: there is none.
        TooDeep: none was found within `max_rounds` steps.
    """
    resolution: Resolution[Demand, ListedRelease, str] = Resolution(_Provider(candidates), BaseReporter())
    try:
        pinned = resolution.resolve(roots, max_rounds=max_rounds).mapping
    except ResolutionImpossible as error:
        raise Impossible([cause.requirement for cause in error.causes]) from None
    except ResolutionTooDeep:
        raise TooDeep(max_rounds) from None
    return _reachable(roots, pinned)


def _reachable(roots: Sequence[Demand], pinned: Mapping[str, ListedRelease]) -> dict[str, ListedRelease]:
    """Leave out what only abandoned candidates needed.

    resolvelib 1.2's own `Resolver.resolve` does this too, but recurses without end on some cycles.
    """
    found: dict[str, ListedRelease] = {}
    waiting = [demand.id for demand in roots]
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found[id_] = pinned[id_]
            waiting.extend(needed.text for needed, _ in pinned[id_].release.dependencies)
    return found


class _Provider(AbstractProvider[Demand, ListedRelease, str]):
    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._needed: dict[int, tuple[Demand, ...]] = {}

    def identify(self, requirement_or_candidate: Demand | ListedRelease) -> str:
        if isinstance(requirement_or_candidate, Demand):
            return requirement_or_candidate.id
        return requirement_or_candidate.release.id.text

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, ListedRelease],  # noqa: ARG002 - resolvelib's signature
        candidates: Mapping[str, Iterator[ListedRelease]],  # noqa: ARG002
        information: "Mapping[str, Iterator[RequirementInformation[Demand, ListedRelease]]]",
        backtrack_causes: "Sequence[RequirementInformation[Demand, ListedRelease]]",
    ) -> "Preference":
        """What the project requires first, then what met a contradiction last, then by id."""
        root = any(demand.parent is None for demand in information[identifier])
        troubled = any(identifier == cause.requirement.id for cause in backtrack_causes)
        return (not root, not troubled, identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Demand]],
        incompatibilities: Mapping[str, Iterator[ListedRelease]],
    ) -> list[ListedRelease]:
        wanted = [demand.requirement for demand in requirements[identifier]]
        bad = {item.release.version.text for item in incompatibilities[identifier]}
        admits = self._candidates.admits
        return [
            item
            for item in self._candidates.of(identifier)
            if item.release.version.text not in bad and all(admits(requirement, item) for requirement in wanted)
        ]

    def is_satisfied_by(self, requirement: Demand, candidate: ListedRelease) -> bool:
        return self._candidates.admits(requirement.requirement, candidate)

    def get_dependencies(self, candidate: ListedRelease) -> Iterable[Demand]:
        release = candidate.release
        known = self._needed.get(id(candidate))
        if known is None:
            known = tuple(Demand(id_.text, needed, release) for id_, needed in release.dependencies)
            self._needed[id(candidate)] = known
        return known
