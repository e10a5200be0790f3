"""What a home has counted, compared with what was done in it; and whoever adds it up is cut off."""

import fcntl
import getpass
import os
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from marketplace.errors import IntegrityError
from marketplace.insights.counters import FILE, Counters
from marketplace.insights.journal import Journal, Record, segments
from marketplace.insights.statistics import Statistics
from marketplace.model.ids import PackageId
from marketplace.registry.counting import FOLDER, IndexSource
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchQuery
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from support.cleanroom.deadline import Deadline
from support.market.packages import local_registry
from support.market.quality_packages import careful, write
from support.market.signing import code_of, signer_of
from support.market.world import World

TODAY = "2026-01-01"


def folder_of(world: World) -> Path:
    """Return the folder of the home's statistics."""
    return world.home / "registry" / FOLDER


def check_table(told: Mapping[str, Any], rows: Iterable[Mapping[str, str]]) -> None:
    """Compare the JSON of `stats` with a table of days and a last row `total`."""
    *days, total = [
        {name: value if name == "day" else int(value) for name, value in zip(row.headings, row.cells, strict=True)}  # type: ignore[attr-defined]
        for row in rows
    ]
    total.pop("day")
    assert told["days"] == days, told["days"]
    assert told["totals"] == total, told["totals"]


def totals(world: World) -> Mapping[str, int]:
    """Return the totals that the command tells."""
    found: Mapping[str, int] = world.run("ggen market stats --days 1 --json").json()["totals"]
    return found


def check_totals(world: World, searches: int, downloads: int) -> None:
    """Check the numbers of searches and downloads, exactly."""
    found = totals(world)
    assert (found["searches"], found["downloads"]) == (searches, downloads), found


def until_counted(world: World, searches: int) -> None:
    """Wait until so many searches are counted."""
    assert Deadline.after(60).poll(lambda: totals(world)["searches"] >= searches), totals(world)


class Shop:
    """A registry with a clock of its own, and what is done there."""

    def __init__(self, world: World, moment: str) -> None:
        self._world = world
        self.now = datetime.fromisoformat(moment)
        self.registry = LocalRegistry(
            world.root / "shop", trust=lambda: TrustStore(world.root / "shop.json"), clock=lambda: self.now
        )
        world.defer(self.registry.index.close)
        self._made = 0

    def search(self, moment: str) -> None:
        """Search at that time."""
        self.now = datetime.fromisoformat(moment)
        self.registry.search(SearchQuery("anything"))

    def publish(self, id_: str, by: str, times: int) -> None:
        """Publish new versions."""
        for _ in range(times):
            self._made += 1
            version = f"1.{self._made}.0"
            folder = self._world.root / "packages" / id_ / version
            write(folder, careful(id_, version))
            source = FolderSource.read(folder)
            self.registry.publish(source, build_release(source, signer_of(by), self.now))

    def told(self, days: int = 2) -> Statistics:
        """Return what was counted on the last days."""
        return self.registry.statistics(None, days)


