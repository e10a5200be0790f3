"""The log as it is published: records as they were appended, with their places, for the documents of a registry."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from marketplace.index.local import LocalIndex
from marketplace.index.log import check_leaf
from marketplace.model.ids import PackageId
from marketplace.model.release import YankRecord
from marketplace.model.version import Version

_RELEASES = "SELECT seq, version, record, leaf FROM releases JOIN log USING (seq) WHERE id = ? AND seq <= ?"
_ALL = 2**63 - 1

_TREES = (
    "SELECT json_extract(CAST(record AS TEXT), '$.content_id'), json_extract(CAST(record AS TEXT), '$.id'), "
    "json_extract(CAST(record AS TEXT), '$.version') FROM log WHERE seq > ? AND seq <= ? AND kind = 'release'"
)
_TAKEN = (
    "SELECT r.id, r.version, taken_at, json_extract(CAST(record AS TEXT), '$.key') FROM releases r "
    "JOIN log USING (seq) LEFT JOIN quality q ON q.id = r.id AND q.version = r.version WHERE seq > ? AND seq <= ?"
)
_BYTES = (
    "SELECT coalesce(sum(json_extract(CAST(record AS TEXT), '$.size')), 0) FROM releases JOIN log USING (seq) "
    "WHERE id >= ? AND id < ?"
)
_YANKS = (
    "SELECT record FROM log WHERE kind <> 'release' AND json_extract(CAST(record AS TEXT), '$.id') = ? "
    "ORDER BY seq DESC"
)


class Row(NamedTuple):
    """A release as the log has it: its number (from 1), its version, its record."""

    position: int
    version: Version
    record: bytes


def releases_of(index: LocalIndex, id_: PackageId, *, until: int | None = None) -> list[Row]:
    """Return the releases of a package from the highest version to the lowest; none when it is unknown.

    `until` leaves out those beyond that entry of the log.

    Raises:
        IntegrityError: `index-corrupt`, a record is altered.
    """
    found = []
    for position, version, record, leaf in index.rows(_RELEASES, (str(id_), _ALL if until is None else until)):
        check_leaf(position, record, leaf)
        found.append(Row(position, Version.parse(version), record))
    return sorted(found, key=lambda row: row.version.precedence, reverse=True)


def size(index: LocalIndex) -> int:
    """Return the number of entries of the log."""
    return int(index.rows("SELECT coalesce(max(seq), 0) FROM log")[0][0])


def ids_since(index: LocalIndex, after: int) -> list[str]:
    """Return the ids of the packages that entries beyond number `after` are about."""
    rows = index.rows("SELECT json_extract(CAST(record AS TEXT), '$.id') FROM log WHERE seq > ?", (after,))
    return [row[0] for row in rows]


def trees(index: LocalIndex, after: int, until: int) -> list[tuple[str, str, str]]:
    """Return content id, package id and version of the releases among the entries beyond `after` up to `until`."""
    return [(content_id, id_, version) for content_id, id_, version in index.rows(_TREES, (after, until))]


def taken(index: LocalIndex, after: int, until: int) -> list[tuple[str, str, str | None, str]]:
    """Return id, version, time and key of the releases among those entries.

    The time is that of the registry's clock when it took the release, None when it did not note it.
    """
    return [(id_, version, time, key) for id_, version, time, key in index.rows(_TAKEN, (after, until))]


def bytes_in(index: LocalIndex, namespaces: Sequence[str]) -> int:
    """Return the bytes of all releases in these namespaces and below, each release counted once."""
    widest = [name for name in namespaces if not any(name.startswith(f"{other}.") for other in namespaces)]
    return sum(int(index.rows(_BYTES, (f"{name}.", f"{name}/"))[0][0]) for name in widest)  # "/" is what follows "."


def records(index: LocalIndex, first: int, count: int) -> list[bytes]:
    """Return `count` records from entry `first` (from 0, as tiles count) on, as many as there are.

    Raises:
        IntegrityError: `index-corrupt`, a record is altered.
    """
    rows = index.rows(
        "SELECT seq, record, leaf FROM log WHERE seq > ? AND seq <= ? ORDER BY seq", (first, first + count)
    )
    for row in rows:
        check_leaf(*row)
    return [record for _, record, _ in rows]


def last_yank(index: LocalIndex, id_: PackageId, version: Version) -> bytes | None:
    """Return the newest yank or unyank record of a version, None when there is none."""
    for (data,) in index.rows(_YANKS, (str(id_),)):
        if plain(YankRecord.decode(data).version) == plain(version):
            return bytes(data)
    return None


class Yanks:
    """The last word on each version that was ever yanked, kept up with the log."""

    def __init__(self, index: LocalIndex) -> None:
        self._index = index
        self._seen = 0
        self._last: dict[tuple[str, str], YankRecord] = {}

    def now(self) -> Iterator[YankRecord]:
        """Yield the yank of each version that is yanked."""
        self._read()
        return iter([record for record in self._last.values() if record.action == "yank"])

    def of(self, id_: PackageId) -> dict[str, YankRecord]:
        """Return the last yank or unyank of a package's versions, by the version without build metadata."""
        self._read()
        return {version: record for (name, version), record in self._last.items() if name == str(id_)}

    def _read(self) -> None:
        end = size(self._index)
        sql = "SELECT seq, record, leaf FROM log WHERE seq > ? AND seq <= ? AND kind <> 'release' ORDER BY seq"
        for position, data, leaf in self._index.rows(sql, (self._seen, end)):
            check_leaf(position, data, leaf)
            record = YankRecord.decode(data)
            self._last[str(record.id), plain(record.version)] = record
        self._seen = end


def plain(version: Version) -> str:
    """Return a version without its build metadata: yanks hold whatever that is."""
    return str(version).partition("+")[0]
