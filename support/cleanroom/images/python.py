"""Images, built without the network, once per content: a Python base, and a Python project on top of it.

An ordinary user builds on an official Python image (`BASE_IMAGE=python:3.11-slim`). Where none can be pulled the base
is the running interpreter with the libraries that it needs, copied into an empty tree. The same recipes give the docker
engine its images and the host engine the root file systems that it runs in.
"""

import fcntl
import functools
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.engine.base import EngineError, Recipe
from support.cleanroom.images.base_tree import fill_tree, fingerprint

FILES = Path(__file__).resolve().parent / "files"
_FORMAT = "1"  # raise it when the way of building changes without a file changing
_TIMEOUT = 600


def cache_folder() -> Path:
    """Return the folder that keeps wheels and trees between runs: `CLEANROOM_CACHE`, else the user's cache."""
    named = os.environ.get("CLEANROOM_CACHE")
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cleanroom"
    return Path(named) if named else default


def cached(kind: str, key: str, fill: Callable[[Path], object]) -> Path:
    """Return a folder of the cache, filled by the first who asks. It appears whole or not at all."""
    place = cache_folder() / kind / key[:16]
    with in_use(place):
        if place.is_dir():
            return place
        staging = Path(tempfile.mkdtemp(dir=place.parent, prefix=f"{place.name}-"))
        try:
            staging.chmod(0o755)
            fill(staging)
            staging.rename(place)
        except BaseException:
            shutil.rmtree(staging)
            raise
    return place


@contextmanager
def in_use(place: Path) -> Iterator[None]:
    """Hold a lock on a thing of the cache, and note beside it that it was wanted now."""
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = place.parent / f"{place.name}.lock"
    with locked(lock):
        os.utime(lock)
        yield


@contextmanager
def unused(place: Path, before: float) -> Iterator[bool]:
    """Hold the lock, if it is free, and say whether the thing was not wanted since a time.

    One that is seen here for the first time counts as wanted now.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"{place.name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it is being built
            yield False
            return
        yield os.fstat(file.fileno()).st_mtime < before


def prune_trees(before: float) -> list[str]:
    """Remove the trees that nobody has wanted since a time, and what builds left that were killed before it.

    Wheels and packages stay: they cost a download, and there are few of them.
    """
    removed = []
    for path in (cache_folder() / "trees").glob("*"):
        if path.is_dir():
            with unused(path.parent / path.name.partition("-")[0], before) as old:
                if old:
                    shutil.rmtree(path)
                    removed.append(path.name)
    return removed


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among the processes of this machine."""
    with path.open("a") as file:  # which leaves the file's time as it is
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(parts: Iterable[str | bytes]) -> str:
    """Return the SHA-256 of parts, each with its length before it."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def tree_of(recipe: Recipe) -> Path:
    """Return the root file system of a recipe, made the first time; nobody may write to it."""
    base = recipe.base()
    return cached("trees", recipe.key(), lambda folder: recipe.build_tree(folder, tree_of(base) if base else None))


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
        shutil.copytree(tree_of(self), folder / "tree", symlinks=True, copy_function=_link_or_copy)
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
        for file in self._sources():
            content += [file.relative_to(self.project).as_posix(), file.read_bytes()]
        return digest([*content, self.constraints.read_bytes(), *self.extras])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the Dockerfile, the wheels and the script that installs them."""
        for name in ("Dockerfile", "install.sh", "cleanroom-probe"):
            shutil.copy2(FILES / name, folder / name)
        shutil.copytree(self._dependencies(), folder / "wheels" / "dependencies", copy_function=_link_or_copy)
        self._build_wheel(folder / "wheels" / "project")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Run the Dockerfile's steps in a copy of the base's tree."""
        if base is None:
            raise EngineError(f"{self.name} needs a base")
        copy_tree(base, folder)
        with tempfile.TemporaryDirectory(prefix="cleanroom-build-") as build:
            self.build_context(Path(build))
            for step in ("dependencies", "project"):
                run_in_tree(folder, Path(build), ["sh", "/build/install.sh", step])
        shutil.copy2(FILES / "cleanroom-probe", folder / "usr/local/bin/cleanroom-probe")

    def _sources(self) -> list[Path]:
        code = [path for package in self.packages for path in (self.project / package).rglob("*") if path.is_file()]
        kept = [path for path in code if path.suffix not in (".pyc", ".pyo")]
        about = [self.project / name for name in ("pyproject.toml", "README.md", "LICENSE")]
        return sorted(kept + [path for path in about if path.exists()])

    def _requirements(self) -> list[str]:
        table = tomllib.loads((self.project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return sorted([*table.get("dependencies", []), *self.extras])

    def _dependencies(self) -> Path:
        """Return the folder of the dependencies' wheels; it is filled once for each set of pins."""
        wanted = self._requirements()
        key = digest([_FORMAT, sys.version, *wanted, self.constraints.read_bytes()])

        def fill(folder: Path) -> None:
            (folder / "requirements.txt").write_text("\n".join(wanted) + "\n", encoding="utf-8")
            pip("wheel", "-r", str(folder / "requirements.txt"), "-c", str(self.constraints), "-w", str(folder))

        return cached("wheels", key, fill)

    def _build_wheel(self, target: Path) -> None:
        """Build the project's wheel from a copy: a build leaves files beside the sources."""
        with tempfile.TemporaryDirectory(prefix="cleanroom-source-") as name:
            for file in self._sources():
                copy = Path(name) / file.relative_to(self.project)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, copy)
            pip("wheel", "--no-deps", name, "-w", str(target))


@functools.cache
def python_image() -> Recipe:
    """Return the image of a room that names none: the base, and the probe that tries to break a policy."""
    return ProbeImage()


def pip(*args: str) -> None:
    """Run pip of the running environment.

    Raises:
        EngineError: it failed; the text has its last lines.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *args]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise EngineError(f"pip {' '.join(args)} gave {done.returncode}\n{done.stdout[-2000:]}")


def run_in_tree(tree: Path, build: Path, argv: list[str]) -> None:
    """Run a step of a build with a tree as its root, without any network.

    Raises:
        EngineError: bubblewrap is missing, or the step failed.
    """
    program = shutil.which("bwrap")
    if not program:
        raise EngineError("bubblewrap is needed to build a tree; `make engine` installs it")
    command = [
        program, "--bind", str(tree), "/", "--ro-bind", str(build), "/build", "--tmpfs", "/tmp",  # noqa: S108
        "--dev", "/dev", "--proc", "/proc", "--unshare-net", "--unshare-pid", "--die-with-parent", "--clearenv",
        "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--chdir", "/", *argv,
    ]  # fmt: skip
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise EngineError(f"{' '.join(argv)} gave {done.returncode}\n{done.stdout[-2000:]}")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree into an empty folder, by hard links where that can be: neither may be written to in place."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)
    return target


def pinned(names: Iterable[str]) -> tuple[str, ...]:
    """Return requirements for packages as they are installed here."""
    return tuple(f"{name}=={re.sub(r'[+].*', '', importlib.metadata.version(name))}" for name in names)
