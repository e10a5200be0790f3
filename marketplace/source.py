"""A package before it is published: a checked folder, or an archive unpacked into one."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from marketplace.clock import timestamp
from marketplace.errors import IntegrityError, InvalidInputError, NotFoundError, UnavailableError
from marketplace.model.manifest import FILE_NAME, MAX_BYTES, Manifest
from marketplace.model.release import Release
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.paths import PathSet, check_path, check_paths, fold, shown

if TYPE_CHECKING:
    from marketplace.model.package import PackageSource
    from marketplace.security.keys import Signer

MAX_FILES = 10_000
"""Most files of a package (HOSTILE-INPUT: entries)."""

MAX_SIZE = 512 * 1024 * 1024
"""Most bytes in all files of a package together (HOSTILE-INPUT: unpacked)."""

IGNORED = frozenset({".git", ".hg", ".svn", ".jj", ".bzr", ".DS_Store", "__pycache__", ".ggen"})
"""Names that `FolderSource.read` passes over: version control, caches, and this program's own state."""

_CHUNK = 1024 * 1024
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A fifo put in a file's place must not block the opening."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder whose files were checked and hashed; a `PackageSource`."""

    root: Path
    manifest: Manifest
    tree: Tree

    @classmethod
    def read(cls, folder: Path) -> "FolderSource":
        """Scan, hash and check a package folder. Links are refused, never followed; `IGNORED` names are passed over.

        Raises:
            NotFoundError: `folder-missing`.
            InvalidInputError: `manifest-missing`, `manifest-invalid`, `file-missing`, or what the manifest's own
                parsing raises.
            IntegrityError: a `path-…` code, `entry-not-a-file`, `entry-mode`, `package-too-large`,
                `package-too-many-files`, `manifest-ambiguous` or `file-changed`.
            UnavailableError: `file-unreadable`.
        """
        totals = Totals()
        paths = PathSet()
        entries: list[TreeEntry] = []
        for entry in _scan(folder):
            totals.add(entry.path, entry.size)
            paths.add(entry.path)
            entries.append(entry)
        return cls.of(folder, Tree.of(entries))

    @classmethod
    def of(cls, root: Path, tree: Tree) -> "FolderSource":
        """Return the source of a folder whose files were checked already, after checking its manifest.

        Raises:
            InvalidInputError, IntegrityError: what `read_manifest` raises, or `file-changed`.
        """
        manifest = read_manifest(tree, lambda entry: _read_unchanged(root, entry))
        return cls(root, manifest, tree)

    def open(self, path: str) -> BinaryIO:
        """Open one file of the package, following no link; whoever reads it compares the digest.

        Raises:
            IntegrityError: `file-changed`, there is no plain file any more.
        """
        try:
            return _open_below(self.root, path)
        except OSError as error:
            raise changed(path, f"cannot be opened any more: {error.strerror}") from error


class Totals:
    """Counts files and bytes of a package while they come in."""

    def __init__(self) -> None:
        self._files = self._bytes = 0

    def add(self, path: str, size: int) -> None:
        """Count one file of `size` bytes.

        Raises:
            IntegrityError: `package-too-many-files` or `package-too-large`, naming the first file beyond the limit.
        """
        self._files += 1
        self._bytes += size
        if self._files > MAX_FILES:
            code, message = "package-too-many-files", f"the package has more than {MAX_FILES:,} files"
            raise IntegrityError(code, message, hint="split the package", entry=shown(path))
        if self._bytes > MAX_SIZE:
            code, message = "package-too-large", f"the files of the package have more than {MAX_SIZE:,} bytes"
            raise IntegrityError(code, message, hint="split the package", entry=shown(path))


def check_tree(tree: Tree) -> None:
    """Hold a tree that came from a registry to the rules that a published folder or archive was held to.

    Raises:
        IntegrityError: a `path-…` code, `package-too-many-files` or `package-too-large`.
    """
    totals = Totals()
    for entry in tree:
        totals.add(entry.path, entry.size)
    check_paths(entry.path for entry in tree)


