"""What a provider answers to a request for chunks, and what it pays for when that is not what was asked for."""

from collections.abc import Mapping

import trio

from marketplace.p2p.limits import CHUNK, CHUNK_SECONDS
from marketplace.p2p.messages import ProtocolError, whole
from marketplace.p2p.reputation import Offence
from marketplace.p2p.wire import StalledError, Wire


class WrongBytesError(Exception):
    """A provider sent something else than was asked for."""


OFFENCES: Mapping[type[Exception], Offence] = {
    StalledError: Offence.STALL,
    ProtocolError: Offence.PROTOCOL,
    WrongBytesError: Offence.WRONG_BYTES,
}
"""What a provider pays for, by what went wrong with it."""


async def receive_data(wire: Wire) -> bytes | None:
    """Receive a chunk; None when the provider does not have it.

    Raises:
        StalledError: it took longer than `CHUNK_SECONDS`, though a little came now and then.
        ProtocolError, PeerGoneError: as `Wire`.
    """
    header = await wire.receive()
    if header.get("missing") is True:
        return None
    size = whole(header, "size", CHUNK)
    with trio.move_on_after(CHUNK_SECONDS):
        return await wire.receive_chunk(size)
    raise StalledError(f"{wire.peer} sent less than a chunk in {CHUNK_SECONDS} s")
