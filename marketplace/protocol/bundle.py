"""Bundles: many blobs in one stream, each behind its digest and length, verified while they are read.

A frame is `<64 hex> <size>\\n` and `size` bytes; an empty line ends the bundle, and without it the bundle was cut.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from marketplace.errors import IntegrityError, UnavailableError
from marketplace.storage.base import BlobStore, NewBlob
from marketplace.storage.blobs import unexpected

MEDIA_TYPE = "application/vnd.ggen.bundle"
END = b"\n"
_HEAD = re.compile(rb"([0-9a-f]{64}) (0|[1-9][0-9]{0,15})\n")
_MAX_HEAD = 64 + 1 + 16 + 1

SMALL = 1024 * 1024
"""Blobs up to this size are read whole before they are stored, many at once: few syncs (docs/adr/0110)."""

_TOGETHER = 256
_TOGETHER_BYTES = 16 * 1024 * 1024
_CHUNK = 256 * 1024
_READ_AHEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of a bundle that is read: blobs, bytes in all of them, bytes in one."""

    blobs: int
    bytes: int
    blob: int


@dataclass(slots=True)
class Kept:
    """What of a bundle was stored: digests and sizes of the blobs that were lacking, and all bytes that came."""

    stored: dict[str, int] = field(default_factory=dict)
    received: int = 0


def head(digest: str, size: int) -> bytes:
    """Return the line before a blob; `digest` is `sha256:` and 64 digits."""
    return f"{digest.removeprefix('sha256:')} {size}\n".encode("ascii")


def length(blobs: Iterable[tuple[str, int]]) -> int:
    """Return the length in bytes of the bundle of these digests and sizes."""
    return sum(len(head(digest, size)) + size for digest, size in blobs) + len(END)


def write(blobs: Iterable[NewBlob]) -> Iterator[bytes]:
    """Yield the bundle of `blobs` in pieces of about 256 KiB.

    Raises:
        IntegrityError: `blob-corrupt`, a blob is not of its size or digest: the bundle ends before its end line.
    """
    buffer = bytearray()
    for blob in blobs:
        buffer += head(blob.digest, blob.size)
        for piece in _content(blob):
            buffer += piece
            if len(buffer) >= _CHUNK:
                yield bytes(buffer)
                buffer.clear()
    yield bytes(buffer + END)


def _content(blob: NewBlob) -> Iterator[bytes]:
    """Yield the bytes of a blob; they are compared before the last piece is handed on."""
    state, left = hashlib.sha256(), blob.size
    with blob.open() as stream:
        while piece := stream.read(min(_CHUNK, left + 1)):
            state.update(piece)
            left -= len(piece)
            if left < 0:
                break
            if left:
                yield piece
            else:
                last = piece
        digest = "sha256:" + state.hexdigest()
        if left or digest != blob.digest:
            raise unexpected(digest, blob.digest)
    if blob.size:
        yield last


