"""Which package requires which, as those releases say that search shows; a bounded number of reads for any question."""

import json
from collections.abc import Collection, Mapping

from marketplace.index.local import LocalIndex

_MOST = "SELECT dependent FROM requires WHERE dependency = ? ORDER BY dependent LIMIT ? OFFSET ?"
_NEWEST = (
    "SELECT dependent FROM requires JOIN packages ON id = dependent WHERE dependency = ? ORDER BY revision DESC LIMIT ?"
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


def changed_dependents(index: LocalIndex, id_: str, limit: int) -> list[str]:
    """Return the packages that require one, those first that changed (or were downloaded) last."""
    return [row[0] for row in index.rows(_NEWEST, (id_, limit))]


def required_by(index: LocalIndex, ids: Collection[str]) -> Mapping[str, int]:
    """Return how many packages require each of `ids`; those that none requires are left out."""
    return dict(index.rows(_REQUIRED_BY, (json.dumps(sorted(ids)),)))


def dependencies(index: LocalIndex, ids: Collection[str]) -> Mapping[str, list[str]]:
    """Return what each of `ids` requires, sorted; those that require nothing are left out."""
    found: dict[str, list[str]] = {}
    for dependent, dependency in index.rows(_DEPENDENCIES, (json.dumps(sorted(ids)),)):
        found.setdefault(dependent, []).append(dependency)
    return found
