"""Packing and unpacking against `cp -r`, tarfile's `data` filter, and GNU tar with gzip.

Run as `python -m benchmarks.archive_bench`. The contestants take turns (A B A B …), so that a slow moment of the
machine meets them all; the table has medians and ratios. GOALS.md asks: unpack at most 0.7 of tarfile's filter, pack
at most 0.4 of tar with gzip.
"""

import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from marketplace.archive import unpack, write_archive
from marketplace.source import FolderSource

_FILES = 1_000
_ROUNDS = 9
_WORDS = [
    "pub",
    "fn",
    "let",
    "mut",
    "match",
    "self",
    "struct",
    "impl",
    "where",
    "async",
    "await",
    "return",
    "error",
    "result",
    "value",
    "name",
    "path",
]

Contest = dict[str, Callable[[Path], object]]


def make_package(folder: Path) -> Path:
    """Write a package of `_FILES` small text files, half a KiB to 8 KiB each, in 50 folders."""
    chance = random.Random(20260101)
    for number in range(_FILES):
        path = folder / f"templates/part{number % 50:02}/file{number:04}.rs.tmpl"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = " ".join(f"{chance.choice(_WORDS)}{chance.randrange(500)}" for _ in range(chance.randrange(60, 1000)))
        path.write_text(text, encoding="utf-8")
    (folder / "package.toml").write_text(
        '[package]\nid = "io.bench.many"\nversion = "1.0.0"\ndescription = "Many files"\n', encoding="utf-8"
    )
    return folder


def measure(contest: Contest, root: Path) -> dict[str, float]:
    """Return each contestant's median time in milliseconds; every turn gets a fresh place to write to."""
    times: dict[str, list[float]] = {name: [] for name in contest}
    for turn in range(_ROUNDS):
        for number, (name, act) in enumerate(contest.items()):
            place = root / f"turn{turn}-{number}"
            place.mkdir()
            begin = time.perf_counter()
            act(place)
            times[name].append((time.perf_counter() - begin) * 1000)
            shutil.rmtree(place)
    return {name: median(found) for name, found in times.items()}


def show(title: str, medians: dict[str, float]) -> None:
    """Print a table: the median and its ratio to the first contestant's."""
    ours = next(iter(medians.values()))
    print(f"{title:34}{'ms':>9}{'ours / it':>11}")
    for name, value in medians.items():
        print(f"  {name:32}{value:9.1f}{ours / value:11.2f}")


def contest_packing(package: Path) -> Contest:
    """Scan, hash, check, pack and make durable; the peers neither hash nor check."""
    return {
        "ours: read, hash, check, pack": lambda place: write_archive(FolderSource.read(package), place / "a.gpack"),
        "GNU tar and gzip (process)": lambda place: _run(
            ["tar", "-czf", str(place / "a.tgz"), "-C", str(package), "."]
        ),
        "tarfile, gz": lambda place: _tarfile(package, place / "a.tgz"),
    }


def contest_unpacking(package: Path, archive: Path, plain: Path, zipped: Path) -> Contest:
    """Unpack with every check and the digests; `cp -r` is the floor that only makes files."""
    return {
        "ours: check, unpack, hash": lambda place: _unpack(archive, place),
        "tarfile, filter=data, no compression": lambda place: _extract(plain, place),
        "tarfile, filter=data, gz": lambda place: _extract(zipped, place),
        "GNU tar and gzip (process)": lambda place: _run(["tar", "-xzf", str(zipped), "-C", str(place)]),
        "cp -r (process)": lambda place: _run(["cp", "-r", str(package), str(place / "copy")]),
    }


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _tarfile(package: Path, target: Path, mode: str = "w:gz") -> Path:
    with tarfile.open(target, mode) as file:  # type: ignore[call-overload]
        file.add(package, arcname=".")
    return target


def _extract(archive: Path, place: Path) -> None:
    with tarfile.open(archive) as file:
        file.extractall(place, filter="data")


def _unpack(archive: Path, place: Path) -> None:
    with archive.open("rb") as stream:
        unpack(stream, place)


def main() -> int:
    """Measure and print."""
    os.sync()
    with tempfile.TemporaryDirectory(prefix="ggen-bench-") as name:
        root = Path(name)
        package = make_package(root / "package")
        archive, plain = root / "a.gpack", _tarfile(package, root / "a.tar", "w")
        packed, zipped = write_archive(FolderSource.read(package), archive), _tarfile(package, root / "a.tgz")
        size = f"{FolderSource.read(package).tree.size / 1e6:.1f} MB"
        ratio = packed / zipped.stat().st_size
        print(f"{_FILES} files, {size}; archive {packed:,} bytes, {ratio:.2f} of tar.gz; medians of {_ROUNDS} turns")
        show("pack", measure(contest_packing(package), root))
        show("unpack", measure(contest_unpacking(package, archive, plain, zipped), root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
