"""The image of a node: `ggen` with the extra p2p. Its dependencies are an image of their own, since they are many and
change seldom; what changes with the product is one wheel on top.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.cleanroom.engine.base import EngineError, Recipe
from support.cleanroom.images.building import run_in_tree, tree_upon
from support.cleanroom.images.cache import digest
from support.cleanroom.images.python import FILES, PythonProject, pinned, python_base
from support.market.marketplace_room import ROOT

_FORMAT = "1"
_GMP = "libgmp.so.10"  # what fastecdsa, a dependency of libp2p without a wheel for Linux, is linked with
_INSTALL = "sh /build/install.sh dependencies"
_ADD = """set -eu
python3 -m pip --python /opt/app/bin/python --disable-pip-version-check --no-cache-dir install --quiet \\
  --no-index --no-compile --no-deps /build/*.whl
/opt/app/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/app/lib/python3*/site-packages/marketplace
"""


def _project() -> PythonProject:
    return PythonProject(
        "ggen-p2p", ROOT, ("marketplace",), ROOT / "constraints.txt", pinned(["coverage", "libp2p", "trio"])
    )


def _library() -> Path:
    """Return where this machine has libgmp."""
    found = next(Path("/usr/lib").glob(f"*-linux-*/{_GMP}"), None)
    if found is None:
        raise EngineError(f"{_GMP} is not installed, and libp2p needs it: apt-get install libgmp10")
    return found.resolve()


@dataclass(frozen=True, slots=True)
class PeerDependencies:
    """The Python base with what `ggen[p2p]` depends on."""

    name: str = "ggen-p2p-dependencies"
    project: PythonProject = field(default_factory=_project)

    def base(self) -> Recipe | None:
        """Return the Python base."""
        return python_base()

    def key(self) -> str:
        """Return a digest of base, requirements, pins and the way of building."""
        script = (FILES / "install.sh").read_bytes()
        pins = self.project.constraints.read_bytes()
        return digest([_FORMAT, python_base().key(), script, pins, *self.project.requirements()])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the wheels, the script that installs them, and a Dockerfile."""
        shutil.copy2(FILES / "install.sh", folder)
        shutil.copy2(FILES / "cleanroom-probe", folder)
        shutil.copy2(_library(), folder / _GMP)
        shutil.copytree(self.project.dependencies(), folder / "wheels" / "dependencies")
        text = (
            f"ARG BASE\nFROM ${{BASE}}\nUSER 0:0\nCOPY {_GMP} /usr/lib/\nCOPY cleanroom-probe /usr/local/bin/\n"
            f"COPY install.sh /build/\nCOPY wheels /build/wheels\nRUN {_INSTALL}\n"
        )
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Run the Dockerfile's steps in a copy of the base's tree."""
        with tree_upon(base, folder, self.name) as build:
            self.build_context(build)
            shutil.copy2(build / _GMP, folder / "usr/lib" / _GMP)
            shutil.copy2(build / "cleanroom-probe", folder / "usr/local/bin/cleanroom-probe")
            run_in_tree(folder, build, ["sh", "-c", _INSTALL])


@dataclass(frozen=True, slots=True)
class PeerImage:
    """The product on top of its dependencies."""

    name: str = "ggen-p2p"
    project: PythonProject = field(default_factory=_project)

    def base(self) -> Recipe | None:
        """Return the image of the dependencies."""
        return PeerDependencies()

    def key(self) -> str:
        """Return a digest of the dependencies and the sources."""
        content: list[str | bytes] = [_FORMAT, PeerDependencies().key()]
        for file in self.project.sources():
            content += [file.relative_to(ROOT).as_posix(), file.read_bytes()]
        return digest(content)

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write the wheel, the script that adds it, and a Dockerfile."""
        self.project.build_wheel(folder)
        (folder / "add.sh").write_text(_ADD, encoding="utf-8")
        text = (
            "ARG BASE\nFROM ${BASE}\nUSER 0:0\nCOPY *.whl add.sh /build/\nRUN sh /build/add.sh\n"
            "ENV PATH=/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PYTHONUNBUFFERED=1\n"
            "USER 10001:10001\nWORKDIR /tmp\n"
        )
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:
        """Add the wheel in a copy of the dependencies' tree."""
        with tree_upon(base, folder, self.name) as build:
            self.build_context(build)
            run_in_tree(folder, build, ["sh", "/build/add.sh"])


def peer_image() -> Recipe:
    """Return the recipe of the image that nodes run in."""
    return PeerImage()
