"""A package before it is published: a checked folder, read without following links."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from marketplace.clock import timestamp
from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model.manifest import FILE_NAME, MAX_BYTES, Manifest
from marketplace.model.release import Release
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.paths import check_path, check_paths

if TYPE_CHECKING:
    from marketplace.registry.base import PackageSource
    from marketplace.security.keys import Signer

MAX_FILES = 10_000
MAX_SIZE = 512 * 1024 * 1024
"""Limits of HOSTILE-INPUT: entries, and bytes unpacked."""

IGNORED = frozenset({".git", ".hg", ".svn", ".DS_Store", "__pycache__", ".ggen"})
"""Names that are never part of a package: version control, caches, and this program's own state."""

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder that was checked by `read`; a `PackageSource`."""

    root: Path
    manifest: Manifest
    tree: Tree

    @classmethod
    def read(cls, folder: Path, *, skip: frozenset[str] = IGNORED) -> "FolderSource":
        """Scan, hash and check a package folder. Links are not followed but refused.

        Raises:
            InvalidInputError: `manifest-missing`, `manifest-invalid`, `file-missing`, or what the manifest's own
                parsing raises.
            IntegrityError: a `path-…` code, `entry-not-a-file`, `package-too-large` or `package-too-many-files`.
        """
        entries: list[TreeEntry] = []
        total = 0
        for path, name in _walk(folder, "", skip):
            entries.append(_entry(path, name))
            total += entries[-1].size
            if len(entries) > MAX_FILES:
                raise IntegrityError(
                    "package-too-many-files", f"the package has more than {MAX_FILES:,} files", entry=name
                )
            if total > MAX_SIZE:
                raise IntegrityError("package-too-large", f"the package has more than {MAX_SIZE:,} bytes", entry=name)
        check_paths(entry.path for entry in entries)
        tree = Tree.of(entries)
        manifest = read_manifest(tree, lambda name: (folder / name).read_bytes(), folder)
        return cls(folder, manifest, tree)

    def open(self, path: str) -> BinaryIO:
        """Open one file of the package; its bytes may have changed since, which the store's digest check notices."""
        return os.fdopen(os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def read_manifest(tree: Tree, read: Callable[[str], bytes], where: object) -> Manifest:
    """Parse the one manifest of a tree and check that the files it names are there.

    Raises:
        InvalidInputError: `manifest-missing`, `file-missing`, or a parsing error.
        IntegrityError: `manifest-ambiguous`, another spelling of the manifest's name at the top.
    """
    for entry in tree:
        if entry.path.casefold() == FILE_NAME and entry.path != FILE_NAME:
            hint = f"keep one manifest, named {FILE_NAME}"
            raise IntegrityError(
                "manifest-ambiguous", f"{entry.path} is not the manifest's name", hint=hint, entry=entry.path
            )
    found = tree.get(FILE_NAME)
    if found is None:
        hint = "`ggen market init PATH` makes a package with one"
        raise InvalidInputError("manifest-missing", f"there is no {FILE_NAME} in {where}", hint=hint, entry=FILE_NAME)
    if found.size > MAX_BYTES:
        raise InvalidInputError("manifest-invalid", f"{FILE_NAME} is longer than {MAX_BYTES} bytes", entry=FILE_NAME)
    manifest = Manifest.parse(read(FILE_NAME))
    for name in [*([manifest.readme] if manifest.readme else []), *(t.path for t in manifest.templates)]:
        if tree.get(name) is None:
            hint = f"add the file, or take it out of {FILE_NAME}"
            raise InvalidInputError(
                "file-missing", f"{FILE_NAME} names {name}, which is not there", hint=hint, entry=name
            )
    return manifest


def _walk(folder: Path, prefix: str, skip: frozenset[str]) -> Iterator[tuple[Path, str]]:
    with os.scandir(folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        name = prefix + item.name
        if item.name in skip:
            continue
        if item.is_dir(follow_symlinks=False):
            check_path(name)
            yield from _walk(folder / item.name, name + "/", skip)
        else:
            yield folder / item.name, name


def _entry(path: Path, name: str) -> TreeEntry:
    check_path(name)
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        hint = "a package has plain files and folders alone: replace the link or device by a file"
        raise IntegrityError("entry-not-a-file", f"{name} is not a plain file", hint=hint, entry=name)
    digest, size = hash_file(path)
    return TreeEntry(name, bool(found.st_mode & 0o100), size, digest)


def hash_file(path: Path) -> tuple[str, int]:
    """Return the digest and size of a file, not following a link in its place."""
    state, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
            size += len(chunk)
    return "sha256:" + state.hexdigest(), size


def build_release(source: "PackageSource", signer: "Signer", now: datetime) -> Release:
    """Return the signed release of `source`, dated `now`."""
    manifest, tree = source.manifest, source.tree
    with source.open(FILE_NAME) as file:
        digest = digest_of(file.read(MAX_BYTES + 1))
    unsigned = Release(
        id=manifest.id, version=manifest.version, content_id=tree.content_id, size=tree.size, files=len(tree),
        dependencies=manifest.dependencies, manifest=digest, published_at=timestamp(now), key=signer.public,
    )  # fmt: skip
    return unsigned.signed(signer.sign(unsigned.statement()))
