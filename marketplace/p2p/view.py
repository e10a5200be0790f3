"""What a node shows of the logs it knows: a function of the entries and of the trust decisions of this home alone.

Nothing depends on which entry came first, so nodes with the same entries and pins show the same packages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from marketplace.model.release import LogRecord, Release, YankRecord

Place = tuple[str, str]
"""A package id and a version without build metadata: what may be published once."""


class Trust(Protocol):
    """The trust decisions that a view needs; `marketplace.security.trust.TrustStore` has them."""

    def keys_of(self, namespace: str) -> tuple[str, ...]:
        """Return the keys trusted for a namespace, the pinned one first; none when nothing is pinned."""

    def revoked(self) -> Mapping[str, str]:
        """Return the revoked keys with the reasons."""


@dataclass(slots=True)
class View:
    """What is shown of one namespace.

    Attributes:
        releases: the releases shown.
        yanks: the record that decides, for releases about which there is one.
        contested: the keys that claim the namespace while none of them is pinned here; nothing is shown then.
        quarantined: the releases that their author signed for one place, two or more to each; none is shown.
    """

    releases: dict[Place, Release] = field(default_factory=dict)
    yanks: dict[Place, YankRecord] = field(default_factory=dict)
    contested: tuple[str, ...] = ()
    quarantined: dict[Place, tuple[Release, ...]] = field(default_factory=dict)


def place(record: LogRecord) -> Place:
    """Return the id and version that a record is about."""
    return str(record.id), str(record.version).partition("+")[0]


def view_of(namespace: str, records: Sequence[LogRecord], trust: Trust) -> View:
    """Return what is shown of a namespace, of all records about it that are in a log.

    Without a pin a namespace belongs to the only key that claims it. When several do, a first user could be led to any
    of them, so none is shown until the user has pinned one.
    """
    revoked, trusted = trust.revoked(), trust.keys_of(namespace)
    valid = [record for record in records if record.key not in revoked and (not trusted or record.key in trusted)]
    releases = [record for record in valid if isinstance(record, Release)]
    claimants = tuple(sorted({release.key for release in releases}))
    if not trusted and len(claimants) > 1:
        return View(contested=claimants)
    found = View()
    for where, several in _by_place(releases).items():
        if len(several) == 1:
            found.releases[where] = several[0]
        else:
            found.quarantined[where] = several
    yanks = (record for record in valid if isinstance(record, YankRecord))
    for yank in sorted(yanks, key=lambda record: (record.at, record.key)):
        shown = found.releases.get(place(yank))
        if shown and yank.key in (shown.key, *trusted):
            found.yanks[place(yank)] = yank
    return found


def _by_place(releases: Iterable[Release]) -> dict[Place, tuple[Release, ...]]:
    """Group releases; the same one, published again, counts once."""
    found: dict[Place, list[Release]] = {}
    for release in releases:
        found.setdefault(place(release), []).append(release)
    return {where: _distinct(several) if several[1:] else (several[0],) for where, several in found.items()}


def _distinct(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Return the releases that differ. Their statements are made for this alone: most places have one release."""
    by_statement = {release.statement(): release for release in releases}
    return tuple(by_statement[key] for key in sorted(by_statement))


def namespaces(records: Iterable[LogRecord]) -> dict[str, list[LogRecord]]:
    """Group records by the namespace of their package."""
    found: dict[str, list[LogRecord]] = {}
    for record in records:
        found.setdefault(record.id.namespace, []).append(record)
    return found
