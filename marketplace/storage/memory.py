"""A blob store in memory: for tests, previews and caches of long-running programs."""

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from marketplace.errors import IntegrityError, UnavailableError
from marketplace.model.tree import digest_of
from marketplace.storage.base import Damage, StoreStats
from marketplace.storage.filesystem import copy_hashing, corrupt, missing, too_large


class MemoryStore:
    """A `BlobStore` that holds at most `max_bytes` and refuses more: what was put is never silently dropped."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._blobs: dict[str, bytes] = {}

    def has(self, digest: str) -> bool:
        """Tell whether the blob is there; see `BlobSource`."""
        return digest in self._blobs

    def open(self, digest: str) -> BinaryIO:
        """Open a blob; it was verified when it was put, and is again here. See `BlobSource`."""
        return io.BytesIO(self.read(digest, self._max_bytes))

    def read(self, digest: str, limit: int) -> bytes:
        """Return a whole blob; see `BlobSource`."""
        if digest not in self._blobs:
            raise missing(digest)
        data = self._blobs[digest]
        if len(data) > limit:
            raise too_large(limit)
        if digest_of(data) != digest:
            raise corrupt(digest)
        return data

    def put(self, stream: BinaryIO, *, expected: str | None = None, limit: int | None = None) -> tuple[str, int]:
        """Store a stream; see `BlobStore`.

        Raises:
            UnavailableError: `store-full` beyond `max_bytes`.
        """
        room = self._max_bytes - sum(map(len, self._blobs.values()))
        buffer = io.BytesIO()
        try:
            digest, count = copy_hashing(stream, buffer, min(self._max_bytes, limit or self._max_bytes))
        except IntegrityError:
            if limit is not None and limit <= self._max_bytes:
                raise
            raise self._full() from None
        if expected is not None and digest != expected:
            raise IntegrityError("blob-corrupt", f"the bytes have the digest {digest}, not {expected}")
        if digest not in self._blobs and count > room:
            raise self._full()
        self._blobs.setdefault(digest, buffer.getvalue())
        return digest, count

    def _full(self) -> UnavailableError:
        return UnavailableError("store-full", f"the memory store holds at most {self._max_bytes} bytes")

    def put_bytes(self, data: bytes) -> str:
        """Store `data`; see `BlobStore`."""
        return self.put(io.BytesIO(data))[0]

    def digests(self) -> Iterator[str]:
        """Yield every digest; see `BlobStore`."""
        return iter(tuple(self._blobs))

    def verify(self) -> Iterator[Damage]:
        """Re-hash every blob; see `BlobStore`."""
        for digest, data in tuple(self._blobs.items()):
            if digest_of(data) != digest:
                yield Damage(digest, "corrupt", f"{len(data)} bytes")

    def gc(self, keep: Iterable[str], *, dry_run: bool = False) -> StoreStats:
        """Drop the blobs not in `keep`; see `BlobStore`."""
        gone = self._blobs.keys() - set(keep)
        freed = StoreStats(len(gone), sum(len(self._blobs[digest]) for digest in gone))
        if not dry_run:
            for digest in gone:
                del self._blobs[digest]
        return freed

    def stats(self) -> StoreStats:
        """Count blobs and bytes; see `BlobStore`."""
        return StoreStats(len(self._blobs), sum(map(len, self._blobs.values())))
