"""The image of the fault proxy: the Python base with the proxy's program and h11, the only thing that it needs."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h11

from support.cleanroom.engine.base import EngineError, Recipe
from support.cleanroom.images.building import copy_tree
from support.cleanroom.images.cache import digest
from support.cleanroom.images.python import python_base

PLACE = "/opt/proxy"
"""Where its Python files are inside: what PYTHONPATH is to name."""

_FORMAT = "1"  # raise it when the way of building changes without a file changing
_PROXY = Path(__file__).resolve().parents[1] / "proxy"
_PROGRAM = ("__init__.py", "__main__.py", "answers.py", "links.py", "schedules.py")


@dataclass(frozen=True, slots=True)
class ProxyImage:
    """The fault proxy, to be run as `python3 -m support.cleanroom.proxy`."""

    name: str = "fault-proxy"

    def base(self) -> Recipe | None:
        """Return the Python base."""
        return python_base()

    def key(self) -> str:
        """Return a digest of base, program and h11."""
        content: list[str | bytes] = [_FORMAT, python_base().key()]
        for inside, file in sorted(_files().items()):
            content += [inside, file.read_bytes()]
        return digest(content)

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the Dockerfile and the program."""
        _fill(folder / "proxy")
        text = f"ARG BASE\nFROM ${{BASE}}\nCOPY proxy {PLACE}\nUSER 10001:10001\nWORKDIR /tmp\n"
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Copy the program into a copy of the base."""
        if base is None:
            raise EngineError(f"{self.name} needs a base")
        copy_tree(base, folder)
        _fill(folder / PLACE.lstrip("/"))


def _files() -> dict[str, Path]:
    """Return the files by their places: the packages above the proxy are folders alone, which Python takes as such."""
    library = Path(h11.__file__).parent
    program = {f"support/cleanroom/proxy/{name}": _PROXY / name for name in _PROGRAM}
    return program | {f"h11/{file.name}": file for file in library.glob("*.py")}


def _fill(folder: Path) -> None:
    for inside, file in _files().items():
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def proxy_image() -> Recipe:
    """Return the recipe of the fault proxy's image."""
    return ProxyImage()
