"""What an index knows of several packages, read in one statement each: for those who list many."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from marketplace.index.local import LocalIndex
from marketplace.index.log import check_leaf
from marketplace.index.schema import lost
from marketplace.index.scores import Score
from marketplace.model.manifest import Manifest
from marketplace.model.package import ListedRelease
from marketplace.model.release import Release
from marketplace.model.tree import digest_of

_LISTED = (
    "SELECT id, seq, record, leaf, yanked FROM releases JOIN log USING (seq) "
    "WHERE id IN (SELECT value FROM json_each(?))"
)
_BETWEEN = "SELECT seq, record, leaf, yanked FROM releases JOIN log USING (seq) WHERE seq > ? AND seq <= ? ORDER BY seq"
_MANIFESTS = "SELECT digest, data FROM manifests WHERE digest IN (SELECT value FROM json_each(?))"
_SCORES = (
    "SELECT id, version, taken_at, payload, score, report FROM quality WHERE id IN (SELECT value FROM json_each(?))"
)
_REQUIRED = (
    "SELECT p.id, json_extract(CAST(record AS TEXT), '$.dependencies') FROM packages p JOIN releases r "
    "ON r.id = p.id AND r.version = json_extract(p.document, '$.version') JOIN log USING (seq) "
    "WHERE ? IS NULL OR p.id IN (SELECT value FROM json_each(?))"
)


class Placed(NamedTuple):
    """A release as it is listed, with its number in the log."""

    position: int
    listed: ListedRelease


def listed(index: LocalIndex, ids: Sequence[str]) -> dict[str, list[Placed]]:
    """Return the releases of packages from the highest version to the lowest; those that are unknown are left out."""
    found: dict[str, list[Placed]] = {}
    for id_, position, record, leaf, yanked in index.rows(_LISTED, (json.dumps(ids),)):
        check_leaf(position, record, leaf)
        found.setdefault(id_, []).append(Placed(position, ListedRelease(Release.decode(record), yanked)))
    for several in found.values():
        several.sort(key=lambda item: item.listed.release.version.precedence, reverse=True)
    return found


def between(index: LocalIndex, after: int, until: int) -> list[Placed]:
    """Return the releases among the entries of the log beyond `after` up to `until`, in their order."""
    found = []
    for position, record, leaf, yanked in index.rows(_BETWEEN, (after, until)):
        check_leaf(position, record, leaf)
        found.append(Placed(position, ListedRelease(Release.decode(record), yanked)))
    return found


def manifests(index: LocalIndex, digests: Sequence[str]) -> dict[str, Manifest]:
    """Return manifests by their digests.

    Raises:
        IntegrityError: `index-corrupt`, one is missing or altered.
    """
    found = dict(index.rows(_MANIFESTS, (json.dumps(digests),)))
    for digest in digests:
        if digest_of(found.get(digest, b"")) != digest:
            raise lost(f"the manifest {digest} is missing or altered")
    return {digest: Manifest.parse(data) for digest, data in found.items()}


def scores(index: LocalIndex, ids: Sequence[str]) -> dict[str, dict[str, Score]]:
    """Return what was measured of the releases of packages, by id and version."""
    found: dict[str, dict[str, Score]] = {}
    for id_, version, *rest in index.rows(_SCORES, (json.dumps(ids),)):
        found.setdefault(id_, {})[version] = Score(*rest)
    return found


def requirements(index: LocalIndex, ids: Iterable[str] | None = None) -> dict[str, Mapping[str, str]]:
    """Return what the newest release of each package (or of those) requires, by id; packages without one are left out.

    The newest is the one that search shows.
    """
    given = None if ids is None else json.dumps(list(ids))
    return {id_: json.loads(needs) for id_, needs in index.rows(_REQUIRED, (given, given))}
