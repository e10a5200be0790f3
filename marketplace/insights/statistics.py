"""Statistics as they are told: numbers for each day (UTC), of a package or of a registry as a whole."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marketplace.errors import IntegrityError

OF_PACKAGES = ("downloads", "installs", "versions", "publishers")
OF_REGISTRIES = (*OF_PACKAGES, "searches", "misses")
"""What is counted: of a package, and of a registry."""

MAX_DAYS = 366
"""Most days that are told at once."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST_VERSIONS = 100_000
_MOST = 2**53


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
            versions = {_text(item["version"]): _counts(item, ("downloads", "installs")) for item in told}
            return cls(id_, _day(fields["since"]), days, _counts(fields["totals"], names), versions)
        except (KeyError, TypeError, ValueError) as error:
            message = f"the registry's statistics are malformed: {str(error)[:200]}"
            raise IntegrityError("document-malformed", message) from error


def last_days(today: str, count: int) -> list[str]:
    """Return the `count` days that end with `today`."""
    end = date.fromisoformat(today)
    return [(end - timedelta(days=back)).isoformat() for back in range(count - 1, -1, -1)]


def _day(value: Any) -> str:
    text = _text(value)
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no day")
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 250:
        raise ValueError(f"{str(value)[:40]!r} is no short text")
    return value


def _counts(found: Any, names: Sequence[str]) -> dict[str, int]:
    counts = {name: found[name] for name in names}
    if not all(type(count) is int and 0 <= count <= _MOST for count in counts.values()):
        raise ValueError("a number of things is none")
    return counts
