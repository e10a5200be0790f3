"""Documents kept in memory as long as they are true: made once however many ask, and dropped when the log goes on."""

import asyncio
from pathlib import Path
from typing import NamedTuple

from moka_py import Moka

from marketplace.index import published
from marketplace.index.probe import ChangeProbe
from marketplace.protocol.paths import Place
from marketplace.server.content import Content
from marketplace.server.document import Document, PackedDocument
from marketplace.server.pool import Pool

_BY_PACKAGE = frozenset({"package", "release"})
_COUNTED = frozenset({"downloads", "catalog", "quality"})
"""Kinds that change without the log: when downloads are counted, or quality is measured."""

_SINGLE = frozenset({"registry", "yanked", "categories", "catalog", "checkpoint"})
"""Kinds of which there is one document: kept however large it is, since making it for each who asks costs far more."""

_CHECKPOINT_TTL = 30
"""Seconds after which it is looked whether an unchanged log is to be signed again."""

PACKED = 4 * 1024 * 1024
"""Documents beyond this many bytes, which is the catalog of a large registry alone, are kept compressed."""

_MANY = 10_000
"""Changed packages that are remembered; beyond, everything is made anew once."""


class _State(NamedTuple):
    """The index as it was last looked at: SQLite's change counter, the log's size, the number of the newest change."""

    version: int
    size: int
    revision: int


class _Kept(NamedTuple):
    """A document and the state before it was made."""

    document: Document | None
    size: int
    revision: int


class FreshDocuments:
    """The documents of a registry for one event loop.

    Every request asks whether the index has changed, in this thread: a moment, and never a wait, since a reader of a
    write-ahead log waits for nobody. Only a change makes a thread look what changed.

    Args:
        index: the index's file.
        capacity: bytes of documents kept.
        packed: documents beyond this many bytes are kept in their compressed form alone.
    """

    def __init__(self, pool: Pool, index: Path, capacity: int, packed: int = PACKED) -> None:
        self._pool = pool
        self._packed = packed
        self._many: Moka[str, _Kept] = Moka(capacity, weigher=lambda _path, kept: _weight(kept))
        self._single: Moka[str, _Kept] = Moka(len(_SINGLE))
        self._state = _State(-1, -1, -1)
        self._changed: dict[str, int] = {}
        self._probe = ChangeProbe(index)
        self._looking = asyncio.Lock()

    async def get(self, path: str, place: Place) -> Document | None:
        """Return a document as it is now, or None.

        Raises:
            IntegrityError: `index-corrupt`.
            UnavailableError: `index-busy`.
        """
        wanted = self._wanted(place, self.seen() or await self.state())
        known = self._single if place.kind in _SINGLE else self._many
        kept = known.get(path)
        while kept is None or not _holds(place, kept, wanted):
            # Of several that want the same one makes it; what it makes may have been begun before this one asked.
            if kept is not None:
                known.remove(path)
            kept = await self._pool.read(lambda content: self._make(content, path, place, known))
        return kept.document

    def _wanted(self, place: Place, state: _State) -> int:
        """Return the size of the log, or the number of the change, that a document must have seen to be true."""
        if place.kind in _COUNTED:
            return state.revision
        return self._changed.get(str(place.id), 0) if place.kind in _BY_PACKAGE else state.size

    def seen(self) -> _State | None:
        """Return what is known of the index if it has not changed since."""
        return self._state if self._probe.version() == self._state.version >= 0 else None

    async def state(self) -> _State:
        """Return what is known of the index, after another look if it has changed."""
        version = self._probe.version()
        if version != self._state.version or version < 0:
            async with self._looking:
                if version != self._state.version or version < 0:
                    await self._look(version)
        return self._state

    @property
    def revision(self) -> int:
        """The number of the newest change that is known of."""
        return self._state.revision

    async def _look(self, version: int) -> None:
        before = self._state.size
        size, revision, ids = await self._pool.read(lambda content: _looked(content, before))
        if before < 0 or size < before or len(self._changed) + len(ids) > _MANY:
            self._many.clear()  # the first look, another index in its place, or too much to remember
            self._single.clear()
            self._changed.clear()
        else:
            self._changed.update(dict.fromkeys(ids, size))
        self._state = _State(version, size, revision)

    def _make(self, content: Content, path: str, place: Place, known: "Moka[str, _Kept]") -> _Kept:
        def make() -> _Kept:
            state = self._state  # before the index is read: the document is never older than it says
            data = content.of(place)
            document = None if data is None else (PackedDocument if len(data) > self._packed else Document)(data)
            return _Kept(document, state.size, state.revision)

        return known.get_with(path, make, ttl=_CHECKPOINT_TTL if place.kind == "checkpoint" else None)

    def close(self) -> None:
        """Close the connection."""
        self._probe.close()


def _holds(place: Place, kept: _Kept, wanted: int) -> bool:
    if place.immutable and kept.document is not None:
        return True
    return (kept.revision if place.kind in _COUNTED else kept.size) >= wanted


def _looked(content: Content, before: int) -> tuple[int, int, list[str]]:
    index = content.registry.index
    revision, size = index.revision(), published.size(index)
    return size, revision, published.ids_since(index, before) if 0 <= before < size else []


def _weight(kept: _Kept) -> int:
    return Document.OVERHEAD + (kept.document.size * 3 // 2 if kept.document else 0)  # with its compressed forms
