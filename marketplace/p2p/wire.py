"""Frames over a libp2p stream, each awaited for a limited time."""

from typing import Any

import trio

from marketplace.p2p.hardening import reset
from marketplace.p2p.library import INetStream
from marketplace.p2p.limits import MAX_SYNC_ENTRIES, PIECE, REQUEST_SECONDS, STALL_SECONDS
from marketplace.p2p.messages import LENGTH_BYTES, ProtocolError, decode, encode, frame, length_of, whole


class PeerGoneError(Exception):
    """The connection to a peer ended."""


class StalledError(Exception):
    """A peer was silent for too long."""


class Wire:
    """A stream of frames with one peer. Every method may raise PeerGoneError, StalledError or ProtocolError."""

    def __init__(self, stream: INetStream) -> None:
        self.peer = str(stream.muxed_conn.peer_id)
        self._stream = stream

    async def send(self, message: dict[str, object], seconds: float = REQUEST_SECONDS) -> None:
        """Send a message."""
        await self._write(encode(message), seconds)

    async def receive(self, seconds: float = REQUEST_SECONDS) -> dict[str, Any]:
        """Receive a message."""
        return decode(await self.receive_bytes(seconds))

    async def send_bytes(self, payload: bytes, seconds: float = REQUEST_SECONDS) -> None:
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
        return [await self.receive_bytes() for _ in range(count)], header.get("more") is True

    async def send_chunk(self, data: bytes) -> None:
        """Send the bytes of a chunk in pieces; the receiver knows how many there are."""
        for start in range(0, len(data), PIECE):
            await self.send_bytes(data[start : start + PIECE])

    async def receive_chunk(self, size: int) -> bytes:
        """Receive the `size` bytes of a chunk; a sender that stops for `STALL_SECONDS` has stalled."""
        data = bytearray()
        while len(data) < size:
            piece = await self.receive_bytes(STALL_SECONDS)
            if not piece or len(data) + len(piece) > size:
                raise ProtocolError("a chunk of another size")
            data += piece
        return bytes(data)

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
                await self._stream.write(data)
            except trio.Cancelled:
                raise
            except Exception as error:
                raise PeerGoneError(str(error)) from error
        if scope.cancelled_caught:
            raise StalledError(f"{self.peer} took nothing for {seconds} s")

    async def _read(self, count: int, seconds: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            data += await self._read_some(count - len(data), seconds)
        return bytes(data)

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