class _Source:
    """A stream, read ahead: lines and pieces come out of one buffer."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = b""

    def read(self, most: int) -> bytes:
        """Return up to `most` bytes, none at the end."""
        data = self._buffer or self._stream.read(_READ_AHEAD)
        self._buffer = data[most:]
        return data[:most]

    def line(self, most: int) -> bytes:
        """Return the next line with its end; without an end it is longer than `most` or the last one."""
        while b"\n" not in self._buffer[:most] and len(self._buffer) < most:
            piece = self._stream.read(_READ_AHEAD)
            if not piece:
                break
            self._buffer += piece
        end = self._buffer.find(b"\n", 0, most) + 1 or most
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line


class Reader:
    """Reads the frames of a bundle from `stream`, one after the other."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._source = _Source(stream)
        self._limits = limits
        self._blobs = self._bytes = 0

    def frames(self) -> Iterator[tuple[str, int]]:
        """Yield digest and size of each blob; read it to its end (`content` or `stream`) before asking for the next.

        Raises:
            IntegrityError: `bundle-malformed`, or `bundle-too-large` beyond a limit.
            UnavailableError: `bundle-cut`, the stream ends before the end line.
        """
        while (line := self._source.line(_MAX_HEAD)) != END:
            digest, size = _parsed(line)
            self._blobs += 1
            self._bytes += size
            if self._blobs > self._limits.blobs or self._bytes > self._limits.bytes or size > self._limits.blob:
                raise IntegrityError("bundle-too-large", "the bundle has more blobs or bytes than are taken")
            yield digest, size
        if self._source.read(1):
            raise _malformed("bytes follow its end")

    def content(self, digest: str, size: int) -> bytes:
        """Return the whole content of the frame just begun, verified.

        Raises:
            IntegrityError: `blob-corrupt`.
            UnavailableError: `bundle-cut`.
        """
        part = _Part(self._source, digest, size)
        data = b"".join(iter(lambda: part.take(size), b""))
        found = "sha256:" + hashlib.sha256(data).hexdigest()
        if found != digest:
            raise unexpected(found, digest)
        return data

    def stream(self, digest: str, size: int) -> BinaryIO:
        """Return a stream of the frame just begun; the store that reads it verifies the digest.

        Reading raises UnavailableError `bundle-cut` when it ends too early.
        """
        return io.BufferedReader(_Part(self._source, digest, size), _CHUNK)


def _parsed(line: bytes) -> tuple[str, int]:
    match = _HEAD.fullmatch(line)
    if match is None:
        if not line.endswith(b"\n") and len(line) < _MAX_HEAD:
            raise cut("before its end line")
        raise _malformed("a frame does not begin with digest and size")
    return "sha256:" + match[1].decode("ascii"), int(match[2])


class _Part(io.RawIOBase):
    """The next `size` bytes of a bundle."""

    def __init__(self, source: _Source, digest: str, size: int) -> None:
        super().__init__()
        self._source, self._digest, self._left = source, digest, size

    def readable(self) -> bool:
        return True

    def take(self, most: int) -> bytes:
        """Return up to `most` bytes of the part, none at its end."""
        want = min(most, self._left)
        piece = self._source.read(want) if want else b""
        if want and not piece:
            raise cut(f"within the blob {self._digest}")
        self._left -= len(piece)
        return piece

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self.take(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def keep(
    stream: BinaryIO, store: BlobStore, limits: Limits, *, advance: Callable[[str, int], None] = lambda _d, _n: None
) -> Kept:
    """Read a bundle and store its blobs, small ones many at once. What was whole is stored whatever comes after it.

    `advance` is called with the digest and the size of each blob that came whole.

    Raises:
        IntegrityError: `bundle-malformed`, `bundle-too-large` or `blob-corrupt`.
        UnavailableError: `bundle-cut`, or what the store raises.
        OSError: what `stream` raises.
    """
    reader, kept = Reader(stream, limits), Kept()
    batch: list[NewBlob] = []

    def settle() -> None:
        kept.stored |= store.put_many(batch)
        batch.clear()

    waiting = 0
    try:
        for digest, size in reader.frames():
            if size > SMALL:
                settle()
                known = store.has(digest)
                store.put(reader.stream(digest, size), expected=digest, limit=size)
                kept.stored |= {} if known else {digest: size}
            else:
                data = reader.content(digest, size)
                batch.append(NewBlob(digest, size, partial(io.BytesIO, data)))
            waiting = waiting + size if batch else 0
            if len(batch) >= _TOGETHER or waiting >= _TOGETHER_BYTES:
                settle()
                waiting = 0
            kept.received += size
            advance(digest, size)
    finally:
        settle()
    return kept


def _malformed(why: str) -> IntegrityError:
    return IntegrityError("bundle-malformed", f"the bundle is malformed: {why}")


def cut(where: str) -> UnavailableError:
    """Return the error for a bundle that ends too early."""
    hint = "what arrived whole was kept; run the command again for the rest"
    return UnavailableError("bundle-cut", f"the bundle was cut {where}", hint=hint)
