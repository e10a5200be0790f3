"""What the scenarios about archives need: both doors, a look at what was left, and packing in other surroundings."""

import hashlib
import io
import os
import random
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from marketplace.archive import pack, unpack
from marketplace.errors import MarketError
from marketplace.model.tree import Tree
from marketplace.registry.base import PackageSource
from marketplace.source import FolderSource, check_tree, open_source
from support.forge import CASES, Forged

_PACK = """
import os, sys
from pathlib import Path
from marketplace.archive import write_archive
from marketplace.source import FolderSource
os.umask(int(sys.argv[3], 8))
write_archive(FolderSource.read(Path(sys.argv[1])), Path(sys.argv[2]))
"""


class ForgedArchive:
    """One hostile case on disk, and the doors it is tried at."""

    def __init__(self, root: Path, case: str) -> None:
        self._root = root
        self.forged: Forged = CASES[case]()
        (root / "evil.gpack").write_bytes(self.forged.data)
        (root / "scratch").mkdir()
        (root / "staging").mkdir()
        self._before = snapshot(root)

    def refusals(self) -> list[MarketError]:
        """Try to publish and to install it, and its tree if there is one; return what each door said."""
        doors = [self._publish, self._install]
        if self.forged.tree is not None:
            doors.append(self._install_tree)
        return [refusal(door) for door in doors]

    def _publish(self) -> None:
        with open_source(self._root / "evil.gpack", self._root / "scratch"):
            pass

    def _install(self) -> None:
        with (self._root / "evil.gpack").open("rb") as stream:
            unpack(stream, self._root / "staging")

    def _install_tree(self) -> None:
        assert self.forged.tree is not None
        check_tree(self.forged.tree)

    def check_nothing_left(self) -> None:
        """Hold that every door left the folder as it was."""
        after = snapshot(self._root)
        assert after == self._before, set(after.items()) ^ set(self._before.items())


def refusal(action: Callable[[], object]) -> MarketError:
    """Return the error that `action` ends with."""
    try:
        found = action()
    except MarketError as error:
        return error
    raise AssertionError(f"it was not refused: {found}")


def names(error: MarketError, pattern: str) -> bool:
    """Tell whether an error names an entry that the pattern matches; `-` stands for no entry.

    A table's cell cannot hold a backslash in one way that all readers of Gherkin share: `?` stands for it there.
    """
    return fnmatchcase(str(error.details.get("entry", "-")), pattern)


def snapshot(root: Path) -> dict[str, tuple[int, str]]:
    """Return every path below `root` with its mode and the digest of its bytes."""
    return {str(path.relative_to(root)): (path.lstat().st_mode, _digest(path)) for path in root.rglob("*")}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(path.lstat().st_mode) else ""


def packed_bytes(source: PackageSource) -> bytes:
    """Return the archive of a source."""
    buffer = io.BytesIO()
    assert pack(source, buffer) == len(buffer.getvalue())
    return buffer.getvalue()


def unpacked(data: bytes, staging: Path) -> FolderSource:
    """Unpack an archive into a new folder."""
    staging.mkdir()
    return unpack(io.BytesIO(data), staging)


SAMPLE: Mapping[str, tuple[bytes, int]] = {
    "package.toml": (b'[package]\nid = "io.acme.same"\nversion = "1.0.0"\ndescription = "The same anywhere"\n', 0o644),
    "README.md": (b"# Same\n", 0o644),
    "run.sh": (b"#!/bin/sh\nexit 0\n", 0o755),
    "empty": (b"", 0o644),
    "templates/caf\u00e9.tmpl": ("Gr\u00fc\u00dfe, {{ name }}\n".encode(), 0o644),
    "templates/Z.tmpl": (bytes(range(256)) * 2048, 0o644),
    "x" * 100 + "/" + "y" * 100 + "/long.txt": (b"far away", 0o644),
}
"""The files of a package with something of everything: its archive's digest is written into a feature."""


def write_sample(folder: Path, seed: int) -> Path:
    """Write the sample's files in an order, with times and with modes that depend on `seed`."""
    chance = random.Random(seed)
    for name in chance.sample(sorted(SAMPLE), len(SAMPLE)):
        path, (data, mode) = folder / name, SAMPLE[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(chance.choice([0o700, 0o755, 0o775]) if mode == 0o755 else chance.choice([0o600, 0o644, 0o664]))
        moment = chance.randrange(2**31)
        os.utime(path, (moment, moment))
    return folder


def pack_elsewhere(folder: Path, target: Path, *, umask: str, environ: Mapping[str, str]) -> bytes:
    """Pack in a process of its own with another environment and umask."""
    command = [sys.executable, "-c", _PACK, str(folder), str(target), umask]
    subprocess.run(command, env={**os.environ, **environ}, check=True, timeout=60, stdin=subprocess.DEVNULL)
    return target.read_bytes()


def tree_lines(tree: Tree) -> list[str]:
    """Return the paths of a tree in its order."""
    return [entry.path for entry in tree]
