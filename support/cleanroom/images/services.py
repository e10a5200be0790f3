"""Images of services from Debian packages, on the Python base: unpacked, never installed."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.engine.base import Recipe
from support.cleanroom.images.building import run_in_tree, tree_upon
from support.cleanroom.images.cache import digest
from support.cleanroom.images.debian_packages import packages, unpack
from support.cleanroom.images.python import FILES, python_base

_FORMAT = "1"  # raise it when the way of building changes without a file changing
# What a server never reads: a third of PostgreSQL's packages is text in other languages, and its compiler's input.
_SKIPPED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/lib/postgresql/*/lib/bitcode",
)
_DOCKERFILE = """ARG BASE
FROM ${BASE}
COPY tree /
COPY *.sh /build/
%sUSER 10001:10001
WORKDIR /tmp
"""


@dataclass(frozen=True, slots=True)
class DebianImage:
    """The programs of Debian packages; `script`, of the folder `files`, runs once when the image is built."""

    name: str
    debian: tuple[str, ...]
    script: str = ""

    def base(self) -> Recipe | None:
        """Return the Python base: its shell and libraries are what the packages stand on."""
        return python_base()

    def key(self) -> str:
        """Return a digest of base, packages by name and version, and script."""
        names = sorted(path.name for path in packages(self.debian).glob("*.deb"))
        script = (FILES / self.script).read_bytes() if self.script else b""
        return digest([_FORMAT, python_base().key(), _DOCKERFILE, *_SKIPPED, *names, script])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the Dockerfile, the packages' content, and the script."""
        _fill(self.debian, folder / "tree")
        (folder / "none.sh").touch()  # COPY must find something
        if self.script:
            shutil.copy2(FILES / self.script, folder / self.script)
        run = f"RUN sh /build/{self.script}\n" if self.script else ""
        (folder / "Dockerfile").write_text(_DOCKERFILE % run, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Unpack over a copy of the base's tree, and run the script there."""
        with tree_upon(base, folder, self.name) as build:
            _fill(self.debian, build / "tree")
            _lay_over(build / "tree", folder)
            if self.script:
                shutil.copy2(FILES / self.script, build)
                run_in_tree(folder, build, ["sh", f"/build/{self.script}"])


def _fill(names: tuple[str, ...], folder: Path) -> None:
    """Unpack packages; Debian's `/lib` and `/bin` are links to those below `/usr`, and go there."""
    folder.mkdir()
    unpack(packages(names), folder)
    for name in ("bin", "sbin", "lib", "lib64"):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, folder / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(folder / name)
    for pattern in _SKIPPED:
        for path in folder.glob(pattern):
            shutil.rmtree(path)


def _lay_over(tree: Path, folder: Path) -> None:
    """Copy over a tree of hard links: a file that is there is replaced, never written to."""
    subprocess.run(["cp", "-a", "--remove-destination", f"{tree}/.", str(folder)], check=True)


def nginx_image() -> DebianImage:
    """Return the recipe of nginx, with a configuration to serve /data on port 8000 as a user without rights."""
    return DebianImage("nginx", ("nginx",), "install-nginx.sh")


def redis_image() -> DebianImage:
    """Return the recipe of Redis."""
    return DebianImage("redis", ("redis-server", "redis-tools"))


def postgres_image() -> DebianImage:
    """Return the recipe of PostgreSQL 15, with an empty cluster made beforehand."""
    return DebianImage("postgres", ("postgresql-15", "postgresql-client-15", "tzdata"), "install-postgres.sh")
