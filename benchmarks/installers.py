"""Who installs 50 packages (105 with what they need): this program, uv and npm, in each of their states."""

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.homes import new_home, publish, registry_of, signer_of
from benchmarks.measuring import Contestant, MissingPeerError, Stage
from benchmarks.packages import Package, as_folder, as_npm_tarball, as_wheel, fifty_and_what_they_need, npm_document
from benchmarks.processes import environment, product, run

_LINKING = """
import hashlib, os, sys
source, target = sys.argv[1:]
for folder, _, names in os.walk(source):
    inner = target + folder[len(source):]
    os.mkdir(inner)
    for name in names:
        os.link(f"{folder}/{name}", f"{inner}/{name}")
        with open(f"{inner}/{name}", "rb", buffering=0) as file:
            hashlib.sha256(file.read()).digest()
"""


def with_packages(stage: Stage, name: str) -> Path:
    """Return a new home whose local registry has the packages."""
    home = new_home(stage.scratch / name)
    registry, signer = registry_of(home), signer_of(home)
    roots, dependencies = fifty_and_what_they_need()
    for package in [*dependencies, *roots]:
        publish(registry, signer, as_folder(package, stage.scratch / f"{name}-folders" / package.name))
    registry.index.close()
    return home


class Ours:
    """`ggen market install`: cold makes the copies to link from and resolves; warm and locked links them again.

    Args:
        name: the name of its folders.
        url: the address of a registry over HTTP that has the packages; None for the local registry of its home, which
            must have them.
    """

    def __init__(self, stage: Stage, name: str, home: Path, url: str | None = None) -> None:
        self._stage = stage
        self._installed = product(stage)
        self._home = home
        self._url = url
        self._project = stage.scratch / f"{name}-project"
        self._project.mkdir()
        if url:
            self._market("registry", "add", "bench", url)
            self._market("config", "registry", "bench")
        roots, dependencies = fifty_and_what_they_need()
        needs = "".join(f'"{package.id}" = "^1"\n' for package in roots)
        (self._project / "ggen.toml").write_text(f"[dependencies]\n{needs}")
        self._market("install", "--quiet")
        count = len(list((self._project / ".ggen" / "packages").iterdir()))
        assert count == len(roots) + len(dependencies), count

    def _market(self, *words: object) -> None:
        run([self._installed.ggen, "market", *words], self._installed.environment(self._home), self._project)

    def contestant(self, state: str) -> Contestant:
        """Return the contestant that starts from a project in this state."""
        words = ["install", "--quiet", *([] if state == "cold" else ["--locked"])]
        prepare: dict[str, Callable[[], object]] = {"cold": self._cold, "warm": self._warm, "no-op": lambda: None}
        return Contestant(f"ggen market install, {state}", lambda: self._market(*words), prepare[state])

    def _warm(self) -> None:
        shutil.rmtree(self._project / ".ggen")

    def _cold(self) -> None:
        self._warm()
        (self._project / "ggen.lock").unlink()
        if self._url:
            for kept in ("cache", "logs"):
                shutil.rmtree(self._home / kept, ignore_errors=True)
        else:
            shutil.rmtree(self._home / "registry" / "store" / "links", ignore_errors=True)

    def floor(self) -> Contestant:
        """Return one Python process that links the same files and hashes them."""
        target, env = self._stage.scratch / "linked", environment(self._stage.scratch)
        source = self._stage.scratch / "to-link"
        shutil.copytree(self._project / ".ggen" / "packages", source)
        command = [self._installed.python, "-c", _LINKING, source, target]
        name = "floor: python linking and hashing the same files"
        return Contestant(name, lambda: run(command, env), lambda: shutil.rmtree(target, ignore_errors=True))


