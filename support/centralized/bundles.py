"""Bundles for scenarios: made, cut at every byte, pulled through in little memory."""

import hashlib
import io
import random
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from marketplace.model.tree import digest_of
from marketplace.protocol import bundle
from marketplace.protocol.bundle import Limits
from marketplace.storage.base import NewBlob
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.memory import MemoryStore
from support.market.signing import code_of
from support.market.stores import made_up

LIMITS = Limits(blobs=3, bytes=1000, blob=900)
_WIDE = Limits(blobs=1000, bytes=10**9, blob=10**9)
HELLO = hashlib.sha256(b"hello").hexdigest()


def new_blob(data: bytes) -> NewBlob:
    """Return the blob of these bytes."""
    return NewBlob(digest_of(data), len(data), partial(io.BytesIO, data))


def bundle_of(*contents: bytes) -> bytes:
    """Return the bundle of blobs with these contents."""
    return b"".join(bundle.write(map(new_blob, contents)))


def refusal(text: bytes) -> str:
    """Return the code with which a bundle is refused."""
    return code_of(lambda: bundle.keep(io.BytesIO(text), MemoryStore(10**6), LIMITS)).code


class Dribble(io.RawIOBase):
    """A stream that gives a few bytes at a time, as a network does."""

    def __init__(self, data: bytes, seed: int) -> None:
        super().__init__()
        self._data, self._random = io.BytesIO(data), random.Random(seed)

    def read(self, size: int = -1) -> bytes:
        """Return fewer bytes than asked for."""
        return self._data.read(min(size, self._random.choice((1, 7, 64, 1000))))


def _note(seen: list[str], digest: str, _size: int) -> None:
    seen.append(digest)


def check_round_trip(stream_of: Callable[[bytes], object]) -> None:
    """Send bundles of many sizes through `stream_of` and compare what is stored with what was sent."""
    for count in (0, 1, 3, 600):
        contents = [b"%d" % number + made_up(number * 37 % 3000) for number in range(count)]
        contents += [made_up(bundle.SMALL + 1), b""] if count == 3 else []
        data = bundle_of(*contents)
        assert len(data) == bundle.length((digest_of(item), len(item)) for item in contents)
        store, seen = MemoryStore(10**8), list[str]()
        stream: BinaryIO = stream_of(data)  # type: ignore[assignment]
        kept = bundle.keep(stream, store, _WIDE, advance=partial(_note, seen))
        assert kept.received == sum(map(len, contents)), kept
        assert seen == [digest_of(item) for item in contents]
        assert kept.stored == {digest_of(item): len(item) for item in contents}
        assert {store.read(digest, 10**8) for digest in store.digests()} == set(contents)


def check_cut_anywhere() -> None:
    """Cut a bundle behind each of its bytes."""
    contents = [b"one", b"", b"three"]
    data = bundle_of(*contents)
    ends = [bundle.length((digest_of(item), len(item)) for item in contents[: n + 1]) - 1 for n in range(3)]
    for size in range(len(data)):
        store = MemoryStore(10**6)
        error = code_of(partial(bundle.keep, io.BytesIO(data[:size]), store, LIMITS))
        assert error.code == "bundle-cut", (size, error)
        whole = {digest_of(item) for item, end in zip(contents, ends, strict=True) if end <= size}
        assert set(store.digests()) == whole, size


def check_altered() -> None:
    """Alter the fourth of five blobs in their bundle."""
    contents = [b"blob %d" % number for number in range(5)]
    data = bundle_of(*contents).replace(b"blob 3", b"blob x")
    with tempfile.TemporaryDirectory(prefix="ggen-bundle-") as folder:
        store = FilesystemStore(Path(folder))
        error = code_of(lambda: bundle.keep(io.BytesIO(data), store, _WIDE))
        assert error.code == "blob-corrupt", error
        assert set(store.digests()) == {digest_of(item) for item in contents[:3]}


class _Sink(MemoryStore):
    """Takes blobs in and keeps none."""

    def put(self, stream: BinaryIO, *, expected: str | None = None, limit: int | None = None) -> tuple[str, int]:  # noqa: ARG002
        """Read the stream, and compare."""
        state, size = hashlib.sha256(), 0
        while piece := stream.read(1 << 16):
            state.update(piece)
            size += len(piece)
        assert f"sha256:{state.hexdigest()}" == expected
        return str(expected), size


class _Zeros(io.RawIOBase):
    """So many zeros."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """Return the next zeros."""
        piece = bytes(min(size, self._left))
        self._left -= len(piece)
        return piece


class _Joined(io.RawIOBase):
    """The pieces of an iterator as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        """Return the next piece, whatever its size."""
        return next(self._pieces, b"")


def memory_of_large(size: int) -> int:
    """Write and read a bundle with a blob of `size` zeros; return the bytes of memory at the highest."""
    state = hashlib.sha256()
    for _ in range(size >> 20):
        state.update(bytes(1 << 20))
    blob = NewBlob(f"sha256:{state.hexdigest()}", size, lambda: _Zeros(size))  # type: ignore[arg-type,return-value]
    tracemalloc.start()
    try:
        stream: BinaryIO = _Joined(bundle.write([blob]))  # type: ignore[assignment]
        bundle.keep(stream, _Sink(10**6), _WIDE)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def check_damaged_source() -> None:
    """Write bundles of blobs that are not what they say, each longer, shorter or other; none gets its end line."""
    for size, data in ((5, b"hallo"), (4, b"hello"), (6, b"hello"), (0, b"x"), (300_000, bytes(300_001))):
        blob = NewBlob(f"sha256:{HELLO}", size, partial(io.BytesIO, data))
        written = bytearray()
        error = code_of(partial(_write, blob, written))
        assert error.code == "blob-corrupt", error
        assert not written.endswith(bundle.END)


def _write(blob: NewBlob, written: bytearray) -> None:
    for piece in bundle.write([blob]):
        written += piece
