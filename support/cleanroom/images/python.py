"""Images, built without the network, once per content: a Python base, and a Python project on top of it.

An ordinary user builds on an official Python image (`BASE_IMAGE=python:3.11-slim`). Where none can be pulled the base
is the running interpreter with the libraries that it needs, copied into an empty tree. The same recipes give the docker
engine its images and the host engine the root file systems that it runs in.
"""

import functools
import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.engine.base import EngineError, Recipe
from support.cleanroom.images.base_tree import fill_tree, fingerprint
from support.cleanroom.images.building import copy_tree, link_or_copy, pip, run_in_tree, tree_upon
from support.cleanroom.images.cache import cached, digest, tree_of

FILES = Path(__file__).resolve().parent / "files"
_FORMAT = "1"  # raise it when the way of building changes without a file changing


@dataclass(frozen=True, slots=True)
class PythonBase:
    """The running interpreter, its standard library, a shell and the few programs that a build needs."""

    name: str = "python"

    def key(self) -> str:
        """Return a digest of what will be copied."""
        return digest([_FORMAT, *fingerprint()])

    def base(self) -> Recipe | None:
        """Return None: there is nothing below."""
        return None

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the tree, and a Dockerfile that adds it to nothing."""
        shutil.copytree(tree_of(self), folder / "tree", symlinks=True, copy_function=link_or_copy)
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        text = f'FROM scratch\nCOPY tree /\nENV PATH={path}\nCMD ["python3"]\n'
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:  # noqa: ARG002
        """Copy the interpreter and all that it needs."""
        fill_tree(folder)


@dataclass(frozen=True, slots=True)
class NamedBase:
    """An image that the engine has already, such as an official Python image."""

    name: str

    def key(self) -> str:
        """Return a digest of the name."""
        return digest([self.name])

    def base(self) -> Recipe | None:
        """Return None: what is below is not our business."""
        return None

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write a Dockerfile of one line."""
        (folder / "Dockerfile").write_text(f"FROM {self.name}\n", encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:  # noqa: ARG002
        """Refuse: the host engine has no images to take it from."""
        raise EngineError(f"the host engine cannot run {self.name}")


def python_base() -> Recipe:
    """Return the base: what `BASE_IMAGE` names, else the running interpreter."""
    named = os.environ.get("BASE_IMAGE")
    return NamedBase(named) if named else PythonBase()


PROGRAMS = ("cleanroom-probe", "cleanroom-peer")


@dataclass(frozen=True, slots=True)
class ProbeImage:
    """The Python base with the cleanroom's own programs alone."""

    name: str = "probe"

    def base(self) -> Recipe | None:
        """Return the Python base."""
        return python_base()

    def key(self) -> str:
        """Return a digest of base and programs."""
        return digest([_FORMAT, python_base().key(), *((FILES / name).read_bytes() for name in PROGRAMS)])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the Dockerfile and the programs."""
        for name in PROGRAMS:
            shutil.copy2(FILES / name, folder)
        text = "ARG BASE\nFROM ${BASE}\nCOPY cleanroom-* /usr/local/bin/\nUSER 10001:10001\nWORKDIR /tmp\n"
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Copy the programs into a copy of the base."""
        if base is None:
            raise EngineError("the probe needs a base")
        copy_tree(base, folder)
        for name in PROGRAMS:
            shutil.copy2(FILES / name, folder / "usr/local/bin" / name)


@dataclass(frozen=True, slots=True)
class PythonProject:
    """A project with a `pyproject.toml`, installed with its dependencies as `constraints` pins them, and `extras`."""

    name: str
    project: Path
    packages: tuple[str, ...]  # the folders of its code
    constraints: Path
    extras: tuple[str, ...] = ()

    def base(self) -> Recipe | None:
        """Return the Python base."""
        return python_base()

    def key(self) -> str:
        """Return a digest of base, sources, pins and the way of building."""
        files = [FILES / name for name in ("Dockerfile", "install.sh", "cleanroom-probe")]
        content: list[str | bytes] = [_FORMAT, python_base().key(), *(file.read_bytes() for file in files)]
        for file in self.sources():
            content += [file.relative_to(self.project).as_posix(), file.read_bytes()]
        return digest([*content, self.constraints.read_bytes(), *self.extras])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the Dockerfile, the wheels and the script that installs them."""
        for name in ("Dockerfile", "install.sh", "cleanroom-probe"):
            shutil.copy2(FILES / name, folder / name)
        shutil.copytree(self.dependencies(), folder / "wheels" / "dependencies", copy_function=link_or_copy)
        self.build_wheel(folder / "wheels" / "project")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Run the Dockerfile's steps in a copy of the base's tree."""
        with tree_upon(base, folder, self.name) as build:
            self.build_context(build)
            for step in ("dependencies", "project"):
                run_in_tree(folder, build, ["sh", "/build/install.sh", step])
        shutil.copy2(FILES / "cleanroom-probe", folder / "usr/local/bin/cleanroom-probe")

    def sources(self) -> list[Path]:
        """Return the files of the project that an image is made of."""
        code = [path for package in self.packages for path in (self.project / package).rglob("*") if path.is_file()]
        kept = [path for path in code if path.suffix not in (".pyc", ".pyo")]
        about = [self.project / name for name in ("pyproject.toml", "README.md", "LICENSE")]
        return sorted(kept + [path for path in about if path.exists()])

    def requirements(self) -> list[str]:
        """Return what the project is installed with."""
        table = tomllib.loads((self.project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return sorted([*table.get("dependencies", []), *self.extras])

    def dependencies(self) -> Path:
        """Return the folder of the dependencies' wheels; it is filled once for each set of pins."""
        wanted = self.requirements()
        key = digest([_FORMAT, sys.version, *wanted, self.constraints.read_bytes()])

        def fill(folder: Path) -> None:
            (folder / "requirements.txt").write_text("\n".join(wanted) + "\n", encoding="utf-8")
            pip("wheel", "-r", str(folder / "requirements.txt"), "-c", str(self.constraints), "-w", str(folder))

        return cached("wheels", key, fill)

    def build_wheel(self, target: Path) -> None:
        """Build the project's wheel from a copy: a build leaves files beside the sources."""
        with tempfile.TemporaryDirectory(prefix="cleanroom-source-") as name:
            for file in self.sources():
                copy = Path(name) / file.relative_to(self.project)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, copy)
            pip("wheel", "--no-deps", name, "-w", str(target))


@functools.cache
def python_image() -> Recipe:
    """Return the image of a room that names none: the base, and the probe that tries to break a policy."""
    return ProbeImage()


def pinned(names: Iterable[str]) -> tuple[str, ...]:
    """Return requirements for packages as they are installed here."""
    return tuple(f"{name}=={re.sub(r'[+].*', '', importlib.metadata.version(name))}" for name in names)
