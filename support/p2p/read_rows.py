"""How often the library copies what it reads, and whether our way of reading gives the same bytes."""

import random
from collections import deque
from typing import Any

import trio
from libp2p.io.exceptions import ConnectionClosedError, IncompleteReadError
from libp2p.io.trio import TrioTCPStream
from libp2p.security.secure_session import SecureSession
from libp2p.stream_muxer.yamux import yamux

from marketplace.p2p.hardened_reads import Pieces, read_message, read_whole
from support.p2p.lab import LOOPBACK, Lab, address

_LONG = 60_000


async def small_reads(_lab: Lab) -> str:
    """Count how often the system is asked for fifty short messages, each with its length before it, that are here."""
    source = _Source(b"".join(bytes([0, 98]) + bytes(98) for _ in range(50)))
    stream = TrioTCPStream(source)
    for _ in range(50):
        assert await stream.read(2) == bytes([0, 98])
        assert await stream.read(98) == bytes(98)
    return {100: "twice for each", 1: "once for all"}.get(source.asked, f"{source.asked} times")


async def whole_reads(_lab: Lab) -> str:
    """Read a frame that has come as a whole, and look whether what is given is what came."""
    frame = random.Random(1).randbytes(_LONG)
    found = await yamux.read_exactly(_Given(frame), _LONG)
    assert found == frame
    return "it is handed on" if found is frame else "it is copied twice"


async def rest_of_a_message(_lab: Lab) -> str:
    """Read the header of a long message, and look whether the rest of it was copied aside meanwhile."""
    session = _session(_Given(bytes(_LONG)))
    assert await session.read(12) == bytes(12)
    copied = session.buf.getbuffer().nbytes
    assert len(await session.read(_LONG - 12)) == _LONG - 12
    return f"{copied} bytes are copied" if copied else "it is left where it is"


async def growing_buffer(lab: Lab) -> str:
    """Look what a muxer of two connected hosts gathers in what has come of a stream."""
    one, two = lab.host(1), lab.host(2)
    async with one.run([LOOPBACK]), two.run([LOOPBACK]):
        await two.connect(address(one))
        muxer = two.get_network().get_connections(one.get_id())[0].muxed_conn
        muxer.stream_buffers[_LONG] = bytearray()
        grows = isinstance(muxer.stream_buffers.pop(_LONG), bytearray)
    return "it is moved as it grows" if grows else "it is put together once"


class _Source:
    """A socket's stream in which everything has come."""

    def __init__(self, data: bytes) -> None:
        self.asked = 0
        self._data = data

    async def receive_some(self, most: int | None = None) -> bytes:
        """Return what is asked for."""
        self.asked += 1
        part, self._data = self._data[:most], self._data[most:]
        return part


class _Given:
    """A connection on which some messages have come, and then nothing more."""

    def __init__(self, *messages: bytes) -> None:
        self._messages = deque(messages)

    async def read_msg(self) -> bytes:
        """Return the next one, nothing at the end."""
        return self._messages.popleft() if self._messages else b""

    async def read(self, most: int) -> bytes:
        """Return the next one as a part of a stream."""
        message = await self.read_msg()
        assert len(message) <= most
        return message


def _session(connection: Any) -> Any:
    nobody: Any = None
    return SecureSession(
        local_peer=nobody, local_private_key=nobody, remote_peer=nobody, remote_permanent_pubkey=nobody,
        is_initiator=True, conn=connection,
    )  # fmt: skip


# --- the same bytes ---------------------------------------------------------------------------------------------------


def check_pieces(turns: int) -> None:
    """Hold that pieces give what one buffer would, however they come and are taken."""
    rand, pieces, buffer = random.Random(7), Pieces(), bytearray()
    for _ in range(turns):
        data = rand.randbytes(rand.choice((0, 1, 3, 5000)))
        pieces.extend(data)
        buffer.extend(data)
        most = rand.choice((0, 1, 7, 6000, len(buffer)))
        assert (len(pieces), bytes(pieces[:most])) == (len(buffer), bytes(buffer[:most]))
        if rand.random() < 0.4:
            del pieces[:most]
            del buffer[:most]
        assert bytes(pieces) == bytes(buffer) and bool(pieces) == bool(buffer)
        if rand.random() < 0.01:
            pieces.clear()
            buffer.clear()


def check_single_bytes(count: int) -> None:
    """Hold that so many pieces of one byte are kept as one."""
    pieces = Pieces()
    for _ in range(count):
        pieces.extend(b"x")
    assert len(pieces) == count and len(pieces._pieces) == 1, len(pieces._pieces)


def check_messages(turns: int) -> None:
    """Hold that messages of all lengths are read as the bytes that they hold, in parts of all lengths, to the end."""
    trio.run(_check_messages, turns)


async def _check_messages(turns: int) -> None:
    rand = random.Random(7)
    for _ in range(turns):
        messages = [rand.randbytes(rand.choice((1, 2, 40))) for _ in range(rand.randrange(1, 6))]
        session, whole, found = _session(_Given(*messages)), b"".join(messages), b""
        while len(found) < len(whole):
            found += await read_message(session, rand.choice((0, 1, 2, 50, None)))
        assert found == whole
        await _check_ended(session)


async def _check_ended(session: Any) -> None:
    try:
        await read_message(session, 1)
    except ConnectionClosedError:
        return
    raise AssertionError("what has ended was read")


def check_broken_off() -> None:
    """Hold that a frame of which a part has come is told as broken off, and one that came in parts is whole."""
    assert trio.run(read_whole, _Given(b"ab", b"c"), 3) == b"abc"
    try:
        trio.run(read_whole, _Given(b"ab"), 3)
    except IncompleteReadError as error:
        assert (error.expected_bytes, error.received_bytes, error.is_clean_close) == (3, 2, False), error
        return
    raise AssertionError("a part was taken for the whole")
