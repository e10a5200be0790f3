"""What really is in an installed package's folder, and how that differs from its tree.

Hot: `verify` over 10,000 files may cost little more than reading and hashing them. So the content id is computed from
the canonical lines directly (the format of `marketplace.model.tree`), and no object is made per file until a
difference has to be explained.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from marketplace.model.tree import MAGIC, Tree

_CHUNK = 1024 * 1024
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK

Kind = Literal["modified", "missing", "extra", "mode", "link", "signature", "pin", "lock"]


class Problem(NamedTuple):
    """A difference: the path inside the package (empty for the package itself), its kind, and the two values."""

    path: str
    kind: Kind
    expected: str
    actual: str


class FileFound(NamedTuple):
    """A plain file: its path, whether its owner may execute it, its size in bytes and its SHA-256 in hexadecimal."""

    path: str
    executable: bool
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A folder's files, sorted by path; `odd` are entries that no package has, with what each is."""

    files: tuple[FileFound, ...]
    odd: tuple[tuple[str, str], ...]

    @property
    def content_id(self) -> str | None:
        """The content id of the files, None when something odd is among them."""
        if self.odd:
            return None
        lines = "".join(
            [f"{'755' if executable else '644'} {size} {sha} {path}\n" for path, executable, size, sha in self.files]
        )
        return "sha256:" + hashlib.sha256(MAGIC + lines.encode("utf-8")).hexdigest()


def scan(folder: Path) -> Scan:
    """Read and hash every file below `folder`; no link is followed.

    Raises:
        OSError: something cannot be read.
    """
    files: list[FileFound] = []
    odd: list[tuple[str, str]] = []
    _scan(os.fspath(folder) + "/", "", files, odd)
    files.sort()
    return Scan(tuple(files), tuple(sorted(odd)))


def _scan(base: str, prefix: str, files: list[FileFound], odd: list[tuple[str, str]]) -> None:
    with os.scandir(base + prefix) as items:
        found = list(items)
    if not found and prefix:
        odd.append((prefix, "an empty folder"))
    for item in found:
        path = prefix + item.name
        if item.is_dir(follow_symlinks=False):
            _scan(base, path + "/", files, odd)
        elif "\n" in path or not _is_utf8(path):
            odd.append((ascii(path)[1:-1], "a name that no package has"))  # a line of its own could be forged with it
        elif item.is_file(follow_symlinks=False):
            files.append(_hash(base + path, path))
        else:
            odd.append((path, "a link" if item.is_symlink() else "no plain file"))


def _is_utf8(path: str) -> bool:
    try:
        path.isascii() or path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _hash(file: str, path: str) -> FileFound:
    handle = os.open(file, _FLAGS)
    try:
        status = os.fstat(handle)
        size = status.st_size
        data = os.read(handle, min(size, _CHUNK) + 1)
        if len(data) == size:  # nothing beyond it: the read asked for one byte more
            sha = hashlib.sha256(data).hexdigest()
        else:
            size, sha = _hash_on(handle, data)
        return FileFound(path, bool(status.st_mode & stat.S_IXUSR), size, sha)
    finally:
        os.close(handle)


def _hash_on(handle: int, data: bytes) -> tuple[int, str]:
    state, size = hashlib.sha256(data), len(data)
    while data := os.read(handle, _CHUNK):
        state.update(data)
        size += len(data)
    return size, state.hexdigest()


def differences(found: Scan, tree: Tree) -> Iterator[Problem]:
    """Yield each difference between a folder and the tree it should be, sorted by path."""
    yield from sorted([*_odd(found, tree), *_files(found, tree)])


def _odd(found: Scan, tree: Tree) -> Iterator[Problem]:
    for path, what in found.odd:
        entry = tree.get(path)
        yield Problem(path, "link", entry.digest, what) if entry else Problem(path, "extra", "", what)


def _files(found: Scan, tree: Tree) -> Iterator[Problem]:
    present = {file.path: file for file in found.files}
    odd = {path for path, _ in found.odd}
    for entry in tree:
        file = present.pop(entry.path, None)
        if file is None:
            if entry.path not in odd:
                yield Problem(entry.path, "missing", entry.digest, "")
        elif f"sha256:{file.sha256}" != entry.digest:
            yield Problem(entry.path, "modified", entry.digest, f"sha256:{file.sha256}")
        elif file.executable != entry.executable:
            yield Problem(entry.path, "mode", f"{entry.mode:o}", "755" if file.executable else "644")
    for file in present.values():
        yield Problem(file.path, "extra", "", f"sha256:{file.sha256}")
