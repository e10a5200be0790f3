"""Laws of the resolver, held against a brute-force oracle on small universes with fixed seeds."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.errors import MarketError
from marketplace.model.ids import PackageId
from marketplace.model.requirement import Requirement
from marketplace.model.version import Version
from marketplace.project.resolver import resolve
from support.market.laws.universe import Choice, Universe, best_of, is_valid, listed, solutions, universes

_settings = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
_FAILURES = {"unsatisfiable", "versions-yanked", "only-prereleases", "dependency-missing"}
Roots = dict[str, str]


def _hold(*inputs: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    def decorate(law: Callable[..., None]) -> Callable[[], None]:
        return _settings(given(universes(), *inputs)(law))

    return decorate


def chosen(universe: Universe, roots: Mapping[str, str], **options: Any) -> dict[str, str]:
    """Resolve and return the version chosen for each id; what resolving raises passes through."""
    wanted = {PackageId.parse(id_): Requirement.parse(text) for id_, text in roots.items()}
    found = resolve(wanted, universe, **options)
    return {str(release.id): str(release.version) for release in found.releases}


def _or_code(universe: Universe, roots: Mapping[str, str], **options: Any) -> dict[str, str] | str:
    try:
        return chosen(universe, roots, **options)
    except MarketError as error:
        return error.code


def locked_by(choice: Choice) -> dict[PackageId, Version]:
    """Return a choice as the resolver takes what is locked."""
    return {PackageId.parse(id_): Version.parse(version) for id_, version in choice.items()}


@_hold()
def found_iff_exists(drawn: tuple[Universe, Roots]) -> None:
    """A choice is found exactly when trying every choice finds one, and otherwise a documented reason is given."""
    universe, roots = drawn
    found = _or_code(universe, roots)
    if solutions(universe, roots):
        assert isinstance(found, dict), found
    else:
        assert found in _FAILURES, found


@_hold()
def valid(drawn: tuple[Universe, Roots]) -> None:
    """What is chosen meets every requirement, and holds nothing that nobody needs and nothing yanked."""
    universe, roots = drawn
    found = _or_code(universe, roots)
    assert isinstance(found, str) or is_valid(universe, roots, found), found


@_hold()
def highest(drawn: tuple[Universe, Roots]) -> None:
    """What the project itself requires gets the highest versions that fit, the first id before the next."""
    universe, roots = drawn
    if choices := solutions(universe, roots):
        found = chosen(universe, roots)
        assert {id_: found[id_] for id_ in roots} == best_of(universe, roots, choices), found


@_hold(st.randoms(use_true_random=False))
def order_free(drawn: tuple[Universe, Roots], random: Random) -> None:
    """The order in which a registry lists and a project requires does not matter, nor how often it is asked."""
    universe, roots = drawn
    first = _or_code(universe, roots)
    assert _or_code(universe, roots) == first
    ids, names = list(universe.packages), list(roots)
    random.shuffle(ids)
    random.shuffle(names)
    shuffled = Universe({id_: random.sample(universe.packages[id_], len(universe.packages[id_])) for id_ in ids})
    assert _or_code(shuffled, {id_: roots[id_] for id_ in names}) == first


@_hold()
def asked_once(drawn: tuple[Universe, Roots]) -> None:
    """Each package is listed at most once, however long the search."""
    universe, roots = drawn
    universe.asked.clear()
    _or_code(universe, roots)
    assert max(universe.asked.values()) == 1, universe.asked


@_hold()
def lock_kept(drawn: tuple[Universe, Roots]) -> None:
    """What is locked stays, when higher versions appear and when all of it is yanked, as long as it fits."""
    universe, roots = drawn
    for choice in solutions(universe, roots)[:3]:
        later = Universe({id_: list(items) for id_, items in universe.packages.items()})
        for id_ in choice:
            later.add(id_, "3.9.9")
            later.packages[id_] = [
                listed(id_, str(item.release.version), _needs(item), "broken") for item in later.packages[id_]
            ]
        assert chosen(later, roots, locked=locked_by(choice)) == choice


def _needs(item: Any) -> dict[str, str]:
    return {str(id_): str(requirement) for id_, requirement in item.release.dependencies}


@_hold()
def ways_out_work(drawn: tuple[Universe, Roots]) -> None:
    """Each change of ggen.toml that an explanation proposes does make the project resolvable."""
    universe, roots = drawn
    try:
        chosen(universe, roots)
        proposed: object = []
    except MarketError as error:
        proposed = error.details.get("works", [])
    assert isinstance(proposed, list)
    for change in proposed:
        changed = {**roots, change["id"]: change["requirement"]}
        assert solutions(universe, changed), change
        chosen(universe, changed)


LAWS: Mapping[str, Callable[[], None]] = {
    str(law.__doc__).strip().rstrip("."): law
    for law in (found_iff_exists, valid, highest, order_free, asked_once, lock_kept, ways_out_work)
}
"""The laws by the sentences that state them, as the feature files write them."""
