"""The files of a home's registry, as any static file server would have them: a registry for reading."""

import io
from collections.abc import Iterator
from pathlib import Path

from marketplace.archive import pack
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.tree import Tree
from marketplace.protocol import documents, paths
from marketplace.protocol.documents import PackageEntry, RegistryDocument
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchDocument
from marketplace.storage.base import read_tree
from support.market.packages import local_registry


class _Stored:
    """A stored package as `pack` wants it."""

    def __init__(self, registry: LocalRegistry, tree: Tree) -> None:
        self.tree = tree
        self._store = registry.store

    def open(self, path: str) -> io.BufferedReader:
        """Open a file."""
        entry = self.tree.get(path)
        assert entry
        return self._store.open(entry.digest)  # type: ignore[return-value]


def files_of(home: Path, *, archives: bool = True) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file."""
    registry = local_registry(home)
    yield paths.REGISTRY, documents.encode_registry(RegistryDocument("mirror", "", "", None))
    yanks: dict[tuple[str, str], YankRecord] = {}
    releases: dict[PackageId, list[tuple[int, Release]]] = {}
    for place, record in registry.index.entries():
        if isinstance(record, Release):
            releases.setdefault(record.id, []).append((place, record))
        elif record.action == "yank":
            yanks[str(record.id), str(record.version)] = record
        else:
            del yanks[str(record.id), str(record.version)]
    for id_, found in releases.items():
        entries = [PackageEntry(release, n, yanks.get((str(id_), str(release.version)))) for n, release in found]
        entries.sort(key=lambda entry: entry.release.version.precedence, reverse=True)
        yield paths.package(id_), documents.encode_package(id_, entries)
        yield paths.downloads(id_), documents.encode_downloads(id_, registry.index.downloads(id_))
        for _, release in found:
            tree = read_tree(registry.store, release.content_id)
            if archives:
                packed = io.BytesIO()
                pack(_Stored(registry, tree), packed)  # type: ignore[arg-type]
                yield paths.archive(release.content_id), packed.getvalue()
    for digest in registry.store.digests():
        yield paths.blob(digest), registry.store.path_of(digest).read_bytes()
    yield paths.YANKED, documents.encode_yanked(yanks.values())
    yield paths.CATEGORIES, documents.encode_categories(registry.categories())
    shown = [item for item in registry.index.documents() if isinstance(item, SearchDocument)]
    yield paths.CATALOG, documents.encode_catalog(shown)
    registry.index.close()
