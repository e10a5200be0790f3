"""The control socket of a node: one JSON object in, one out, a line each; only the node's own user can connect."""

import json
import os
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trio

from marketplace.errors import InvalidInputError, MarketError
from marketplace.registry.node_client import MAX_LINE, short_path

Answer = Callable[[Mapping[str, object]], Awaitable[dict[str, object]]]
"""Answers a request; a MarketError it raises is what the client raises."""


@asynccontextmanager
async def control_socket(path: Path, answer: Answer) -> AsyncIterator[None]:
    """Serve requests at `path` while the block runs."""
    path.unlink(missing_ok=True)  # the node holds its folder's lock: whoever made it is dead
    with short_path(path) as short:
        listener = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            await listener.bind(short)
        finally:
            os.umask(before)
    listener.listen(16)
    async with trio.open_nursery() as nursery:

        async def handle(stream: trio.SocketStream) -> None:
            await _serve(stream, answer)

        nursery.start_soon(trio.serve_listeners, handle, [trio.SocketListener(listener)])
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            nursery.cancel_scope.cancel()


async def _serve(stream: trio.SocketStream, answer: Answer) -> None:
    async with stream:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):  # the client has gone
            document = await _answer(await _line(stream), answer)
            await stream.send_all(json.dumps(document).encode() + b"\n")


async def _answer(line: bytes, answer: Answer) -> dict[str, object]:
    try:
        return await answer(_parse(line))
    except MarketError as error:
        known = error
    except Exception as error:  # noqa: BLE001 - a defect in one answer must not end the node
        sys.stderr.write(traceback.format_exc())
        known = MarketError("unexpected", f"{type(error).__name__}: {error}")
    return {"error": known.to_json(), "exit_code": known.exit_code}


def _parse(line: bytes) -> Mapping[str, object]:
    try:
        request = json.loads(line)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise InvalidInputError("usage", "the request is no JSON object in one line")
    return request


async def _line(stream: trio.SocketStream) -> bytes:
    data = bytearray()
    while not data.endswith(b"\n"):
        part = await stream.receive_some()
        data += part
        if not part or len(data) > MAX_LINE:
            break
    return bytes(data)
