"""Homes of the marketplace with a key and a registry of any number of packages."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Stage
from benchmarks.processes import digest_of_sources
from marketplace.clock import system_clock, timestamp
from marketplace.index.local import LocalIndex
from marketplace.model.manifest import Manifest
from marketplace.model.release import Release
from marketplace.model.tree import digest_of
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchDocument
from marketplace.security.keys import KeyRing, Signer
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from support.market.catalogs.catalogue_of_words import made_up

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FAST = Path("/dev/shm")  # noqa: S108 - a file system in memory, where a sync costs nothing


def new_home(folder: Path) -> Path:
    """Make a home with one signing key; return it."""
    KeyRing(folder / "keys").create("bench", _NOW)
    return folder


def registry_of(home: Path) -> LocalRegistry:
    """Open the home's local registry."""
    return LocalRegistry(home / "registry", trust=lambda: TrustStore(home / "keys" / "trust.json"), clock=system_clock)


def signer_of(home: Path) -> Signer:
    """Load the home's key."""
    return KeyRing(home / "keys").load()


def publish(registry: LocalRegistry, signer: Signer, folder: Path) -> None:
    """Read, sign and publish one package folder, as the command does."""
    source = FolderSource.read(folder)
    registry.publish(source, build_release(source, signer, _NOW))


def publish_many(registry: LocalRegistry, signer: Signer, folders: Iterable[Path]) -> None:
    """Read, sign and publish package folders together, as an import does."""
    sources = list(map(FolderSource.read, folders))
    outcomes = registry.publish_many([(source, build_release(source, signer, _NOW)) for source in sources])
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if refused:
        raise refused[0]


def searchable(stage: Stage, size: int) -> Path:
    """Return a home whose registry lists `size` made-up packages; it is kept until the sources change.

    Only its index and search view are real: nobody installs from it. It is made in memory, where possible, since each
    entry is synced to the disk.
    """
    mark = digest_of_sources("marketplace/index", "marketplace/search", "marketplace/model", "support/market/catalogs")[
        :12
    ]
    kept = stage.kept / "homes"
    home = kept / f"{size}-{mark}"
    if home.is_dir():
        return home
    for old in kept.glob(f"{size}-*"):
        shutil.rmtree(old)
    kept.mkdir(parents=True, exist_ok=True)
    with memory_folder() as fast:
        made = new_home(fast / "home")
        fill(made, map(_listed, made_up(size)))
        half_made = home.with_name("half-made")
        shutil.rmtree(half_made, ignore_errors=True)
        shutil.copytree(made, half_made)
        half_made.rename(home)
    registry = registry_of(home)
    registry.engine.refresh()  # stamps hold the files' times, and those of a copy differ
    registry.index.close()
    return home


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Make a temporary folder in memory, where a sync costs nothing; on the disk where there is no such place."""
    with tempfile.TemporaryDirectory(prefix="ggen-bench-", dir=_FAST if _FAST.is_dir() else None) as folder:
        yield Path(folder)


def fill(home: Path, manifests: Iterable[bytes]) -> None:
    """Append a signed release for each manifest to the home's index; there is no content behind them."""
    signer = signer_of(home)
    (home / "registry").mkdir()
    index = LocalIndex(home / "registry" / "index.sqlite")
    for data in manifests:
        manifest, digest = Manifest.parse(data), digest_of(data)
        unsigned = Release(
            id=manifest.id, version=manifest.version, content_id=digest, size=len(data), files=1,
            dependencies=manifest.dependencies, manifest=digest, published_at=timestamp(_NOW), key=signer.public,
        )  # fmt: skip
        index.append_release(unsigned.signed(signer.sign(unsigned.statement())), manifest, data)
    index.close()


def _listed(document: SearchDocument) -> bytes:
    """Return a package.toml that gives the document's fields."""
    fields = {
        "id": document.id, "version": document.version, "title": document.title, "description": document.description,
        "license": document.license, "category": document.category, "authors": list(document.authors),
        "tags": list(document.tags), "keywords": list(document.keywords),
    }  # fmt: skip
    lines = (f"{name} = {json.dumps(value)}" for name, value in fields.items())
    return ("[package]\n" + "\n".join(lines) + "\n").encode()
