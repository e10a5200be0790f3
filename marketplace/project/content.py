"""Installed files against the tree they must be: staging and checking."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.model.release import Release
from marketplace.model.tree import Tree, TreeEntry
from marketplace.source import check_tree
from marketplace.storage.base import read_tree
from marketplace.storage.filesystem import FilesystemStore, corrupt


@dataclass(frozen=True, slots=True)
class Problem:
    """How an installed file differs: `kind` is modified, missing, extra, mode or link; for a release signature."""

    path: str
    kind: str
    expected: str
    actual: str


def checked_tree(store: FilesystemStore, release: Release) -> Tree:
    """Return the tree of a release after checking all that the release says about it.

    Raises:
        IntegrityError: `release-mismatch`, a `path-…` code, `package-too-many-files` or `package-too-large`.
        NotFoundError: `blob-missing`.
    """
    tree = read_tree(store, release.content_id)
    manifest = tree.get("package.toml")
    if (tree.size, len(tree)) != (release.size, release.files) or not manifest or manifest.digest != release.manifest:
        raise IntegrityError("release-mismatch", f"the content of {release} is not what its release says")
    check_tree(tree)
    return tree


def stage(store: FilesystemStore, tree: Tree, folder: Path, *, copy: bool) -> None:
    """Make the files of `tree` below `folder`, which must not exist, and verify every one.

    Raises:
        IntegrityError: `blob-corrupt`.
    """
    folder.mkdir()
    made = {folder}
    for entry in tree:
        target = folder / entry.path
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        store.materialise(entry.digest, target, executable=entry.executable, copy=copy)
        if not _is(target, entry):
            # The link copy was edited through another project: a fresh one is made from the verified blob.
            target.unlink()
            store.drop_link_copy(entry.digest, executable=entry.executable)
            store.materialise(entry.digest, target, executable=entry.executable, copy=copy)
            if not _is(target, entry):
                raise corrupt(entry.digest)


def _is(target: Path, entry: TreeEntry) -> bool:
    return bool(target.lstat().st_mode & 0o100) == entry.executable and hash_file(target) == entry.digest


def hash_file(path: Path) -> str:
    """Return the `sha256:` digest of a file, not following a link in its place."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0) as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def problems(folder: Path, tree: Tree) -> Iterator[Problem]:
    """Compare every file below `folder` with `tree`, hashing each."""
    found = dict(_files(folder, "")) if folder.is_dir() else {}
    for entry in tree:
        status = found.pop(entry.path, None)
        if status is None:
            yield Problem(entry.path, "missing", entry.digest, "")
        elif not stat.S_ISREG(status.st_mode):
            yield Problem(entry.path, "link", "a plain file", "a link or special file")
        else:
            actual = hash_file(folder / entry.path)
            if actual != entry.digest:
                yield Problem(entry.path, "modified", entry.digest, actual)
            elif bool(status.st_mode & 0o100) != entry.executable:
                yield Problem(entry.path, "mode", f"{entry.mode:o}", f"{status.st_mode & 0o777:o}")
    for path in sorted(found):
        yield Problem(path, "extra", "", "not part of the package")


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as items:
        for item in items:
            if item.is_dir(follow_symlinks=False):
                yield from _files(folder / item.name, f"{prefix}{item.name}/")
            else:
                yield prefix + item.name, item.stat(follow_symlinks=False)
