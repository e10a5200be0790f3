"""Installed files against the tree they must be: staging and checking."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from marketplace.errors import IntegrityError, NotFoundError, UnavailableError
from marketplace.model.release import Release
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.storage.base import read_tree
from marketplace.storage.blobs import corrupt, hash_file
from marketplace.storage.filesystem import FilesystemStore


@dataclass(frozen=True, slots=True)
class Problem:
    """How an installed file differs: `kind` is modified, missing, extra, mode, link, unreadable or unsafe.

    With an empty path it is about the package as a whole: its folder is missing or a link, or the code of what is
    wrong with its release is the kind.
    """

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
    from marketplace.source import check_tree

    tree = read_tree(store, release.content_id)
    check_bound(tree, release)
    check_tree(tree)
    return tree


def check_bound(tree: Tree, release: Release) -> None:
    """Check that `tree`, which has the release's content id, is what the release says it is.

    Raises:
        IntegrityError: `release-mismatch`.
    """
    manifest = tree.get("package.toml")
    if (tree.size, len(tree)) != (release.size, release.files) or not manifest or manifest.digest != release.manifest:
        raise IntegrityError("release-mismatch", f"the content of {release} is not what its release says")


def content_missing(release: Release) -> UnavailableError:
    """Return the error for a release whose files are not in the content store."""
    hint = "publish it again from its source, or restore the store from a backup; the project was not changed"
    return UnavailableError(
        "content-missing", f"the content of {release} is not in the content store", hint=hint,
        id=str(release.id), version=str(release.version), content_id=release.content_id,
    )  # fmt: skip


def kept_tree(path: Path, content_id: str, store: FilesystemStore) -> Tree:
    """Return the tree of an installed package: from the project's own copy at `path`, else from the store.

    The copy is as good as the store's blob, since its digest is the content id; so an installed package can be
    checked although the store has lost or collected its release.

    Raises:
        NotFoundError: `blob-missing`, neither has it.
        IntegrityError: `blob-corrupt` or `tree-malformed`, from the store.
    """
    try:
        data = path.read_bytes()
    except OSError:
        data = b""
    return Tree.decode(data) if digest_of(data) == content_id else read_tree(store, content_id)


def stage(store: FilesystemStore, tree: Tree, folder: Path, *, copy: bool) -> None:
    """Make the files of `tree` below `folder`, which must not exist, and verify every one.

    Raises:
        IntegrityError: `blob-corrupt`.
        NotFoundError: `blob-missing`.
    """
    folder.mkdir()
    base, made = f"{folder}/", {""}
    for entry in tree:
        parent = entry.path.rpartition("/")[0]
        if parent not in made:
            (folder / parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        target = base + entry.path
        store.materialise(entry.digest, target, executable=entry.executable, copy=copy)
        if _difference(target, entry):
            # The link copy was edited through another project: a fresh one is made from the verified blob.
            Path(target).unlink()
            store.drop_link_copy(entry.digest, executable=entry.executable)
            store.materialise(entry.digest, target, executable=entry.executable, copy=copy)
            if _difference(target, entry):
                raise corrupt(entry.digest)


def drop_damaged(store: FilesystemStore, release: Release) -> None:
    """Forget every copy of a release's files that an edit has damaged, so that one fetch brings all."""
    with suppress(NotFoundError):
        for entry in read_tree(store, release.content_id):
            store.drop_link_copy(entry.digest, executable=entry.executable)


def problems(folder: Path, tree: Tree) -> Iterator[Problem]:
    """Compare every file below `folder` with `tree`, hashing each."""
    if folder.is_symlink() or not folder.is_dir():
        found = "a link or special file" if os.path.lexists(folder) else ""
        yield Problem("", "link" if found else "missing", "a folder", found)
        return
    base = f"{folder}/"
    files = set(_files(base, ""))
    for entry in tree:
        if entry.path not in files:
            yield Problem(entry.path, "missing", entry.digest, "")
        elif problem := _difference(base + entry.path, entry):
            yield problem
    for path in sorted(files.difference(entry.path for entry in tree)):
        yield Problem(path, "extra", "", "not part of the package")


def _files(base: str, prefix: str) -> Iterator[str]:
    with os.scandir(base + prefix) as items:
        for item in items:
            if item.is_dir(follow_symlinks=False):
                yield from _files(base, f"{prefix}{item.name}/")
            else:
                yield prefix + item.name


def _difference(path: str, entry: TreeEntry) -> Problem | None:
    """Tell how the file at `path` differs from `entry`; one open file is looked at and hashed, no name twice."""
    try:
        # O_NONBLOCK: a fifo in a file's place must not stop the check.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if Path(path).is_symlink():
            return _not_plain(entry)
        return Problem(entry.path, "unreadable", entry.digest, str(error.strerror))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return _not_plain(entry)
        digest = hash_file(handle, status.st_size)
    finally:
        os.close(handle)
    if digest != entry.digest:
        return Problem(entry.path, "modified", entry.digest, digest)
    if bool(status.st_mode & 0o100) != entry.executable:
        return Problem(entry.path, "mode", f"{entry.mode:o}", f"{status.st_mode & 0o777:o}")
    return None


def _not_plain(entry: TreeEntry) -> Problem:
    return Problem(entry.path, "link", "a plain file", "a link or special file")
