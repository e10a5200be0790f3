"""The programs that this one is compared with, installed by their ordinary clients below `build/bench/peers`."""

import json
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchmarks.measuring import MissingPeerError
from benchmarks.processes import install, python_with

PYTHON_PEERS = ("uv==0.13.9", "pypiserver==2.4.2")
TESTCONTAINERS = ("testcontainers==4.9.0",)
NODE_PEERS = {"verdaccio": "6.10.4", "node": "22.23.3"}
"""Verdaccio 6 wants Node 22 or later; the package `node` brings one."""

FUZZERS = ("schemathesis==4.32.5",)
"""MIT; in an environment of its own, since it brings some forty libraries along."""
DEBIAN_PEERS = ("nginx", "wrk", "libluajit-5.1-2", "libluajit-5.1-common")
"""Debian's packages with nginx and wrk and what they need; unpacked, not installed."""

_OVERRIDES = {"node-fetch": "2.7.0"}


def tool(name: str) -> Path:
    """Return a program of the machine itself.

    Raises:
        MissingPeerError: it is not there.
    """
    found = shutil.which(name)
    if found is None:
        raise MissingPeerError(f"{name} is not on this machine")
    return Path(found)


@cache
def python_peers(kept: Path) -> Path:
    """Return the `bin` folder with uv, pip and pypi-server.

    Raises:
        MissingPeerError: they cannot be installed.
    """
    return _python(kept / "peers" / "python", PYTHON_PEERS, "uv or pypiserver")


@cache
def testcontainers(kept: Path) -> Path:
    """Return the `bin` folder of an interpreter with testcontainers.

    Raises:
        MissingPeerError: it cannot be installed.
    """
    return _python(kept / "peers" / "testcontainers", TESTCONTAINERS, "testcontainers")


@cache
def fuzzer(kept: Path) -> Path:
    """Return the program schemathesis.

    Raises:
        MissingPeerError: it cannot be installed.
    """
    return _python(kept / "peers" / "fuzzer", FUZZERS, "schemathesis") / "schemathesis"


@cache
def debian_peers(kept: Path) -> Path:
    """Return the folder with Debian's nginx and wrk, taken with apt-get and unpacked without touching the machine.

    Raises:
        MissingPeerError: they cannot be had.
    """
    folder = kept / "peers" / "debian"
    mark = folder / "installed"
    if not mark.is_file() or mark.read_text().split() != list(DEBIAN_PEERS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install([tool("apt-get"), "download", *DEBIAN_PEERS], "nginx or wrk", folder)
        for package in folder.glob("*.deb"):
            install([tool("dpkg"), "-x", package, folder], package.name)
        mark.write_text("\n".join(DEBIAN_PEERS))
    return folder


def _python(folder: Path, packages: Sequence[str], what: str) -> Path:
    mark = folder / "installed"
    if not mark.is_file() or mark.read_text().split() != list(packages):
        shutil.rmtree(folder, ignore_errors=True)
        python_with(folder, packages, what)
        mark.write_text("\n".join(packages))
    return folder / "bin"


@cache
def node_peers(kept: Path) -> Path:
    """Return the `node_modules` folder with Verdaccio and the Node it runs on.

    Raises:
        MissingPeerError: they cannot be installed.
    """
    folder = kept / "peers" / "node"
    wanted = json.dumps({"private": True, "dependencies": NODE_PEERS, "overrides": _OVERRIDES})
    mark = folder / "installed"
    if not mark.is_file() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(wanted)
        install([tool("npm"), "install", "--no-audit", "--no-fund", "--loglevel=error"], "Verdaccio", folder)
        mark.write_text(wanted)
    return folder / "node_modules"