def damage(world: World) -> None:
    """Overwrite the beginning of the file of the numbers."""
    path = folder_of(world) / FILE
    with path.open("r+b") as file:
        file.write(b"nothing that SQLite knows" * 10)
    for name in (f"{FILE}-wal", f"{FILE}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def count_as_before(world: World, id_: str, count: int) -> None:
    """Write downloads into the index as an earlier version did, which knew of no statistics."""
    assert not folder_of(world).exists(), "something was counted already"
    with closing(sqlite3.connect(world.home / "registry" / "index.sqlite")) as db, db:
        db.execute("INSERT INTO downloads VALUES (?, ?)", (id_, count))


def check_tells_nothing(world: World, word: str) -> None:
    """Check that no file of the statistics holds what could tell of whom they are."""
    data = b"".join(path.read_bytes() for path in folder_of(world).rglob("*") if path.is_file())
    names = (word, word.lower(), getpass.getuser(), platform.node(), str(world.project), world.root.name)
    found = [name for name in names if name.encode() in data]
    assert data and not found, found


# --- adding up -------------------------------------------------------------------------------------------------------


class _CutOffError(BaseException):
    """Stands for the end of a process: nothing of the product's catches it."""


class _CuttingSource(IndexSource):
    """An index whose reader is cut off when it asks for the releases, or before or after it tells of downloads."""

    where = ""

    def size(self) -> int:
        if self.where == "before the numbers are written":
            raise _CutOffError
        return super().size()

    def set_downloads(self, counts: Any) -> None:
        if self.where == "after the index was told":
            super().set_downloads(counts)
        raise _CutOffError


def install_unadded(world: World, count: int) -> None:
    """Count installs in the journal alone."""
    registry = local_registry(world.home)
    release = registry.list_versions(PackageId("io.ggen.rust.axum"))[0].release
    record = Record("i", TODAY, f"{release.id} {release.version}").encode()
    registry.counting.journal.append([record] * count)
    registry.index.close()


def cut_off(world: World, where: str) -> None:
    """Add up until there."""
    registry = local_registry(world.home)
    source = _CuttingSource(lambda: registry.index)
    source.where = where
    counters = Counters(folder_of(world), source, lambda: TODAY)
    with suppress(_CutOffError):
        counters.add_up()
        raise AssertionError(f"nothing was cut off {where}")
    registry.index.close()


def torn_journal(world: World) -> int:
    """Write a journal with records cut at every place, and whole ones between them; return how many these are."""
    folder = folder_of(world)
    folder.mkdir(parents=True, exist_ok=True)
    whole = Record("i", TODAY, "io.ggen.rust.axum 0.1.0").encode()
    cuts = [whole[:end] for end in range(len(whole) - 1)]
    (folder / "torn.journal").write_bytes(b"".join(cut + whole for cut in cuts))
    return len(cuts)


def write_sent(world: World, id_: str, present: int, absent: int) -> None:
    """Write the records of trees that were sent: a release's so often, and so many that no release has."""
    registry = local_registry(world.home)
    tree = registry.list_versions(PackageId(id_))[0].release.content_id
    trees = [tree] * present + [f"sha256:{number:064x}" for number in range(absent)]
    registry.counting.journal.append([Record("d", TODAY, sent).encode() for sent in trees])
    registry.index.close()


class BeingRemoved:
    """A journal of two files, each of which somebody holds alone, as who removes one does for a moment."""

    def __init__(self, world: World) -> None:
        folder = folder_of(world)
        folder.mkdir(parents=True)
        self._paths = [folder / f"{name.hex()}.journal" for name in (b"an older", b"next one")]
        self._held = [os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for path in self._paths]
        for number in self._held:
            fcntl.flock(number, fcntl.LOCK_EX)
            world.defer(partial(os.close, number))
        self._journal = Journal(folder, draw=lambda _count: b"next one")
        world.defer(self._journal.close)

    def check(self) -> None:
        """Check that nothing is written as long as both are held, and that it is when one is not."""
        record = Record("s", TODAY).encode()
        try:
            written = self._journal.append([record])
        except BlockingIOError:
            written = 0
        assert not written and not any(path.stat().st_size for path in self._paths)
        fcntl.flock(self._held[0], fcntl.LOCK_UN)
        assert self._journal.append([record]) == 1 and self._paths[0].read_bytes() == record


def search_long(world: World, count: int, writers: int) -> int:
    """Let writers count searches in turn, and add up seventeen times meanwhile; return how many files there were."""
    registry = local_registry(world.home)
    journals = [Journal(folder_of(world)) for _ in range(writers)]
    seen: set[Path] = set()
    for number in range(count):
        journals[number % writers].append([Record("s", TODAY).encode()])
        if number % (count // 17) == 0:
            registry.counting.counters.add_up()
            seen |= set(segments(folder_of(world)))
    for journal in journals:
        journal.close()
    registry.counting.counters.add_up()
    registry.index.close()
    return len(seen)


def journal_files(world: World) -> list[Path]:
    """Return the files of the home's journal."""
    return segments(folder_of(world))


# --- what others tell ------------------------------------------------------------------------------------------------

_TOLD: Mapping[str, Any] = {
    "id": "io.acme.web", "since": TODAY,
    "totals": {"downloads": 1, "installs": 0, "versions": 1, "publishers": 1},
    "days": [{"day": TODAY, "downloads": 1, "installs": 0, "versions": 1, "publishers": 1}],
    "versions": [{"version": "1.0.0", "downloads": 1, "installs": 0}],
}  # fmt: skip
_SPOILED: Mapping[str, Mapping[str, Any]] = {
    "are about another package": {"id": "io.acme.other"},
    "have a negative number": {"totals": {**_TOLD["totals"], "downloads": -1}},
    "have a number that is a text": {"versions": [{"version": "1.0.0", "downloads": "1", "installs": 0}]},
    "have a day that is none": {"since": "yesterday"},
    "lack the totals": {"totals": None},
    "have no list of days": {"days": 7},
}


def refusal_of(what: str) -> str:
    """Return the code with which spoiled statistics are refused; the sound ones must be read back as they are."""
    assert Statistics.of_json(_TOLD, "io.acme.web").to_json() == _TOLD
    spoiled = {**_TOLD, **_SPOILED[what]}
    error = code_of(lambda: Statistics.of_json(spoiled, "io.acme.web"))
    assert isinstance(error, IntegrityError), error
    return error.code
