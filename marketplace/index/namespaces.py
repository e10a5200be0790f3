"""What is published in a namespace: a part of the sorted ids, so that nothing else is read."""

from collections.abc import Collection
from typing import NamedTuple

from marketplace.index.local import LocalIndex

_PACKAGES = (
    "SELECT id FROM packages WHERE id >= ?1 AND id < ?2 AND instr(substr(id, ?3), '.') = 0"
    " ORDER BY id LIMIT ?4 OFFSET ?5"
)
"""What is in the namespace itself: nothing but a name comes behind it."""

_COUNTS = (
    "SELECT (SELECT count(*) FROM packages WHERE id >= ?1 AND id < ?2 AND instr(substr(id, ?3), '.') = 0),"
    " (SELECT count(*) FROM releases WHERE id >= ?1 AND id < ?2 AND instr(substr(id, ?3), '.') = 0),"
    " (SELECT coalesce(sum(count), 0) FROM downloads WHERE id >= ?1 AND id < ?2 AND instr(substr(id, ?3), '.') = 0)"
)
_BELOW = (
    "SELECT DISTINCT substr(rest, 1, instr(rest, '.') - 1) FROM (SELECT substr(id, ?3) AS rest FROM packages"
    " WHERE id >= ?1 AND id < ?2) WHERE instr(rest, '.') > 0 ORDER BY 1 LIMIT ?4"
)
_SIGNERS = (
    "SELECT key, count(*), min(at), max(at) FROM (SELECT seq, json_extract(CAST(record AS TEXT), '$.key') AS key,"
    " json_extract(CAST(record AS TEXT), '$.published_at') AS at FROM releases JOIN log USING (seq)"
    " WHERE id >= ?1 AND id < ?2 AND instr(substr(id, ?3), '.') = 0) GROUP BY key ORDER BY max(seq) DESC"
)


class Counts(NamedTuple):
    """How much there is in a namespace, not counting the namespaces below it."""

    packages: int
    releases: int
    downloads: int


class Signer(NamedTuple):
    """A key that signed releases: how many, and when the first and the last of them say that they were published."""

    key: str
    releases: int
    first: str
    last: str


def _part(namespace: str) -> tuple[str, str, int]:
    """Return where the ids below a namespace begin and end, and the place at which the rest of each begins."""
    return f"{namespace}.", f"{namespace}/", len(namespace) + 2  # '/' is the character behind '.'


def counts(index: LocalIndex, namespace: str) -> Counts:
    """Return how much there is in a namespace."""
    return Counts(*index.rows(_COUNTS, _part(namespace))[0])


def packages(index: LocalIndex, namespace: str, *, limit: int, offset: int = 0) -> list[str]:
    """Return the ids in a namespace, sorted."""
    return [row[0] for row in index.rows(_PACKAGES, (*_part(namespace), limit, offset))]


def below(index: LocalIndex, namespace: str, limit: int) -> list[str]:
    """Return the next segments of the namespaces below one, sorted."""
    return [row[0] for row in index.rows(_BELOW, (*_part(namespace), limit))]


def signers(index: LocalIndex, namespace: str) -> list[Signer]:
    """Return the keys that signed what is in a namespace, the one that signed last first."""
    return [Signer(*row) for row in index.rows(_SIGNERS, _part(namespace))]


def populated(index: LocalIndex, namespaces: Collection[str]) -> list[str]:
    """Return those of `namespaces` in which there is a package, sorted."""
    return [name for name in sorted(namespaces) if packages(index, name, limit=1)]
