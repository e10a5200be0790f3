"""Publisher logs: what is known of every publisher, the same on every node whatever the order in which it came.

Per author there is the longest chain of entries, and perhaps a fork: two signed entries with one number. A fork is the
author's lie, so the chain ends before it; of several forks the earliest counts, and at one number the two entries with
the smallest hashes. So what a node knows depends only on the set of entries it has seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from marketplace.model.entry import START, Entry


class Offered(Enum):
    """What became of an entry that was offered."""

    ADDED = "added"
    KNOWN = "known"
    GAP = "gap"
    """Entries before it are not known yet."""
    FORK = "fork"
    """It proves that its author signed two entries with one number; neither counts."""


class Head(NamedTuple):
    """The state of one log: its length, the hash of its last entry, and of the two entries of its fork, if any."""

    length: int
    hash: str
    fork: tuple[str, ...] = ()


Summary = Mapping[str, Head]
"""The state of all logs, by author."""


@dataclass(slots=True)
class Log:
    """One author's chain, and the fork after which nothing counts."""

    entries: list[Entry] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    fork: tuple[Entry, ...] = ()

    @property
    def head(self) -> Head:
        """The state of the log."""
        return Head(len(self.entries), self.hashes[-1] if self.hashes else START, tuple(e.hash for e in self.fork))


class PublisherLogs:
    """All logs in memory, of entries whose signatures the caller has verified."""

    def __init__(self, entries: Iterable[Entry] = (), forks: Iterable[Entry] = ()) -> None:
        self._logs: dict[str, Log] = {}
        for entry in (*entries, *forks):
            self.offer(entry)

    def offer(self, entry: Entry) -> Offered:
        """Take an entry in, if there is a place for it."""
        log = self._logs.get(entry.author) or Log()
        outcome = _offer(log, entry)
        if outcome in (Offered.ADDED, Offered.FORK):
            self._logs[entry.author] = log
        return outcome

    def head(self, author: str) -> Head:
        """Return the state of an author's log."""
        return self._logs.get(author, Log()).head

    def hash_at(self, author: str, length: int) -> str | None:
        """Return the hash of the last entry when the log had `length` entries; None when it never had so many."""
        hashes = self._logs.get(author, Log()).hashes
        if length > len(hashes):
            return None
        return hashes[length - 1] if length else START

    def summary(self) -> dict[str, Head]:
        """Return the state of all logs."""
        return {author: log.head for author, log in sorted(self._logs.items())}

    def since(self, author: str, length: int) -> Iterator[Entry]:
        """Yield what somebody lacks whose log of `author` has `length` entries: the rest of it, then the fork."""
        log = self._logs.get(author, Log())
        yield from log.entries[length:]
        yield from log.fork

    def entries(self) -> Iterator[Entry]:
        """Yield the entries that count, author by author."""
        for _, log in sorted(self._logs.items()):
            yield from log.entries

    def forks(self) -> Mapping[str, tuple[Entry, ...]]:
        """Return the proofs: by author, the two entries that it signed with one number."""
        return {author: log.fork for author, log in sorted(self._logs.items()) if log.fork}

    def __len__(self) -> int:
        return sum(len(log.entries) for log in self._logs.values())


def _offer(log: Log, entry: Entry) -> Offered:
    if log.fork and entry.seq >= log.fork[0].seq:
        return _widen(log, entry)
    if entry.seq <= len(log.entries):
        known = log.hashes[entry.seq - 1]
        return Offered.KNOWN if entry.hash == known else _cut(log, log.entries[entry.seq - 1], entry)
    if entry.seq > len(log.entries) + 1:
        return Offered.GAP
    if entry.previous != log.head.hash:
        # It continues another chain than ours: the entry before it, which we will be told, is the fork.
        return Offered.GAP
    log.entries.append(entry)
    log.hashes.append(entry.hash)
    return Offered.ADDED


def _widen(log: Log, entry: Entry) -> Offered:
    """Take another entry with the fork's number; the two with the smallest hashes are the proof."""
    if entry.seq > log.fork[0].seq:
        return Offered.KNOWN
    proof = _smallest(*log.fork, entry)
    changed = proof != log.fork
    log.fork = proof
    return Offered.FORK if changed else Offered.KNOWN


def _cut(log: Log, known: Entry, other: Entry) -> Offered:
    log.fork = _smallest(known, other)
    del log.entries[known.seq - 1 :]
    del log.hashes[known.seq - 1 :]
    return Offered.FORK


def _smallest(*entries: Entry) -> tuple[Entry, ...]:
    by_hash = {entry.hash: entry for entry in reversed(entries)}
    return tuple(by_hash[key] for key in sorted(by_hash)[:2])
