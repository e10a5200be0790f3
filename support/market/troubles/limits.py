"""Releases beyond the limits, and locks that others hold."""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from marketplace.errors import MarketError
from marketplace.model.manifest import Manifest
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.project.content import checked_tree
from marketplace.registry.local import LocalRegistry
from marketplace.registry.upkeep import Upkeep
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.locks import FileLock
from support.market.signing import signer_of
from support.market.world import World

_MANIFEST = b'[package]\nid = "io.acme.big"\nversion = "1.0.0"\ntitle = "Big"\ndescription = "Big"\nlicense = "MIT"\n'
_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Forged:
    """A `PackageSource` that claims whatever tree it is given."""

    manifest: Manifest
    tree: Tree

    def open(self, path: str) -> BinaryIO:
        """Open the manifest; the other files are a claim."""
        import io

        assert path == "package.toml", path
        return io.BytesIO(_MANIFEST)


def forged(what: str) -> Forged:
    """Return a source of `N files` or of `one file of N bytes`, its manifest aside."""
    digest = digest_of(b"x")
    number = int(next(word for word in what.split() if word.isdigit()))
    if what.endswith("files"):
        claimed = [TreeEntry(f"file{place}", executable=False, size=1, digest=digest) for place in range(number - 1)]
    else:
        claimed = [TreeEntry("file", executable=False, size=number, digest=digest)]
    manifest = TreeEntry("package.toml", executable=False, size=len(_MANIFEST), digest=digest_of(_MANIFEST))
    return Forged(Manifest.parse(_MANIFEST), Tree.of([manifest, *claimed]))


def bring(world: World, what: str, door: str) -> str:
    """Let a forged release come to `publish` or `install`; return the code with which it is refused."""
    source = forged(what)
    release = build_release(source, signer_of("Mallory"), world.now)
    registry = LocalRegistry(world.root / "registry", trust=lambda: TrustStore(world.root / "trust.json"))
    try:
        if door == "publish":
            registry.publish(source, release)
        else:
            registry.store.put_bytes(source.tree.encoded)
            checked_tree(registry.store, release)
    except MarketError as error:
        return error.code
    raise AssertionError("it was not refused")


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A `PackageSource` that calls back before each of its files is opened."""

    inner: FolderSource
    before: Callable[[], None]

    @property
    def manifest(self) -> Manifest:
        """The manifest."""
        return self.inner.manifest

    @property
    def tree(self) -> Tree:
        """The files."""
        return self.inner.tree

    def open(self, path: str) -> BinaryIO:
        """Call back, then open the file."""
        self.before()
        return self.inner.open(path)


def collect_amid_publishing(world: World, folder: Path) -> tuple[list[str], list[str]]:
    """Publish a folder and try to collect garbage before each file is stored.

    Return the codes with which the collection was refused, and what the store lacks of the published release.
    """

    def registry(timeout: float) -> LocalRegistry:
        trust = TrustStore(world.root / "trust.json")
        return LocalRegistry(world.root / "registry", trust=lambda: trust, lock_timeout=timeout)

    codes: list[str] = []

    def collect() -> None:
        try:
            Upkeep(registry(0)).collect_garbage()
        except MarketError as error:
            codes.append(error.code)

    source = Interrupted(FolderSource.read(folder), collect)
    publisher = registry(_TIMEOUT)
    publisher.publish(source, build_release(source, signer_of("Alice"), world.now))
    return codes, [f"{item.kind} {item.digest}" for item in Upkeep(publisher).verify_store()]


# --- locks ------------------------------------------------------------------------------------------------------------


class Holder:
    """A process that holds a lock until it is killed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "support.market.troubles.limits", str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout and self.process.stdout.readline() == "held\n"

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.process.kill()
        self.process.communicate()


def collect_beside(root: Path, holder: Holder, state: str) -> tuple[str, str]:
    """Collect garbage while `holder` has the lock; return the error's text with its hint, and what was told."""
    told: list[str] = []
    waiting = threading.Event()

    def notify(text: str) -> None:
        told.append(text)
        waiting.set()

    store = FilesystemStore(root, lock_timeout=1.5 if state == "stays" else _TIMEOUT, notify=notify)
    failed: list[str] = []

    def collect() -> None:
        try:
            store.gc([])
        except MarketError as error:
            failed.append(f"{error.code}: {error.message} ({error.hint})")

    thread = threading.Thread(target=collect)
    thread.start()
    assert waiting.wait(_TIMEOUT), "nobody was told who holds the lock"
    if state == "is killed":
        holder.kill()
    thread.join(_TIMEOUT)
    assert not thread.is_alive(), "the lock was not freed"
    return "".join(failed), "\n".join(told)


def _hold(path: Path) -> None:
    with FileLock(path, purpose="holding it for a test", timeout=0):
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _hold(Path(sys.argv[1]))
