"""What the scenarios about archives need: both doors, a look at what was left, and packing in other surroundings."""

import hashlib
import io
import os
import random
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from marketplace.archive import open_source, pack, unpack
from marketplace.archiving.staging import Staging
from marketplace.errors import MarketError
from marketplace.model.package import PackageSource
from marketplace.source import FolderSource, check_tree
from support.market.archives.cases import CASES
from support.market.archives.forge import Forged

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


def write_files(folder: Path, files: Mapping[str, tuple[bytes, int]]) -> Path:
    """Write files with their modes."""
    for name, (data, mode) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
    return folder


def write_sample(folder: Path, seed: int) -> Path:
    """Write the sample's files in an order, with times and with modes that depend on `seed`."""
    chance = random.Random(seed)
    for name in chance.sample(sorted(SAMPLE), len(SAMPLE)):
        data, mode = SAMPLE[name]
        write_files(folder, {name: (data, chance.choice([mode, mode & 0o700, mode | 0o020]))})
        moment = chance.randrange(2**31)
        os.utime(folder / name, (moment, moment))
    return folder


def pack_elsewhere(folder: Path, target: Path, *, umask: str, environ: Mapping[str, str]) -> bytes:
    """Pack in a process of its own with another environment and umask."""
    command = [sys.executable, "-c", _PACK, str(folder), str(target), umask]
    subprocess.run(command, env={**os.environ, **environ}, check=True, timeout=60, stdin=subprocess.DEVNULL)
    return target.read_bytes()


def extract_with_tar(data: bytes, folder: Path) -> FolderSource:
    """Unpack with the system's tar program, as somebody without this product would."""
    import zstandard

    folder.mkdir()
    tar = zstandard.ZstdDecompressor().decompress(data)
    subprocess.run(
        ["tar", "-xf", "-"], cwd=folder, input=tar, check=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    return FolderSource.read(folder)


def make_in_folder(folder: Path, something: str) -> None:
    """Put what has no place in a package into its folder."""
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    target = folder / "thing"
    match something:
        case "a link to a file":
            target.symlink_to(outside / "secret.txt")
        case "a link to a folder":
            target.symlink_to(outside)
        case "a link to a file of the package":
            target.symlink_to("package.toml")
        case "a link that leads nowhere":
            target.symlink_to("nowhere")
        case "a fifo":
            os.mkfifo(target)
        case "a socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(target))
        case "a setuid file":
            target.write_text("x")
            target.chmod(0o4755)
        case "a name that is not UTF-8":
            Path(os.fsdecode(bytes(folder) + b"/thing\xe9")).write_text("x")
        case _:
            (folder / something).parent.mkdir(parents=True, exist_ok=True)
            (folder / something).write_text("x")


def swap(folder: Path, name: str, how: str) -> None:
    """Change a file of a package behind its reader's back."""
    file = folder / name
    match how:
        case "other bytes":
            file.write_bytes(b"x" * file.stat().st_size)
        case "more bytes":
            file.write_bytes(file.read_bytes() + b"x")
        case "fewer bytes":
            file.write_bytes(file.read_bytes()[:-1])
        case "a link to the same bytes":
            file.rename(folder.parent / "elsewhere")
            file.symlink_to(folder.parent / "elsewhere")
        case "a folder that is a link":
            file.parent.rename(folder.parent / "elsewhere")
            file.parent.symlink_to(folder.parent / "elsewhere")
        case "a fifo":
            file.unlink()
            os.mkfifo(file)
        case "nothing":
            file.unlink()
        case _:
            raise AssertionError(how)


def unpack_into_a_planted_link(root: Path) -> None:
    """Unpack file by file, with a link planted where the second file's folder belongs."""
    (root / "staging").mkdir()
    (root / "outside").mkdir()
    with Staging(root / "staging") as staging:
        staging.write("first/a.txt", [b"x"], executable=False)
        (root / "staging" / "second").symlink_to(root / "outside")
        staging.write("second/b.txt", [b"x"], executable=False)
