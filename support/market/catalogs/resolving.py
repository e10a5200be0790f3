"""What the resolver scenarios write in their tables, and what the resolver answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.errors import MarketError
from marketplace.model.ids import PackageId
from marketplace.model.requirement import Requirement
from marketplace.model.version import Version
from marketplace.project.resolver import Resolution, resolve
from support.market.laws.universe import Universe

PLACES = 6


def pairs(text: str, separator: str = ";") -> dict[str, str]:
    """Read `web.app ^1; web.base *` into id and requirement (or version)."""
    split = (part.strip().partition(" ") for part in text.split(separator) if part.strip())
    return {id_: rest for id_, _, rest in split}


def universe_of(rows: Iterable[Mapping[str, str]]) -> Universe:
    """Build the registry of a table with the columns release, needs and yanked."""
    universe = Universe()
    for row in rows:
        ((id_, version),) = pairs(row["release"]).items()
        universe.add(id_, version, pairs(row["needs"]), row["yanked"] or None)
    return universe


def contested() -> Universe:
    """Return packages each of whose versions claims another of too few places: no choice, found only by trying all."""
    universe = Universe()
    for claimant in range(PLACES + 1):
        for place in range(1, PLACES + 1):
            universe.add(f"claim.c{claimant}", f"{place}.0.0", {f"place.p{place}": f"={claimant}.0.0"})
    for place in range(1, PLACES + 1):
        for claimant in range(PLACES + 1):
            universe.add(f"place.p{place}", f"{claimant}.0.0")
    return universe


@dataclass
class Answer:
    """The resolver's answer: a resolution, or the error that explains why there is none."""

    resolution: Resolution | None = None
    error: MarketError | None = None
    yanked: Mapping[str, str] = field(default_factory=dict)

    def versions(self) -> dict[str, str]:
        """Return the chosen versions; an AssertionError shows why there are none."""
        assert self.resolution is not None, self.error and self.error.to_json()
        return {str(release.id): str(release.version) for release in self.resolution.releases}

    def refusal(self) -> MarketError:
        """Return the error; an AssertionError shows what was chosen instead."""
        assert self.error is not None, self.versions()
        return self.error


def ask(
    universe: Universe, requires: Mapping[str, str], locked: Mapping[str, str] | None = None, **options: Any
) -> Answer:
    """Resolve for a project that requires, and has locked, what is given."""
    wanted = {PackageId.parse(id_): Requirement.parse(text) for id_, text in requires.items()}
    kept = {PackageId.parse(id_): Version.parse(text) for id_, text in (locked or {}).items()}
    try:
        found = resolve(wanted, universe, locked=kept, **options)
    except MarketError as error:
        return Answer(error=error)
    return Answer(found, yanked={str(id_): reason for id_, reason in found.yanked.items()})
