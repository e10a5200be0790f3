"""Statistics as they are told: numbers for each day (UTC), of a package or of a registry as a whole."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marketplace.errors import IntegrityError
from marketplace.protocol.strict import text, whole

OF_PACKAGES = ("downloads", "installs", "versions", "publishers")
OF_REGISTRIES = (*OF_PACKAGES, "searches", "misses")
"""What is counted: of a package, and of a registry."""

MAX_DAYS = 366
"""Most days that are told at once."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST_VERSIONS = 100_000
_LONGEST = 250
"""Characters of a version."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was counted.

    Attributes:
        id: the package, None for the registry as a whole.
        since: the first day on which this registry counted; what was counted before is in the totals alone.
        days: the numbers of each day, the last one last; `publishers` are those who published on that day.
        totals: the numbers of all time; `publishers` are all who ever published.
        versions: downloads and installs of each version of a package since the first day.
    """

    id: str | None
    since: str
    days: Mapping[str, Mapping[str, int]]
    totals: Mapping[str, int]
    versions: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, object]:
        """Return what `stats --json` and the interface tell."""
        versions = {"versions": [{"version": name, **counts} for name, counts in self.versions.items()]}
        return {
            "id": self.id,
            "since": self.since,
            "totals": dict(self.totals),
            "days": [{"day": day, **counts} for day, counts in self.days.items()],
            **(versions if self.id else {}),
        }

    @classmethod
    def of_json(cls, fields: Mapping[str, Any], id_: str | None) -> "Statistics":
        """Read what a registry tells of `id_`.

        Raises:
            IntegrityError: `document-malformed`.
        """
        try:
            if fields["id"] != id_:
                raise ValueError("they are about something else")
            names = OF_PACKAGES if id_ else OF_REGISTRIES
            days = {_day(item["day"]): _counts(item, names) for item in fields["days"][: MAX_DAYS + 1]}
            told = fields["versions"][:_MOST_VERSIONS] if id_ else ()
            versions = {text(item["version"], _LONGEST): _counts(item, ("downloads", "installs")) for item in told}
            return cls(id_, _day(fields["since"]), days, _counts(fields["totals"], names), versions)
        except (KeyError, TypeError, ValueError) as error:
            message = f"the registry's statistics are malformed: {str(error)[:200]}"
            raise IntegrityError("document-malformed", message) from error


def last_days(today: str, count: int) -> list[str]:
    """Return the `count` days that end with `today`."""
    end = date.fromisoformat(today)
    return [(end - timedelta(days=back)).isoformat() for back in range(count - 1, -1, -1)]


def _day(value: object) -> str:
    day = text(value, _LONGEST)
    if not _DAY.fullmatch(day):
        raise ValueError(f"{day[:40]!r} is no day")
    return day


def _counts(found: Mapping[str, object], names: Sequence[str]) -> dict[str, int]:
    return {name: whole(found[name]) for name in names}
