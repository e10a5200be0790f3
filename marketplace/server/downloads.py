"""Downloads, counted where they are sent: gathered in memory, and written together every few seconds."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from marketplace.index import published
from marketplace.model.ids import PackageId
from marketplace.server.content import Content
from marketplace.server.pool import Pool

EVERY = 2.0
"""Seconds between two writes; a server that is killed loses what it has counted since the last one."""


class Downloads:
    """Counts the trees that one worker sends; best effort, and never in the way of an answer."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counts: Counter[str] = Counter()
        self._packages = _Packages()
        self._writing: asyncio.Task[None] | None = None

    def count(self, content_ids: Iterable[str]) -> None:
        """Count one download of each tree."""
        self._counts.update(content_ids)
        if self._counts and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._later())

    async def _later(self) -> None:
        await asyncio.sleep(EVERY)
        await self.flush()

    async def flush(self) -> None:
        """Write what was counted."""
        counts, self._counts = self._counts, Counter()
        if counts:
            await self._pool.write(lambda content: self._write(content, counts))

    def _write(self, content: Content, counts: Counter[str]) -> None:
        known = self._packages.of(content, counts)
        content.registry.count_downloads([id_ for digest, id_ in known.items() for _ in range(counts[digest])])


class _Packages:
    """Whose a tree is, kept up with the log."""

    def __init__(self) -> None:
        self._seen = 0
        self._ids: dict[bytes, str] = {}

    def of(self, content: Content, content_ids: Iterable[str]) -> dict[str, PackageId]:
        """Return the package of each tree that a release has."""
        index = content.registry.index
        end = published.size(index)
        if end < self._seen:  # another index was put in its place
            self._seen = 0
            self._ids.clear()
        for content_id, id_ in published.trees(index, self._seen, end):
            self._ids[_key(content_id)] = id_
        self._seen = end
        found = {content_id: self._ids.get(_key(content_id)) for content_id in content_ids}
        return {content_id: PackageId(id_) for content_id, id_ in found.items() if id_ is not None}


def _key(content_id: str) -> bytes:
    """Return half of a digest, which tells trees apart and takes little memory."""
    return bytes.fromhex(content_id[7:39])
