"""What libp2p 0.8.1 lacks where it reads: it copies what comes a dozen times. A part of `hardening`.

Each mend has a row in `features/p2p/hardening.feature`.
"""

from collections import deque
from typing import Any

from marketplace.p2p.library import (
    ConnectionClosedError,
    IncompleteReadError,
    SecureSession,
    TrioTCPStream,
    Yamux,
    msgio,
    yamux,
)

READ_AHEAD = 256 * 1024
"""Bytes taken from a socket at once; the library asks the system for the two of a length, and then for what follows."""

_SMALL = 4096
"""Bytes below which a piece of a stream is no piece of its own."""

_read_now = TrioTCPStream.read


def read_well() -> None:
    """Put the mends in place."""
    TrioTCPStream.read = read_ahead
    SecureSession.read = read_message
    msgio.read_exactly = yamux.read_exactly = read_whole
    Yamux.__init__ = _make_muxer_of_pieces


async def read_ahead(stream: TrioTCPStream, n: int | None = None) -> bytes:
    """Read from a socket as the library does, but for many of its small reads at once: a quarter of a transfer's time.

    The library's streams have one reader each, the muxer.
    """
    ahead: memoryview = stream.__dict__.get("ahead", memoryview(b""))
    if not ahead and n != 0:
        ahead = memoryview(await _read_now(stream, READ_AHEAD))
    part = ahead[: len(ahead) if n is None else n]
    stream.__dict__["ahead"] = ahead[len(part) :]
    return bytes(part)


async def read_whole(reader: Any, n: int, retry_count: int = 100) -> bytes:
    """Read so many bytes as the library does; what comes at once is not copied twice.

    Raises:
        IncompleteReadError: the connection ended before.
    """
    data: bytes = await reader.read(n)
    if len(data) == n:
        return data
    parts, left = [data], n - len(data)
    for _ in range(retry_count):
        parts.append(await reader.read(left))
        left -= len(parts[-1])
        if not left:
            return b"".join(parts)
    message = f"Connection closed during read operation: expected {n} bytes but received {n - left} bytes"
    raise IncompleteReadError(message, expected_bytes=n, received_bytes=n - left)


async def read_message(session: SecureSession, n: int | None = None) -> bytes:
    """Read from an encrypted connection as the library does; the rest of a message is not copied until it is read.

    Raises:
        ConnectionClosedError: the connection ended before the first byte.
    """
    if n == 0:
        return b""
    rest: memoryview | None = session.__dict__.pop("rest", None)
    if rest is None:
        rest = memoryview(await session.conn.read_msg())
        if not rest:
            raise ConnectionClosedError("Connection closed")
    parts, left = [], len(rest) if n is None else n
    while rest:
        part = rest[:left]
        parts.append(part)
        left -= len(part)
        if len(part) < len(rest):
            session.__dict__["rest"] = rest[len(part) :]
        rest = memoryview(await session.conn.read_msg()) if left else None
    return b"".join(parts)


class Pieces:
    """What has come of a stream and was not read yet: pieces that are put together once, when they are read.

    It is what the muxer does with its `bytearray`, which is moved again and again while it grows.
    """

    def __init__(self, data: bytes = b"") -> None:
        self._pieces: deque[bytes | bytearray | memoryview] = deque()
        self._length = 0
        self.extend(data)

    def extend(self, data: bytes) -> None:
        """Append a piece. Small ones go into one: single bytes shall not take the memory of many pieces."""
        self._length += len(data)
        if len(data) >= _SMALL:
            self._pieces.append(data)
        elif self._pieces and isinstance(self._pieces[-1], bytearray):
            self._pieces[-1].extend(data)
        elif data:
            self._pieces.append(bytearray(data))

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        return b"".join(self._pieces)

    def __getitem__(self, first: slice) -> bytes:
        """Return the first bytes, up to `first.stop`; the muxer asks for nothing else."""
        found, left = [], first.stop
        for piece in self._pieces:
            found.append(piece[:left])
            left -= len(found[-1])
            if not left:
                break
        return b"".join(found)

    def __delitem__(self, first: slice) -> None:
        """Drop the first bytes, up to `first.stop`."""
        left = min(first.stop, self._length)
        self._length -= left
        while left:
            piece = memoryview(self._pieces.popleft())
            if len(piece) > left:
                self._pieces.appendleft(piece[left:])
            left -= min(left, len(piece))

    def clear(self) -> None:
        """Drop everything."""
        self._pieces.clear()
        self._length = 0


class _Buffers(dict[int, Any]):
    """The buffers of a muxer's streams by number; each is to be of pieces."""

    def __setitem__(self, stream: int, buffer: bytes | bytearray) -> None:
        super().__setitem__(stream, Pieces(bytes(buffer)))


_make_muxer = Yamux.__init__


def _make_muxer_of_pieces(muxer: Yamux, *arguments: Any, **keywords: Any) -> None:
    _make_muxer(muxer, *arguments, **keywords)
    muxer.stream_buffers = _Buffers()
