"""The contract of a blob store; `features/local/blob_store.feature` holds every implementation to it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from marketplace.model.tree import Tree


@dataclass(frozen=True, slots=True)
class StoreStats:
    """How many blobs a store holds and their bytes."""

    blobs: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Damage:
    """A blob that is not what its name says: `kind` is `corrupt`, `missing` or `foreign`."""

    digest: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class NewBlob:
    """Content to store: its digest, its size in bytes, and what opens it for reading."""

    digest: str
    size: int
    open: Callable[[], BinaryIO]


class BlobSource(Protocol):
    """Where blobs are read from."""

    def has(self, digest: str) -> bool:
        """Tell whether the blob is there (it is verified when it is read, not here).

        Raises:
            IntegrityError: `digest-malformed`, as every method that takes a digest.
        """

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for streaming. The reader verifies: the read that reaches the end raises on a wrong digest.

        Raises:
            NotFoundError: `blob-missing`.
            IntegrityError: `blob-corrupt`, from the reader, before the end of the data is reported.
        """

    def read(self, digest: str, limit: int) -> bytes:
        """Return a whole small blob, verified.

        Raises:
            NotFoundError: `blob-missing`.
            IntegrityError: `blob-corrupt`, or `blob-too-large` when it exceeds `limit` bytes.
        """


class BlobStore(BlobSource, Protocol):
    """A place that keeps blobs under the SHA-256 of their bytes. Writing the same bytes twice keeps them once."""

    def put(self, stream: BinaryIO, *, expected: str | None = None, limit: int | None = None) -> tuple[str, int]:
        """Store what `stream` yields, in constant memory, and return its digest and size in bytes.

        Raises:
            IntegrityError: `blob-corrupt` when the digest is not `expected`, `blob-too-large` beyond `limit` bytes;
                nothing is kept.
            UnavailableError: `disk-full`, `store-unwritable` or `store-full`; nothing is kept.
        """

    def put_many(self, blobs: Iterable[NewBlob]) -> dict[str, int]:
        """Store those of `blobs` that are not there or damaged; return the digests and sizes of these.

        When this returns all are there to stay. Equal blobs are stored once; one that is there is not opened.

        Raises:
            IntegrityError: `blob-corrupt` or `blob-too-large`, the content is not of its digest or longer than its
                size; some of the others may be stored.
            UnavailableError: as `put`.
        """

    def put_bytes(self, data: bytes) -> str:
        """Store `data` and return its digest."""

    def digests(self) -> Iterator[str]:
        """Yield the digest of every blob, in no particular order."""

    def verify(self) -> Iterator[Damage]:
        """Re-hash every blob and yield those that are damaged."""

    def gc(self, keep: Iterable[str], *, dry_run: bool = False) -> StoreStats:
        """Delete the blobs that are not in `keep` and abandoned temporary files; return what was freed.

        With `dry_run` nothing is deleted. When reading `keep` raises, nothing is deleted either.
        """

    def stats(self) -> StoreStats:
        """Count blobs and bytes."""


MAX_TREE_BYTES = 16 * 1024 * 1024
"""Longest tree document read: 10,000 entries of 4,096-byte paths do not fit, real packages use a thousandth."""


def read_tree(source: BlobSource, content_id: str) -> Tree:
    """Return the tree stored under `content_id`: a tree's canonical encoding is a blob like any other.

    Raises:
        NotFoundError: `blob-missing`.
        IntegrityError: `blob-corrupt` or `tree-malformed`.
    """
    return Tree.decode(source.read(content_id, MAX_TREE_BYTES))
