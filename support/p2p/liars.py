"""Providers that lie about a blob, each in one way and in all else as an honest one does."""

import hashlib
from collections.abc import Callable, Iterable

import trio

from marketplace.p2p.limits import CHUNK, PIECE
from marketplace.p2p.wire import Wire
from support.p2p.memory import Serve

ENDLESS = 64 * 1024 * 1024
"""Bytes that an endless liar has ready: far more than anybody should take."""


def chunks(data: bytes) -> list[bytes]:
    """Return the chunks of a blob."""
    return [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]


def hashes(data: Iterable[bytes]) -> list[str]:
    """Return the SHA-256 of each chunk as hexadecimal."""
    return [hashlib.sha256(chunk).hexdigest() for chunk in data]


class Liar:
    """Serves a blob honestly; the kinds below differ in one answer each.

    Args:
        data: the blob.
        other: another blob of the same size.
    """

    def __init__(self, data: bytes, other: bytes) -> None:
        self.data = data
        self.other = other

    async def __call__(self, wire: Wire) -> None:
        """Answer on one stream."""
        while True:
            request = await wire.receive(30)
            if "chunks" in request:
                await self.list(wire)
            elif "read" in request:
                await self.chunk(wire, chunks(self.data)[request["index"]])
            else:
                for _ in request["get"]:
                    await self.small(wire)

    async def list(self, wire: Wire) -> None:
        """Send the list of the chunks."""
        await wire.send({"size": len(self.data), "chunks": hashes(chunks(self.data))})

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send one chunk."""
        await wire.send({"size": len(data)})
        await wire.send_chunk(data)

    async def small(self, wire: Wire) -> None:
        """Send a blob of one chunk, or say that it is not here."""
        if len(self.data) > CHUNK:
            await wire.send({"missing": True})
        else:
            await self.chunk(wire, self.data)


class WrongChunks(Liar):
    """Its list is right, its chunks are others."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send as many other bytes."""
        await super().chunk(wire, bytes(len(data)))


class WrongHash(Liar):
    """One hash of its list is wrong."""

    async def list(self, wire: Wire) -> None:
        """Send the list with another last hash."""
        found = hashes(chunks(self.data))
        await wire.send({"size": len(self.data), "chunks": [*found[:-1], hashlib.sha256(b"other").hexdigest()]})


class OwnChunk(Liar):
    """Its last chunk is its own, and its list fits to that."""

    def __init__(self, data: bytes, other: bytes) -> None:
        super().__init__(data[:-CHUNK] + other[-CHUNK:], data)


class AnotherBlob(Liar):
    """List and chunks fit each other, and are those of another blob."""

    def __init__(self, data: bytes, other: bytes) -> None:
        super().__init__(other, data)


class ShortList(Liar):
    """Its list has a hash too few."""

    async def list(self, wire: Wire) -> None:
        """Send the list without its last hash."""
        await wire.send({"size": len(self.data), "chunks": hashes(chunks(self.data))[:-1]})


class LongList(Liar):
    """Its list has as many hashes as fit into a frame."""

    async def list(self, wire: Wire) -> None:
        """Send a list of 30,000 hashes."""
        await wire.send({"size": len(self.data), "chunks": hashes([b"x"]) * 30_000})


class NoHashes(Liar):
    """Its list holds what is no hash."""

    async def list(self, wire: Wire) -> None:
        """Send a list of numbers."""
        await wire.send({"size": len(self.data), "chunks": list(range(len(chunks(self.data))))})


class AnotherSize(Liar):
    """It says that the blob is longer than it is."""

    async def list(self, wire: Wire) -> None:
        """Send a list for ten times as many bytes."""
        await wire.send({"size": len(self.data) * 10, "chunks": hashes(chunks(self.data) * 10)})


class EndlessList(Liar):
    """Its list never ends."""

    async def list(self, wire: Wire) -> None:
        """Send a frame of four gigabytes."""
        await flood(wire, b"\xff\xff\xff\xff" + b'{"chunks":["')


class EndlessChunk(Liar):
    """Its chunks never end."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send a chunk, and go on."""
        await wire.send({"size": len(data)})
        for _ in range(ENDLESS // CHUNK):
            await wire.send_chunk(bytes(CHUNK))


class LongPiece(Liar):
    """Its last piece goes beyond the end of the chunk."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send a chunk and a byte more."""
        await wire.send({"size": len(data)})
        await wire.send_chunk(data[:-PIECE])
        await wire.send_bytes(data[-PIECE:] + b"x")


class Dripping(Liar):
    """It sends a byte now and then, never long enough after the one before."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send a chunk, byte by byte."""
        await wire.send({"size": len(data)})
        for place in range(len(data)):
            await wire.send_bytes(data[place : place + 1])
            await trio.sleep(0.05)


class LongChunk(Liar):
    """It says that a chunk is longer than chunks are."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Promise a chunk of two mebibytes."""
        await wire.send({"size": 2 * CHUNK})
        await wire.send_chunk(data * 2)


class EmptyPieces(Liar):
    """It sends pieces without anything in them, so that time never runs out between two."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send nothing, a thousand times."""
        await wire.send({"size": len(data)})
        for _ in range(1000):
            await wire.send_bytes(b"")


class NoJson(Liar):
    """It answers with what is no message."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send bytes where a message is awaited."""
        await wire.send_bytes(data[:1000])


class NoChunks(WrongHash):
    """It has a list of its own, and no chunk when it is asked for one."""

    async def chunk(self, wire: Wire, data: bytes) -> None:  # noqa: ARG002 - as `Liar`
        """Say that the blob is not here."""
        await wire.send({"missing": True})


class Stalling(Liar):
    """It promises and sends nothing."""

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Promise a chunk."""
        await wire.send({"size": len(data)})
        await trio.sleep(30)


class Faltering(Liar):
    """It is honest, but once, after some chunks, it stops for longer than is allowed."""

    def __init__(self, data: bytes, other: bytes, good: int) -> None:
        super().__init__(data, other)
        self._good = good

    async def chunk(self, wire: Wire, data: bytes) -> None:
        """Send a chunk, unless it is the one at which it falters."""
        self._good -= 1
        if self._good == -1:
            await trio.sleep(30)
        await super().chunk(wire, data)


async def flood(wire: Wire, data: bytes) -> None:
    """Send raw bytes, and more and more of them."""
    await wire._write(data, 30)
    for _ in range(ENDLESS // PIECE):
        await wire._write(b"x" * PIECE, 30)


LIES: dict[str, Callable[[bytes, bytes], Serve]] = {
    "other chunks than its list says": WrongChunks,
    "a list with one wrong hash": WrongHash,
    "the list and the chunks of another blob": AnotherBlob,
    "one chunk of its own making, and a list that fits": OwnChunk,
    "a list that is too short": ShortList,
    "a list that is too long": LongList,
    "a list of numbers": NoHashes,
    "another size": AnotherSize,
    "a list without an end": EndlessList,
    "a chunk without an end": EndlessChunk,
    "a chunk longer than chunks are": LongChunk,
    "a piece that goes beyond its chunk": LongPiece,
    "a byte now and then": Dripping,
    "pieces without anything in them": EmptyPieces,
    "no message at all": NoJson,
    "a list of its own and then no chunk": NoChunks,
    "a promise and then nothing": Stalling,
}
