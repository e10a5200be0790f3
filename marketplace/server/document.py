"""A document as it is sent: its bytes or a compressed form of them, and a strong tag for each."""

import gzip
import hashlib
from collections.abc import Iterator

_SMALLEST = 256
"""Documents up to this many bytes are not compressed: they fit into one packet as they are."""

_LARGE = 64 * 1024
"""Documents beyond this many bytes are compressed in a thread of their own."""

_PIECE = 256 * 1024


class Document:
    """A document's bytes, their tag, and the compressed forms, made when they are first asked for."""

    __slots__ = ("_data", "_gzip", "_tag", "_zstd", "size")
    OVERHEAD = 850
    """Bytes that a kept document takes beside its own: its path, its tag and what holds them (measured)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'.encode()
        self._zstd: bytes | None = None
        self._gzip: bytes | None = None
        self.size = len(data)

    @property
    def is_large(self) -> bool:
        """Whether compressing it takes more than a moment."""
        return self.size > _LARGE

    def coding(self, wanted: str) -> tuple[str, bytes]:
        """Return the coding that is used where `wanted` suits the client best, and the tag of that form."""
        if wanted == "identity" or self.size <= _SMALLEST:
            return "identity", self._tag
        return wanted, b'%b-%b"' % (self._tag[:-1], wanted.encode())

    def encoded(self, wanted: str) -> tuple[str, bytes, bytes]:
        """Return the coding used, its strong tag and the bytes."""
        coding, tag = self.coding(wanted)
        return coding, tag, self._data if coding == "identity" else self._compressed(coding)

    def _compressed(self, coding: str) -> bytes:
        if coding == "zstd":
            self._zstd = self._zstd or _packed(self._data)
            return self._zstd
        self._gzip = self._gzip or gzip.compress(self._data, 6, mtime=0)
        return self._gzip


class PackedDocument(Document):
    """A document of which only the compressed form is kept; readers who cannot take that get it in pieces."""

    __slots__ = ()

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._zstd, self._data = _packed(data), b""

    def encoded(self, wanted: str) -> tuple[str, bytes, bytes]:
        """Return the coding used, its strong tag and the bytes."""
        coding, tag = self.coding(wanted)
        if coding == "zstd":
            return coding, tag, self._compressed(coding)
        data = b"".join(self.pieces(0, self.size))
        return coding, tag, data if coding == "identity" else gzip.compress(data, 6, mtime=0)

    def pieces(self, start: int, length: int) -> Iterator[bytes]:
        """Yield so many of the bytes from `start` on, a piece at a time."""
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(self._compressed("zstd")) as reader:
            reader.seek(start)
            while length and (piece := reader.read(min(_PIECE, length))):
                length -= len(piece)
                yield piece


def _packed(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=3).compress(data)
