"""Programs of Debian packages, unpacked into a folder: no maintainer script runs, nothing is installed here.

`apt-get download` fetches the packages that are named and the shared libraries that they depend on, once for each set
of versions; `dpkg-deb -x` unpacks them.
"""

import functools
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.cleanroom.engine.base import EngineError
from support.cleanroom.images.cache import cached, digest

_DEPENDS = re.compile(r"^ {1,2}\|?(?:Pre)?Depends: (lib\S+)$", re.MULTILINE)
_FLAGS = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
# The base has the C and C++ libraries of this machine; LLVM is for just-in-time compilation alone, and large.
_LEFT_OUT = ("libc6", "libgcc-s1", "libstdc++6", "libllvm", "libperl")
_SECONDS = 300


@functools.cache
def lacking(names: tuple[str, ...]) -> str:
    """Return why packages cannot be had here, or nothing."""
    programs = [name for name in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(name)]
    if programs:
        return f"no {programs[0]} here: the packages of Debian cannot be had"
    unknown = [name for name in names if not _versions((name,))]
    return f"apt knows no package {unknown[0]} (apt-get update tells it)" if unknown else ""


def packages(names: Sequence[str]) -> Path:
    """Return the folder of the packages' files and of the libraries that they need; it is filled once per version.

    Raises:
        EngineError: a package is unknown, or cannot be fetched.
    """
    if reason := lacking(tuple(names)):
        raise EngineError(reason)
    return cached("debian", digest([*names, *_versions(tuple(names))]), lambda folder: _fetch(names, folder))


def unpack(files: Path, folder: Path) -> None:
    """Unpack every package of a folder into another."""
    for file in sorted(files.glob("*.deb")):
        _run("dpkg-deb", "-x", str(file), str(folder))


@functools.cache
def _versions(names: tuple[str, ...]) -> tuple[str, ...]:
    told = _run("apt-cache", "policy", *names)
    return tuple(re.findall(r"^  Candidate: (?!\(none\))(\S+)$", told, re.MULTILINE))


def _fetch(names: Sequence[str], folder: Path) -> None:
    found, new = set(names), list(names)
    while new:
        told = _run("apt-cache", "depends", *_FLAGS, *new)
        new = sorted({name for name in _DEPENDS.findall(told) if not name.startswith(_LEFT_OUT)} - found)
        found |= set(new)
    _run("apt-get", "download", *sorted(found), folder=folder)


def _run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=folder,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
    )  # fmt: skip
    if done.returncode:
        raise EngineError(f"{' '.join(command)} gave {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout
