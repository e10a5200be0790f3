"""The bytes of every file of a registry, made from its index: what the server answers and what a mirror writes."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from marketplace.errors import NotFoundError
from marketplace.index import published
from marketplace.index.local import LocalIndex
from marketplace.index.published import Yanks, plain
from marketplace.index.tiles import LogTiles
from marketplace.model.ids import PackageId
from marketplace.model.version import Version
from marketplace.protocol import documents
from marketplace.protocol.documents import RegistryDocument
from marketplace.protocol.paths import Kind, Place
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchDocument
from marketplace.server.log import Checkpoints, LogKey
from marketplace.server.publishing import StoredSource
from marketplace.storage.blobs import missing


class Content:
    """Makes the documents of `registry`, which other processes may change at any time.

    Args:
        key: the key of the registry's log.
        api: the base of the interface beside the files, None where there are files alone.
    """

    def __init__(self, registry: LocalRegistry, key: LogKey, api: str | None) -> None:
        self.registry = registry
        self._root = RegistryDocument(key.verifier.name, key.verifier.name, str(key.verifier), api)
        self._checkpoints = Checkpoints(registry.folder / "checkpoint", key)
        self._makers: Mapping[Kind, Callable[[Place], bytes | None]] = {
            "registry": lambda _place: documents.encode_registry(self._root),
            "package": lambda place: self.package(_id(place)),
            "release": lambda place: self.release(_id(place), place.version),
            "yanked": lambda _place: documents.encode_yanked(self._yanks.now()),
            "categories": lambda _place: documents.encode_categories(self.registry.categories()),
            "downloads": lambda place: self.downloads(_id(place)),
            "quality": lambda place: self.quality(_id(place), place.version),
            "catalog": lambda _place: self.catalog(),
            "checkpoint": lambda _place: self._checkpoints.current(self._index),
            "tile": lambda place: self._tiles.tile(*_numbers(place)),
            "entries": lambda place: self._tiles.entries(*_numbers(place)[1:]),
        }

    @cached_property
    def _index(self) -> LocalIndex:
        return self.registry.index

    @cached_property
    def _tiles(self) -> LogTiles:
        return LogTiles(self._index)

    @cached_property
    def _yanks(self) -> Yanks:
        return Yanks(self._index)

    def of(self, place: Place) -> bytes | None:
        """Return the bytes of a document, or None when there is none.

        Raises:
            IntegrityError: `index-corrupt`.
            UnavailableError: `index-busy`.
        """
        maker = self._makers.get(place.kind)
        return maker(place) if maker else None

    def package(self, id_: PackageId, *, until: int | None = None) -> bytes | None:
        """Return the document of a package, with no release beyond entry `until` of the log."""
        rows = published.releases_of(self._index, id_, until=until)
        if not rows:
            return None
        words = self._yanks.of(id_)  # read after the releases: never older than they are
        return documents.join_package(id_, ((row.position, row.record, words.get(plain(row.version))) for row in rows))

    def release(self, id_: PackageId, version: Version | None) -> bytes | None:
        """Return the record of exactly this version, build metadata included."""
        return next((row.record for row in published.releases_of(self._index, id_) if row.version == version), None)

    def downloads(self, id_: PackageId) -> bytes | None:
        """Return the downloads of a package."""
        known = self._index.rows("SELECT 1 FROM packages WHERE id = ?", (str(id_),))
        return documents.encode_downloads(id_, self._index.downloads(id_)) if known else None

    def quality(self, id_: PackageId, version: Version | None) -> bytes | None:
        """Return what was measured of exactly this version when it was taken."""
        kept = self._index.scores(id_).get(str(version))
        return documents.encode_quality(id_, version, json.loads(kept.report)) if kept and version else None

    def catalog(self) -> bytes:
        """Return what search shows of every package."""
        return documents.encode_catalog(d for d in self._index.documents() if isinstance(d, SearchDocument))

    def archive(self, content_id: str) -> Path:
        """Return the file of a tree's archive, made when it is first asked for; its name tells its bytes.

        Raises:
            NotFoundError: `blob-missing`, there is no such tree.
            IntegrityError: what is stored is damaged, or is no package.
            UnavailableError: `disk-full` or `output-unwritable`.
        """
        from marketplace.archive import SUFFIX, write_archive

        digits = content_id.removeprefix("sha256:")
        folder = self.registry.archives / digits[:2]
        file = folder / f"{digits}-zstd{'.'.join(map(str, _zstd()))}{SUFFIX}"
        if not file.exists():
            store = self.registry.store
            if not store.has(content_id):
                raise missing(content_id)
            folder.mkdir(parents=True, exist_ok=True)
            write_archive(StoredSource.read(store, content_id), file)
        return file

    def absent(self, place: Place) -> NotFoundError:
        """Return the error for a place where there is nothing, with what is close to it."""
        if place.kind in ("package", "downloads") and place.id:
            return self.registry.unknown(place.id)
        if place.kind == "release" and place.id and place.version:
            return self._no_release(place.id, place.version)
        return NotFoundError("not-found", "there is nothing here", hint="check the address of the registry")

    def _no_release(self, id_: PackageId, version: Version) -> NotFoundError:
        try:
            self.registry.get_release(id_, version)
        except NotFoundError as error:
            return error
        return NotFoundError("not-found", f"{id_} has {version} under another spelling", hint="look at its document")


def _zstd() -> tuple[int, ...]:
    """Return the version of the zstd library, on which the bytes of an archive depend."""
    import zstandard

    return zstandard.ZSTD_VERSION


def _id(place: Place) -> PackageId:
    assert place.id is not None  # noqa: S101 - places of these kinds have one
    return place.id


def _numbers(place: Place) -> tuple[int, int, int]:
    assert place.tile is not None  # noqa: S101 - places of these kinds have one
    return place.tile.level, place.tile.index, place.tile.width
