"""Serving blobs over a stream: requests in, verified-by-the-receiver bytes out, one after the other."""

import trio

from marketplace.errors import IntegrityError
from marketplace.p2p.limits import CHUNK, MAX_CHUNKS, MAX_WANTED, SERVE_SECONDS
from marketplace.p2p.messages import ProtocolError, texts, whole
from marketplace.p2p.state import NodeState
from marketplace.p2p.wire import PeerGoneError, Wire


async def serve(wire: Wire, state: NodeState) -> None:
    """Answer requests until the peer ends the stream.

    Raises:
        ProtocolError, StalledError: as `Wire`.
    """
    while True:
        try:
            request = await wire.receive(SERVE_SECONDS)
        except PeerGoneError:
            return
        try:
            await _answer(wire, state, request)
        except IntegrityError as error:  # a digest that is none
            raise ProtocolError(error.message) from error


async def _answer(wire: Wire, state: NodeState, request: dict[str, object]) -> None:
    if "get" in request:
        for digest in texts(request, "get", MAX_WANTED):
            await _send_blob(wire, state, digest)
    elif "chunks" in request:
        found = await trio.to_thread.run_sync(state.chunks_of, _text(request, "chunks"))
        await wire.send({"missing": True} if found is None else {"size": found[0], "chunks": list(found[1])})
    elif "read" in request:
        index = whole(request, "index", MAX_CHUNKS)
        digest = _text(request, "read")
        data = state.read_chunk(digest, index)
        if data and index == 0:
            state.count_sent(digest, data)
        await _send_data(wire, data)
    else:
        raise ProtocolError("an unknown request")


async def _send_blob(wire: Wire, state: NodeState, digest: str) -> None:
    size = state.size_of(digest)
    data = state.read_blob(digest) if size is not None and size <= CHUNK else None
    if data:
        state.count_sent(digest, data)
    await _send_data(wire, data)


async def _send_data(wire: Wire, data: bytes | None) -> None:
    if data is None:
        await wire.send({"missing": True})
        return
    await wire.send({"size": len(data)})
    await wire.send_chunk(data)


def _text(request: dict[str, object], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"{name} is no text")
    return value
