"""Registries that lie about packages on purpose: in their documents, and with a whole history of their own."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.version import Version
from marketplace.protocol import documents, paths
from marketplace.protocol.documents import PackageEntry
from marketplace.security.keys import KeyRing, Signer
from marketplace.server.options import LOG_KEY
from support.centralized.lying_logs import Documents
from support.centralized.static_tree import files_of
from support.market.signing import forged, signer_of
from support.market.world import World

Entries = tuple[PackageEntry, ...]


def _signed_by_mallory(release: Release) -> Release:
    signer = signer_of("Mallory")
    mine = replace(release, key=signer.public)
    return mine.signed(signer.sign(mine.statement()))


def _newer(entries: Entries) -> Entries:
    first = entries[0]
    release = _signed_by_mallory(replace(first.release, version=Version.parse("1.9.0")))
    return (PackageEntry(release, first.position + 1), *entries)


def _with_newest(change: Callable[[Release], Release]) -> Callable[[Entries], Entries]:
    return lambda entries: (replace(entries[0], release=change(entries[0].release)), *entries[1:])


def _unyanked(entries: Entries, signer: Signer, at: str) -> Entries:
    release = entries[0].release
    record = YankRecord("unyank", release.id, release.version, "", at, signer.public)
    return (replace(entries[0], yank=None, unyank=record.signed(signer.sign(record.statement()))), *entries[1:])


def _lies(publisher: Signer) -> Mapping[str, Callable[[Entries], Entries]]:
    return {
        "shows another content under the signature": _with_newest(lambda release: forged(release, "content")),
        "shows a release that somebody else has signed": _with_newest(_signed_by_mallory),
        "shows a version that was never published": _newer,
        "hides the newest version": lambda entries: entries[1:],
        "takes its yank back": lambda entries: tuple(replace(entry, yank=None) for entry in entries),
        "shows an unyank of the day before": lambda entries: _unyanked(entries, publisher, "2025-12-31T00:00:00Z"),
        "shows an unyank that somebody else has signed": lambda entries: _unyanked(
            entries, signer_of("Mallory"), "2030-01-01T00:00:00Z"
        ),
    }


def tell(files: Documents, id_: str, lie: str, publisher: Path) -> None:
    """Let a registry of these files lie about a package; `publisher` is the home of who has published it."""
    path, package = f"/{paths.package(PackageId.parse(id_))}", PackageId.parse(id_)
    found = documents.decode_package(files[path], package).entries
    signer = KeyRing(publisher / "keys").load(None)
    files[path] = documents.encode_package(package, _lies(signer)[lie](found))


class OtherHistory:
    """What Mallory has published at home, in a log that the registry's own key has signed.

    Args:
        world: the scenario; its home is the user's.
        operator: the home with the key of the registry's log.
    """

    def __init__(self, world: World, operator: Path) -> None:
        self._world = world
        self._operator = operator
        self._home = world.root / "mallory"

    def publish(self, specs: Iterable[str]) -> None:
        """Publish packages `ID VERSION` of Mallory's own."""
        home, self._world.home = self._world.home, self._home
        try:
            self._world.run("ggen market key new")
            for spec in specs:
                self._world.run(f"ggen market publish {self._written(*spec.split())}")
        finally:
            self._world.home = home

    def _written(self, id_: str, version: str) -> Path:
        folder = self._home / "packages" / f"{id_}-{version}"
        folder.mkdir(parents=True)
        lines = f'[package]\nid = "{id_}"\nversion = "{version}"\ndescription = "A package"\nlicense = "MIT"\n'
        (folder / "package.toml").write_text(lines, encoding="utf-8")
        (folder / "mallory.txt").write_text("Mallory was here\n", encoding="utf-8")
        return folder

    def show(self, files: Documents) -> None:
        """Let a registry have this history, and nothing else."""
        shutil.copy2(self._operator / "registry" / LOG_KEY, self._home / "registry" / LOG_KEY)
        files.clear()
        files |= {f"/{path}": data for path, data in files_of(self._home).items()}


def elsewhere(world: World, addresses: Mapping[str, str], order: str) -> None:
    """Go to a new machine: a home without pins that knows the registries at these addresses, in this order."""
    world.home = world.root / "new-machine"
    for registry, url in addresses.items():
        world.run(f"ggen market registry add {registry} {url}")
    world.run(f"ggen market config registry '{order}'")


@contextmanager
def somebody_else(world: World, addresses: Mapping[str, str], order: str) -> Iterator[Path]:
    """Work in a project of somebody's with a new machine, and yield the project."""
    home, project = world.home, world.project
    world.project = world.root / "other-project"
    world.project.mkdir()
    elsewhere(world, addresses, order)
    try:
        yield world.project
    finally:
        world.home, world.project = home, project
