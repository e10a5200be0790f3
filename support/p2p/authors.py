"""Publishers made from a seed, and logs of theirs: honest ones, forked ones, and the entries of both in any order."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from marketplace.model.entry import START, Entry
from marketplace.model.ids import PackageId
from marketplace.model.release import LogRecord, Release, YankRecord
from marketplace.model.tree import digest_of
from marketplace.model.version import Version
from marketplace.p2p import sync
from marketplace.p2p.logs import Offered, PublisherLogs
from marketplace.security.keys import Signer

AT = "2026-01-01T00:00:00Z"


@dataclass
class Author:
    """A publisher with the entries that it has made so far."""

    name: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def signer(self) -> Signer:
        """The publisher's key, given by the name."""
        return Signer.from_seed(self.name, hashlib.sha256(self.name.encode()).digest())

    @property
    def key(self) -> str:
        """The public key."""
        return self.signer.public

    def release(self, id_: str, version: str, content: str = "") -> Release:
        """Return a signed release."""
        text = content or f"{id_} {version}"
        release = Release(
            PackageId.parse(id_), Version.parse(version), digest_of(text.encode()), len(text), 1, (),
            digest_of(manifest(id_, version)), AT, self.key,
        )  # fmt: skip
        return release.signed(self.signer.sign(release.statement()))

    def yank(self, id_: str, version: str, action: str = "yank", at: str = AT) -> YankRecord:
        """Return a signed yank, or what takes it back."""
        record = YankRecord(
            "yank" if action == "yank" else "unyank",
            PackageId.parse(id_),
            Version.parse(version),
            "a hole",
            at,
            self.key,
        )
        return record.signed(self.signer.sign(record.statement()))

    def append(self, record: LogRecord) -> Entry:
        """Append a record to the log."""
        entry = self.entry(record, len(self.entries) + 1, self.entries[-1].hash if self.entries else START)
        self.entries.append(entry)
        return entry

    def entry(self, record: LogRecord, seq: int, previous: str) -> Entry:
        """Return a signed entry of our choice."""
        return Entry(self.key, seq, previous, record).signed(self.signer.sign)

    def fork(self, seq: int, id_: str) -> Entry:
        """Return another entry with the number of one that there is."""
        return self.entry(self.release(id_, f"{seq}.0.0", "other"), seq, self.entries[seq - 1].previous)

    def branch(self, seq: int, count: int, id_: str) -> list[Entry]:
        """Return another chain that leaves the log before a number and goes on."""
        found = [self.fork(seq, id_)]
        for number in range(seq + 1, seq + count):
            found.append(self.entry(self.release(id_, f"{number}.0.0", "other"), number, found[-1].hash))
        return found


def manifest(id_: str, version: str) -> bytes:
    """Return the manifest of a package without anything."""
    return f'[package]\nid = "{id_}"\nversion = "{version}"\ndescription = "x"\nlicense = "MIT"\n'.encode()


def author(name: str, count: int) -> Author:
    """Return a publisher with a log of releases of `io.<name>.web`."""
    found = Author(name)
    for number in range(1, count + 1):
        found.append(found.release(f"io.{name}.web", f"{number}.0.0"))
    return found


def take(logs: PublisherLogs, entries: Iterable[Entry]) -> list[Offered]:
    """Offer entries, and those that found a gap again, until nothing changes; return what became of each at last."""
    offered = list(entries)
    while True:
        outcomes = [logs.offer(entry) for entry in offered]
        if not {Offered.ADDED, Offered.FORK} & set(outcomes):
            return outcomes


def exchange(caller: PublisherLogs, server: PublisherLogs, *, push: bool = True) -> int:
    """Let two nodes sync as `marketplace.p2p.syncing` does, without a network; return how many entries travelled.

    Without `push` the caller only gets.
    """
    travelled = 0
    theirs = sync.from_json(sync.to_json(server.summary()))
    if sync.digest(caller.summary()) == sync.digest(server.summary()):
        return 0
    wanted, asked = sync.lacking(caller, theirs), set[str]()
    while wanted:
        asked |= {key for key, after in wanted.items() if after == 0}
        entries = [entry for key, after in wanted.items() for entry in server.since(key, after)]
        outcomes = [(entry.author, caller.offer(entry)) for entry in _travel(entries)]
        travelled += len(entries)
        wanted = dict.fromkeys({key for key, outcome in outcomes if outcome is Offered.GAP} - asked, 0)
    offered = list(sync.offering(caller, theirs)) if push else []
    for entry in _travel(offered):
        server.offer(entry)
    return travelled + len(offered)


def _travel(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries as they are after encoding and decoding, in batches."""
    return [Entry.decode(data) for batch in sync.batches(entries) for data in batch]