def read_manifest(tree: Tree, read: Callable[[TreeEntry], bytes]) -> Manifest:
    """Parse the one manifest of a tree and check that the files it names are there.

    Raises:
        InvalidInputError: `manifest-missing`, `manifest-invalid`, `file-missing`, or a parsing error.
        IntegrityError: `manifest-ambiguous`, another spelling of the manifest's name at the top.
    """
    for entry in tree:
        if entry.path != FILE_NAME and fold(entry.path) == FILE_NAME:
            message, hint = f"{entry.path} is not the manifest's name", f"keep one manifest, named {FILE_NAME}"
            raise IntegrityError("manifest-ambiguous", message, hint=hint, entry=entry.path)
    found = tree.get(FILE_NAME)
    if found is None:
        message, hint = f"the package has no {FILE_NAME}", "`ggen market init PATH` makes a package with one"
        raise InvalidInputError("manifest-missing", message, hint=hint, entry=FILE_NAME)
    if found.size > MAX_BYTES:
        message, hint = f"{FILE_NAME} is longer than {MAX_BYTES} bytes", "shorten it"
        raise InvalidInputError("manifest-invalid", message, hint=hint, entry=FILE_NAME)
    try:
        manifest = Manifest.parse(read(found))
    except InvalidInputError as error:
        error.details.setdefault("entry", FILE_NAME)
        raise
    named = [*([manifest.readme] if manifest.readme else []), *(template.path for template in manifest.templates)]
    for name in named:
        if tree.get(name) is None:
            message, hint = f"{FILE_NAME} names {name}, which is not there", f"add it, or take it out of {FILE_NAME}"
            raise InvalidInputError("file-missing", message, hint=hint, entry=name)
    return manifest


def changed(path: str, what: str) -> IntegrityError:
    """Return the error for a file that is not any more what was hashed."""
    hint = "something changed the package while it was read: run the command again"
    return IntegrityError("file-changed", f"{path} {what}", hint=hint, entry=path)


def _scan(folder: Path) -> Iterator[TreeEntry]:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        message, hint = f"there is no folder {folder}", "`ggen market init PATH` makes a package"
        raise NotFoundError("folder-missing", message, hint=hint, path=str(folder)) from error
    except OSError as error:
        raise _unreadable(str(folder), error) from error
    yield from _scan_open(handle, "")


def _scan_open(folder: int, prefix: str) -> Iterator[TreeEntry]:
    """Yield the files below an open folder, and close it. No path is resolved twice: nothing can be swapped between."""
    try:
        with os.scandir(folder) as found:
            names = sorted(item.name for item in found if item.name not in IGNORED)
        for name in names:
            yield from _scan_one(folder, name, prefix + name)
    finally:
        os.close(folder)


def _scan_one(folder: int, name: str, path: str) -> Iterator[TreeEntry]:
    check_path(path)
    kind = os.lstat(name, dir_fd=folder).st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise _not_a_file(path)
    try:
        handle = os.open(name, _FOLDER_FLAGS if stat.S_ISDIR(kind) else _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(kind):
        yield from _scan_open(handle, path + "/")
        return
    with os.fdopen(handle, "rb", buffering=0) as file:
        yield _hashed(file, path)


def _hashed(file: BinaryIO, path: str) -> TreeEntry:
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise _not_a_file(path)
    if found.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
        hint = f"`chmod ug-s,-t` {path}"
        message = f"{path} has a setuid, setgid or sticky bit"
        raise IntegrityError("entry-mode", message, hint=hint, entry=path)
    state, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        state.update(chunk)
        size += len(chunk)
        if size > MAX_SIZE:
            break  # a file that never ends; the totals refuse it
    return TreeEntry(path, bool(found.st_mode & stat.S_IXUSR), size, "sha256:" + state.hexdigest())


def _not_a_file(path: str) -> IntegrityError:
    hint = "a package has plain files and folders alone: replace the link or device by a file"
    return IntegrityError("entry-not-a-file", f"{path} is not a plain file or folder", hint=hint, entry=path)


def _unreadable(path: str, error: OSError) -> UnavailableError:
    message = f"{path} cannot be read: {error.strerror}"
    return UnavailableError("file-unreadable", message, hint="check its permissions", entry=path)


def _open_below(root: Path, path: str) -> BinaryIO:
    """Open a file, refusing a link in any component below `root`."""
    *folders, name = path.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for component in folders:
            inner = os.open(component, _FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = inner
        handle = os.open(name, _FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise changed(path, "is not a plain file any more")
    return os.fdopen(handle, "rb")


def _read_unchanged(root: Path, entry: TreeEntry) -> bytes:
    try:
        with _open_below(root, entry.path) as file:
            data = file.read(entry.size + 1)
    except OSError as error:
        raise changed(entry.path, f"cannot be opened any more: {error.strerror}") from error
    if digest_of(data) != entry.digest:
        raise changed(entry.path, "changed while it was read")
    return data


def build_release(source: "PackageSource", signer: "Signer", now: datetime) -> Release:
    """Return the signed release of `source`, dated `now`."""
    manifest, tree = source.manifest, source.tree
    described = tree.get(FILE_NAME)
    assert described is not None  # noqa: S101 - every source has checked its manifest
    unsigned = Release(
        id=manifest.id, version=manifest.version, content_id=tree.content_id, size=tree.size, files=len(tree),
        dependencies=manifest.dependencies, manifest=described.digest, published_at=timestamp(now), key=signer.public,
    )  # fmt: skip
    return unsigned.signed(signer.sign(unsigned.statement()))
