"""Frames over a libp2p stream, each awaited for a limited time."""

from typing import Any

import trio

from marketplace.p2p.hardening import reset
from marketplace.p2p.library import INetStream
from marketplace.p2p.limits import (
    BATCH_SECONDS,
    MAX_SYNC_ENTRIES,
    MESSAGE_SECONDS,
    PIECE,
    REQUEST_SECONDS,
    STALL_SECONDS,
)
from marketplace.p2p.messages import LENGTH_BYTES, ProtocolError, decode, encode, frame, length_of, whole

_CIPHERED = 65535 - 16 - 12
"""Most bytes written at once: a Noise message has 65535 at most, 16 of them its tag, and a Yamux frame begins with 12.

With more the library sends two messages for each frame, the second one with a few bytes in it.
"""

_READ_AHEAD = 256 * 1024
"""Most bytes taken from the stream before they are asked for.

Each read is a turn of the scheduler, and may send word of the window to the other side.
"""


class PeerGoneError(Exception):
    """The connection to a peer ended."""


class StalledError(Exception):
    """A peer was silent for too long."""


class Wire:
    """A stream of frames with one peer. Every method may raise PeerGoneError, StalledError or ProtocolError."""

    def __init__(self, stream: INetStream) -> None:
        self.peer = str(stream.muxed_conn.peer_id)
        self._stream = stream
        self._ahead = memoryview(b"")

    async def send(self, message: dict[str, object], seconds: float = REQUEST_SECONDS) -> None:
        """Send a message."""
        await self._write(encode(message), seconds)

    async def receive(self, seconds: float = REQUEST_SECONDS) -> dict[str, Any]:
        """Receive a message, of which the first part and each further one may take so many seconds."""
        with trio.move_on_after(max(seconds, MESSAGE_SECONDS)):
            return decode(await self.receive_bytes(seconds))
        raise StalledError(f"{self.peer} sent less than a message in {max(seconds, MESSAGE_SECONDS)} s")

    async def send_bytes(self, payload: bytes | memoryview, seconds: float = REQUEST_SECONDS) -> None:
        """Send plain bytes in one frame."""
        await self._write(frame(payload), seconds)

    async def receive_bytes(self, seconds: float = REQUEST_SECONDS) -> bytes:
        """Receive the bytes of one frame; `seconds` count anew for each part that comes."""
        length = length_of(await self._read(LENGTH_BYTES, seconds))
        return await self._read(length, seconds)

    async def send_batch(self, entries: list[bytes], *, more: bool) -> None:
        """Send encoded log entries, and whether another batch follows.

        Many frames go in one write: each write is a message of the muxer, a cipher's and a system call.
        """
        part = bytearray(encode({"entries": len(entries), "more": more}))
        for entry in entries:
            if len(part) + LENGTH_BYTES + len(entry) > PIECE:
                await self._write(bytes(part), REQUEST_SECONDS)
                part.clear()
            part += frame(entry)
        await self._write(bytes(part), REQUEST_SECONDS)

    async def receive_batch(self) -> tuple[list[bytes], bool]:
        """Receive what `send_batch` sends."""
        header = await self.receive()
        count = whole(header, "entries", MAX_SYNC_ENTRIES)
        with trio.move_on_after(BATCH_SECONDS):
            return [await self.receive_bytes() for _ in range(count)], header.get("more") is True
        raise StalledError(f"{self.peer} sent less than a batch in {BATCH_SECONDS} s")

    async def send_chunk(self, data: bytes) -> None:
        """Send the bytes of a chunk in pieces; the receiver knows how many there are."""
        with memoryview(data) as view:
            for start in range(0, len(data), PIECE):
                await self.send_bytes(view[start : start + PIECE])

    async def receive_chunk(self, size: int) -> bytes:
        """Receive the `size` bytes of a chunk; a sender that stops for `STALL_SECONDS` has stalled."""
        parts: list[memoryview] = []
        left = size
        while left:
            length = length_of(await self._read(LENGTH_BYTES, STALL_SECONDS))
            if not 0 < length <= left:
                raise ProtocolError("a chunk of another size")
            await self._read_parts(parts, length, STALL_SECONDS)
            left -= length
        return b"".join(parts)

    async def close(self) -> None:
        """Close our side when all was said."""
        try:
            await self._stream.close()
        except Exception:  # noqa: BLE001 - the library raises whatever its transport raised
            await reset(self._stream)

    async def reset(self) -> None:
        """End the stream in both directions now."""
        with trio.CancelScope(shield=True), trio.move_on_after(1):
            await reset(self._stream)

    async def _write(self, data: bytes, seconds: float) -> None:
        with trio.move_on_after(seconds) as scope:
            try:
                for start in range(0, len(data), _CIPHERED):
                    await self._stream.write(data[start : start + _CIPHERED])
            except trio.Cancelled:
                raise
            except Exception as error:
                raise PeerGoneError(str(error)) from error
        if scope.cancelled_caught:
            raise StalledError(f"{self.peer} took nothing for {seconds} s")

    async def _read(self, count: int, seconds: float) -> bytes:
        parts: list[memoryview] = []
        await self._read_parts(parts, count, seconds)
        return b"".join(parts)

    async def _read_parts(self, parts: list[memoryview], count: int, seconds: float) -> None:
        """Append so many bytes to `parts`, not copied; `seconds` count anew for each part that comes."""
        while count:
            if not self._ahead:
                self._ahead = memoryview(await self._read_some(_READ_AHEAD, seconds))
            part = self._ahead[:count]
            self._ahead = self._ahead[len(part) :]
            count -= len(part)
            parts.append(part)

    async def _read_some(self, most: int, seconds: float) -> bytes:
        part: bytes = b""
        with trio.move_on_after(seconds) as scope:
            try:
                part = await self._stream.read(most)
            except trio.Cancelled:
                raise
            except Exception as error:
                raise PeerGoneError(str(error)) from error
        if scope.cancelled_caught:
            raise StalledError(f"{self.peer} sent nothing for {seconds} s")
        if not part:
            raise PeerGoneError("the stream ended")
        return part
