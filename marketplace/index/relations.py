"""Which package requires which, as those releases say that search shows; a bounded number of reads for any question."""

import json
from collections.abc import Collection, Iterable, Mapping

from marketplace.index.local import LocalIndex

_MOST = "SELECT dependent FROM requires WHERE dependency = ? ORDER BY dependent LIMIT ? OFFSET ?"
_NEWEST = (
    "SELECT dependency, dependent FROM (SELECT dependency, dependent, row_number() OVER (PARTITION BY dependency"
    " ORDER BY revision DESC) AS place FROM requires JOIN packages ON id = dependent"
    " WHERE dependency IN (SELECT value FROM json_each(?))) WHERE place <= ? ORDER BY dependency, place"
)
_REQUIRED_BY = (
    "SELECT dependency, count(*) FROM requires WHERE dependency IN (SELECT value FROM json_each(?)) GROUP BY 1"
)
_DEPENDENCIES = (
    "SELECT dependent, dependency FROM requires WHERE dependent IN (SELECT value FROM json_each(?)) ORDER BY 1, 2"
)


def dependents(index: LocalIndex, id_: str, *, limit: int, offset: int = 0) -> list[str]:
    """Return the packages that require one, sorted."""
    return [row[0] for row in index.rows(_MOST, (id_, limit, offset))]


def changed_dependents(index: LocalIndex, ids: Collection[str], limit: int) -> Mapping[str, list[str]]:
    """Return up to `limit` packages that require each of `ids`, those first that changed (or were downloaded) last.

    Those that none requires are left out.
    """
    return _grouped(index.rows(_NEWEST, (json.dumps(sorted(ids)), limit)))


def required_by(index: LocalIndex, ids: Collection[str]) -> Mapping[str, int]:
    """Return how many packages require each of `ids`; those that none requires are left out."""
    return dict(index.rows(_REQUIRED_BY, (json.dumps(sorted(ids)),)))


def dependencies(index: LocalIndex, ids: Collection[str]) -> Mapping[str, list[str]]:
    """Return what each of `ids` requires, sorted; those that require nothing are left out."""
    return _grouped(index.rows(_DEPENDENCIES, (json.dumps(sorted(ids)),)))


def _grouped(rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one, other in rows:
        found.setdefault(one, []).append(other)
    return found
