"""A blob store in memory: for tests, previews and caches of long-running programs."""

import io
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from marketplace.errors import IntegrityError, UnavailableError
from marketplace.model.tree import digest_of
from marketplace.storage.base import Damage, NewBlob, StoreStats
from marketplace.storage.blobs import check_digest, copy_hashing, corrupt, missing, too_large, unexpected


class MemoryStore:
    """A `BlobStore` that holds at most `max_bytes` and refuses more: what was put is never silently dropped."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._blobs: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def has(self, digest: str) -> bool:
        """Tell whether the blob is there; see `BlobSource`."""
        check_digest(digest)
        return digest in self._blobs

    def open(self, digest: str) -> BinaryIO:
        """Open a blob; it was verified when it was put, and is again here. See `BlobSource`."""
        return io.BytesIO(self.read(digest, self._max_bytes))

    def read(self, digest: str, limit: int) -> bytes:
        """Return a whole blob; see `BlobSource`."""
        check_digest(digest)
        data = self._blobs.get(digest)
        if data is None:
            raise missing(digest)
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
        buffer = io.BytesIO()
        allowed = self._max_bytes if limit is None else min(limit, self._max_bytes)
        try:
            digest, count = copy_hashing(stream, buffer, allowed)
        except IntegrityError:
            if allowed == limit:
                raise
            raise self._full() from None
        if expected is not None and digest != expected:
            raise unexpected(digest, expected)
        self._keep(digest, buffer.getvalue())
        return digest, count

    def _keep(self, digest: str, data: bytes) -> None:
        with self._lock:
            if digest not in self._blobs:
                if self.stats().bytes + len(data) > self._max_bytes:
                    raise self._full()
                self._blobs[digest] = data

    def _full(self) -> UnavailableError:
        return UnavailableError("store-full", f"the memory store holds at most {self._max_bytes} bytes")

    def put_many(self, blobs: Iterable[NewBlob]) -> dict[str, int]:
        """Store what is lacking or damaged; see `BlobStore`."""
        stored = {}
        for blob in blobs:
            if not self.is_sound(blob.digest):
                with blob.open() as stream:
                    self.put(stream, expected=blob.digest, limit=blob.size)
                stored[blob.digest] = blob.size
        return stored

    def is_sound(self, digest: str) -> bool:
        """Tell whether the blob is there and has its digest."""
        return self.has(digest) and digest_of(self._blobs[digest]) == digest

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
        with self._lock:
            gone = self._blobs.keys() - set(keep)
            freed = StoreStats(len(gone), sum(len(self._blobs[digest]) for digest in gone))
            if not dry_run:
                for digest in gone:
                    del self._blobs[digest]
        return freed

    def stats(self) -> StoreStats:
        """Count blobs and bytes; see `BlobStore`."""
        return StoreStats(len(self._blobs), sum(map(len, self._blobs.values())))