class Uv:
    """`uv pip sync` into an emptied environment; its files are linked from the cache when that is warm.

    Args:
        url: the address of a static server of the folder `served`; None to take the wheels from a folder.
    """

    def __init__(self, stage: Stage, name: str = "uv", url: str | None = None) -> None:
        self._folder = stage.scratch / name
        self._folder.mkdir()
        self._source = ["--index-url", f"{url}simple/"] if url else ["--no-index", "--find-links", "wheels"]
        self.missing = ""
        try:
            self._uv = peers.python_peers(stage.kept) / "uv"
        except MissingPeerError as error:
            self.missing = str(error)
        self._env = environment(
            stage.scratch, UV_CACHE_DIR=str(self._folder / "cache"), UV_NO_CONFIG="1", UV_PYTHON_DOWNLOADS="never",
            VIRTUAL_ENV=str(self._folder / "venv"), UV_LINK_MODE="hardlink",
        )  # fmt: skip

    def offer(self, roots: list[Package], dependencies: list[Package]) -> None:
        """Write the wheels and the two lists of requirements, and install once."""
        if "--no-index" in self._source:
            (self._folder / "wheels").mkdir()
            for package in [*roots, *dependencies]:
                as_wheel(package, self._folder / "wheels")
        self._list("roots.txt", [f"{package.name}>=1,<2" for package in roots])
        self._list("locked.txt", [f"{package.name}=={package.version}" for package in [*roots, *dependencies]])
        self._new_environment()
        self._install("warm")
        count = len(list((self._folder / "venv").glob("lib/python*/site-packages/*.dist-info")))
        assert count == len(roots) + len(dependencies), count

    def _list(self, name: str, lines: list[str]) -> None:
        (self._folder / name).write_text("\n".join(lines) + "\n")

    def _install(self, state: str) -> None:
        what = ["install", "-r", "roots.txt"] if state == "cold" else ["sync", "locked.txt"]
        run([self._uv, "pip", *what, *self._source], self._env, self._folder)

    def _new_environment(self) -> None:
        run([self._uv, "venv", "--clear", self._folder / "venv"], self._env, self._folder)

    def contestant(self, state: str, goal: float | None) -> Contestant:
        """Return the contestant; cold resolves from an empty cache."""
        if self.missing:
            raise MissingPeerError(self.missing)
        prepare: dict[str, Callable[[], object]] = {
            "cold": self._cold, "warm": self._new_environment, "no-op": lambda: None
        }  # fmt: skip
        return Contestant(f"uv, {state}", lambda: self._install(state), prepare[state], goal=goal)

    def _cold(self) -> None:
        self._new_environment()
        shutil.rmtree(self._folder / "cache")


class Npm:
    """`npm ci` from the lock, or `npm install` where nothing is to be done (`ci` always starts afresh)."""

    def __init__(self, stage: Stage, stack: ExitStack) -> None:
        self._folder = stage.scratch / "npm"
        self._folder.mkdir()
        self.missing = ""
        try:
            self._registry = stack.enter_context(servers.verdaccio(stage))
        except MissingPeerError as error:
            self.missing = str(error)

    def offer(self, roots: list[Package], dependencies: list[Package]) -> None:
        """Publish to Verdaccio, and install once."""
        for package in [*roots, *dependencies]:
            self._registry.put(npm_document(package), as_npm_tarball(package))
        needs = {package.name: "^1.0.0" for package in roots}
        document = {"name": "project", "version": "1.0.0", "dependencies": needs}
        (self._folder / "package.json").write_text(json.dumps(document))
        self._npm("install")
        count = sum((path / "package.json").is_file() for path in (self._folder / "node_modules").iterdir())
        assert count == len(roots) + len(dependencies), count

    def _npm(self, *arguments: str) -> None:
        run([self._registry.npm, *arguments], self._registry.environment(self._folder / "cache"), self._folder)

    def contestant(self, state: str, goal: float | None) -> Contestant:
        """Return the contestant; cold fetches from Verdaccio on this machine."""
        if self.missing:
            raise MissingPeerError(self.missing)
        acts = {"cold": ("install",), "warm": ("ci", "--offline"), "no-op": ("install", "--offline")}
        prepare: dict[str, Callable[[], object]] = {"cold": self._cold, "warm": self._warm, "no-op": lambda: None}
        return Contestant(f"npm, {state}", lambda: self._npm(*acts[state]), prepare[state], goal=goal)

    def _warm(self) -> None:
        shutil.rmtree(self._folder / "node_modules")

    def _cold(self) -> None:
        self._warm()
        (self._folder / "package-lock.json").unlink()
        shutil.rmtree(self._folder / "cache")
