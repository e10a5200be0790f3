"""A release carried from a home's registry into another store, as another registry or a peer would take it over."""

import shutil
from dataclasses import replace
from pathlib import Path

from marketplace.errors import MarketError
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.model.version import Version
from marketplace.project.content import checked_tree, stage
from marketplace.registry.base import Fetched
from marketplace.registry.local import LocalRegistry
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from marketplace.storage.base import BlobStore, read_tree
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.links import How
from support.market.signing import signer_of
from support.market.stores import code_of, edit_in_place
from support.market.world import World

PUBLISHED = b"as published"


def registry_of(home: Path) -> LocalRegistry:
    """Return the registry of a home."""
    return LocalRegistry(home / "registry", trust=lambda: TrustStore(home / "trust.json"))


def release_of(registry: LocalRegistry, spec: str) -> Release:
    """Return the release ID@VERSION."""
    id_, _, version = spec.partition("@")
    return registry.get_release(PackageId.parse(id_), Version.parse(version)).release


def carry(home: Path, spec: str, store: BlobStore) -> Fetched:
    """Fetch a release of a home's registry into a store."""
    registry = registry_of(home)
    return registry.fetch(release_of(registry, spec), store)


def is_whole(home: Path, spec: str, store: BlobStore) -> bool:
    """Say whether a store has the whole release: its tree, and each of its files with the right bytes."""
    tree = read_tree(store, release_of(registry_of(home), spec).content_id)
    return all(len(store.read(entry.digest, entry.size)) == entry.size for entry in tree)


def come_to(door: str, world: World, folder: Path, field: str) -> str:
    """Let a release with a wrong `field` and a right signature come to `publish` or `install`; return its refusal."""
    source = FolderSource.read(folder)
    signer = signer_of("Mallory")
    right = build_release(source, signer, world.now)
    wrong: dict[str, Release] = {
        "size": replace(right, size=right.size + 1),
        "number of files": replace(right, files=right.files + 1),
        "manifest": replace(right, manifest=digest_of(b"another")),
    }
    release = wrong[field].signed(signer.sign(wrong[field].statement()))
    registry = registry_of(world.root / "other")
    if door == "publish":
        return code_of(lambda: registry.publish(source, release))
    registry.store.put_bytes(source.tree.encoded)
    return code_of(lambda: checked_tree(registry.store, release))


def lay_out_amid_edits(store: FilesystemStore, folder: Path, times: int) -> str:
    """Lay out a package of one file while another project edits the file it shares; return the refusal's code.

    The neighbour is a store that, the first `times` times, writes into the linked file at once: no timing is needed.
    """
    digest = store.put_bytes(PUBLISHED)
    tree = Tree.of([TreeEntry("a.txt", executable=False, size=len(PUBLISHED), digest=digest)])
    crowded = Crowded(store.root, times)
    try:
        stage(crowded, tree, folder, copy=False)
    except MarketError as error:
        return error.code
    return ""


class Crowded(FilesystemStore):
    """A store whose linked files a neighbour edits in place as soon as they are there, so many times."""

    def __init__(self, root: Path, times: int) -> None:
        super().__init__(root)
        self._times = times

    def materialise(self, digest: str, destination: str | Path, *, executable: bool, copy: bool) -> How:
        """Make the file, and edit it."""
        how = super().materialise(digest, destination, executable=executable, copy=copy)
        if self._times:
            self._times -= 1
            edit_in_place(Path(destination))
        return how


def yank_in_log(home: Path, spec: str) -> str:
    """Append a yank straight to the log, as somebody who takes over another's log does; return the refusal's code."""
    id_, _, version = spec.partition("@")
    now, key = "2026-01-01T00:00:00Z", signer_of("Alice").public
    record = YankRecord("yank", PackageId.parse(id_), Version.parse(version), "it is broken", now, key)
    return code_of(lambda: registry_of(home).index.append_yank(record))


def move_to_another_user(world: World) -> None:
    """Go on as a user with a new home that holds a copy of the registry, but neither keys nor pins."""
    mine, world.home = world.home, world.root / "another-home"
    shutil.copytree(mine / "registry", world.home / "registry")
