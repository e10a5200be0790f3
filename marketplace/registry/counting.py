"""What a registry of this home counts: searches and installs as they happen, and what they add up to with its log."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.clock import Clock, timestamp
from marketplace.insights.journal import Journal, Record

if TYPE_CHECKING:
    from marketplace.index.local import LocalIndex
    from marketplace.insights.counters import Counters, Published
    from marketplace.model.release import Release

FOLDER = "statistics"
"""The folder, in the registry's, of the journal and the numbers."""

_MOST_ROOTS = 50
"""Packages of a project whose pairs are counted: where everything is, nothing goes with anything in particular."""


class Counting:
    """The statistics of a registry; the journal is for one thread.

    Args:
        root: the registry's folder.
        index: opens its index.
        clock: by which it is told on which day something happened.
        notify: told that something could not be counted.
    """

    def __init__(
        self, root: Path, index: "Callable[[], LocalIndex]", clock: Clock, notify: Callable[[str], None]
    ) -> None:
        self.notify = notify
        self._folder = root / FOLDER
        self._open_index = index
        self._clock = clock
        self.journal = Journal(self._folder)
        self._day = ""
        self._searches: dict[bool, bytes] = {}
        self._begin = self._end = datetime.min.replace(tzinfo=UTC)

    def today(self) -> str:
        """Return the day, in UTC."""
        now = self._clock()
        if not self._begin <= now < self._end:
            self._begin = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            self._end = self._begin + timedelta(days=1)
            self._day = timestamp(now)[:10]
            self._searches.clear()
        return self._day

    @cached_property
    def counters(self) -> "Counters":
        """What adds the records up."""
        from marketplace.insights.counters import Counters

        return Counters(self._folder, IndexSource(self._open_index), self.today)

    def search(self, *, found: bool) -> bytes:
        """Return the record of a search; nothing of its words is in it."""
        day = self.today()
        if found not in self._searches:
            self._searches[found] = Record("s" if found else "m", day).encode()
        return self._searches[found]

    def sent(self, content_ids: "Iterable[str]") -> list[bytes]:
        """Return the records of trees that are sent to somebody."""
        day = self.today()
        return [Record("d", day, content_id).encode() for content_id in content_ids]

    def searched(self, *, found: bool) -> None:
        """Count a search.

        Raises:
            OSError: it was not counted.
        """
        self._append_one(self.search(found=found))

    def count_sent(self, content_id: str) -> None:
        """Count a tree that is sent.

        Raises:
            OSError: it was not counted.
        """
        self._append_one(*self.sent([content_id]))

    def _append_one(self, record: bytes) -> None:
        self.journal.append([record])
        if self.journal.is_full:
            self.counters.add_up()

    def installed(self, releases: "Iterable[Release]", roots: "Mapping[str, bool]") -> None:
        """Count installs, each of them a download too, and add up: who searches next sees them.

        `roots` are what the project requires itself, and whether that is new to it.

        Raises:
            OSError: not all of them were counted.
            MarketError: as `Counters.add_up`.
        """
        day = self.today()
        records = [Record("i", day, f"{release.id} {release.version}").encode() for release in releases]
        records += [Record("t", day, what).encode() for what in _chosen(roots)]
        if self.journal.append(records) < len(records):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.counters.add_up()


def _chosen(roots: "Mapping[str, bool]") -> Iterator[str]:
    """Yield each package that is new to a project, and each pair with one that is."""
    if len(roots) <= _MOST_ROOTS:
        yield from (one for one, is_new in roots.items() if is_new)
        yield from (f"{one} {other}" for one, other in combinations(sorted(roots), 2) if roots[one] or roots[other])


class IndexSource:
    """A local index as a `Source` of the counters. The trees of releases are remembered, as far as they were asked."""

    def __init__(self, index: "Callable[[], LocalIndex]") -> None:
        self._index = index
        self._seen = 0
        self._releases: dict[bytes, str] = {}

    def history(self) -> str:
        """Return the identity of the index's history."""
        return self._index().fingerprint()

    def size(self) -> int:
        """Return the number of entries of the log."""
        from marketplace.index import published

        return published.size(self._index())

    def published(self, after: int, until: int) -> "Iterable[Published]":
        """Yield the releases among these entries of the log, with the day by the registry's clock."""
        from marketplace.index import published
        from marketplace.insights.counters import BEFORE, Published

        for id_, version, taken_at, key in published.taken(self._index(), after, until):
            yield Published(id_, version, taken_at[:10] if taken_at else BEFORE, key)

    def releases_of(self, content_ids: "Iterable[str]") -> "Mapping[str, tuple[str, str]]":
        """Return id and version of each tree that a release has."""
        from marketplace.index import published

        end = self.size()
        if end < self._seen:  # another index was put in its place
            self._seen = 0
            self._releases.clear()
        for content_id, id_, version in published.trees(self._index(), self._seen, end):
            self._releases[_key(content_id)] = f"{id_} {version}"
        self._seen = end
        found = {content_id: self._releases.get(_key(content_id), "").split(" ") for content_id in content_ids}
        return {content_id: (names[0], names[1]) for content_id, names in found.items() if len(names) == 2}

    def downloads(self) -> "Mapping[str, int]":
        """Return the downloads of each package that the index knows."""
        return dict(self._index().rows("SELECT id, count FROM downloads WHERE count > 0"))

    def set_downloads(self, counts: "Callable[[], Mapping[str, int]]") -> None:
        """Take over the downloads of packages."""
        self._index().set_downloads(counts)


def _key(content_id: str) -> bytes:
    """Return half of a digest, which tells trees apart and takes little memory."""
    return bytes.fromhex(content_id[7:39])
