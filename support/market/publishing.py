"""Groups of signed packages that are published together, and what is wrong with one of them."""

import errno
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from marketplace.errors import MarketError
from marketplace.model.package import PackageSource
from marketplace.model.release import Release
from marketplace.model.tree import digest_of
from marketplace.registry.base import Receipt
from marketplace.registry.local import LocalRegistry
from marketplace.registry.upkeep import Upkeep
from marketplace.search.base import SearchQuery
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from marketplace.storage.locks import FileLock
from support.market.signing import signer_of
from support.market.troubles.limits import Interrupted
from support.market.world import World

_MANIFEST = """[package]
id = "io.acme.p{number}"
version = "1.0.0"
title = "Number {number}"
description = "One of several"
license = "MIT"
"""

Signed = tuple[PackageSource, Release]


def _folder(world: World, number: int) -> Path:
    """Write a package with a file of its own and one that all have."""
    folder = world.root / "packages" / str(number)
    folder.mkdir(parents=True)
    (folder / "package.toml").write_text(_MANIFEST.format(number=number), encoding="utf-8")
    (folder / "own.tmpl").write_text(f"number {number}\n", encoding="utf-8")
    (folder / "shared.tmpl").write_text("all have this\n", encoding="utf-8")
    return folder


@dataclass(slots=True)
class Group:
    """Packages to publish together into a registry of their own, and what came of each."""

    world: World
    registry: LocalRegistry
    packages: list[Signed]
    outcomes: list[Receipt | MarketError]
    refused: str = ""

    @classmethod
    def of(cls, world: World, person: str, count: int) -> "Group":
        """Make `count` packages signed by that person, whose key is pinned."""
        trust = TrustStore(world.root / "trust.json")
        trust.trust("io.acme", signer_of(person).public)
        registry = LocalRegistry(world.root / "registry", trust=lambda: trust)
        sources = [FolderSource.read(_folder(world, number)) for number in range(1, count + 1)]
        signer = signer_of(person)
        return cls(world, registry, [(source, build_release(source, signer, world.now)) for source in sources], [])

    def spoil(self, place: int, trouble: str) -> None:
        """Let something be wrong with one of them."""
        self.packages[place] = _TROUBLES[trouble](self, place)

    def hold_pins(self) -> None:
        """Let no key be pinned, and somebody hold the lock of the pins until the scenario ends."""
        path = self.world.root / "no-pins.json"
        self.registry = LocalRegistry(self.world.root / "registry", trust=lambda: TrustStore(path, lock_timeout=0.0))
        held = ExitStack()
        held.enter_context(FileLock(path.with_suffix(".lock"), purpose="changing the pins", timeout=0.0))
        self.world.defer(held.close)

    def publish(self) -> None:
        """Publish them together; note the code when all are refused at once."""
        try:
            self.outcomes = self.registry.publish_many(self.packages)
        except MarketError as error:
            self.refused = error.code

    def check_published(self, places: list[int]) -> None:
        """Check that the log has just these, in their order, and the store just what they need."""
        wanted = [self.packages[place][1] for place in places]
        receipts = [outcome for outcome in self.outcomes if isinstance(outcome, Receipt)]
        assert [(item.release, item.position) for item in receipts] == [(r, n + 1) for n, r in enumerate(wanted)]
        assert [record for _, record in self.registry.index.entries()] == wanted
        assert not list(Upkeep(self.registry).verify_store())
        assert Upkeep(self.registry).collect_garbage(dry_run=True).blobs == 0

    def check_counted(self) -> None:
        """Check that the receipts count each blob of the store once."""
        receipts = [outcome for outcome in self.outcomes if isinstance(outcome, Receipt)]
        there = self.registry.store.stats()
        counted = (sum(item.new_blobs for item in receipts), sum(item.new_bytes for item in receipts))
        assert counted == (there.blobs, there.bytes), (counted, there)

    def found(self) -> list[str]:
        """Return what a search for the last finds."""
        page = self.registry.search(SearchQuery(str(self.packages[-1][1].id)))
        return [hit.document.id for hit in page.hits]

    def code(self, place: int) -> str:
        """Return the code of the refusal of one of them."""
        outcome = self.outcomes[place]
        assert isinstance(outcome, MarketError), outcome
        return outcome.code


def _by_another(group: Group, place: int) -> Signed:
    source, _ = group.packages[place]
    return source, build_release(source, signer_of("Mallory"), group.world.now)


def _changed(group: Group, place: int) -> Signed:
    (group.world.root / "packages" / str(place + 1) / "own.tmpl").write_text("number X\n", encoding="utf-8")
    return group.packages[place]


def _lost(group: Group, place: int) -> Signed:
    (group.world.root / "packages" / str(place + 1) / "own.tmpl").unlink()
    return group.packages[place]


def _mismatched(group: Group, place: int) -> Signed:
    source, release = group.packages[place]
    other = replace(release, content_id=digest_of(b"other"))
    return source, other.signed(signer_of("Alice").sign(other.statement()))


def _full_disk(group: Group, place: int) -> Signed:
    source, release = group.packages[place]
    assert isinstance(source, FolderSource)

    def fill() -> None:
        if group.registry.index.head().size == 0 and (group.world.root / "registry" / "store" / "staging").is_dir():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return Interrupted(source, fill), release


def _overtaken(group: Group, place: int) -> Signed:
    source, release = group.packages[place]
    assert isinstance(source, FolderSource)

    def publish() -> None:
        if (group.world.root / "registry" / "store" / "staging").is_dir() and not other.index.head().size:
            other.publish(source, release)

    trust = TrustStore(group.world.root / "trust.json")
    other = LocalRegistry(group.world.root / "registry", trust=lambda: trust)
    return Interrupted(source, publish), release


_TROUBLES: Mapping[str, Callable[[Group, int], Signed]] = {
    "is signed by another key": _by_another,
    "was changed after it was signed": _changed,
    "has lost a file after it was signed": _lost,
    "is not of the content that its release says": _mismatched,
    "is the second once more": lambda group, place: group.packages[place - 1],
    "meets a full disk": _full_disk,
    "meets somebody else who publishes it": _overtaken,
}
