"""Answers as server-sent events: the "distinct connections" mode of the GraphQL over SSE protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable

_LOOK = 0.5
"""Seconds after which it is looked whether the server is being stopped."""

_QUIET = 15.0
"""Seconds after which an empty line of comment tells that the connection lives."""

TYPE = "text/event-stream"
COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"


def event(data: bytes) -> bytes:
    """Return a result as an event; JSON has no new lines."""
    return b"event: next\ndata: " + data + b"\n\n"


async def events(results: AsyncIterator[bytes], draining: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield an event for each result, and the last one when there are no more or the server is being stopped."""
    yield _COMMENT  # the client knows that it is heard
    pending = asyncio.ensure_future(anext(results, None))
    quiet = 0.0
    try:
        while not draining():
            await asyncio.wait({pending}, timeout=_LOOK)
            if not pending.done():
                quiet += _LOOK
                if quiet >= _QUIET:
                    quiet = 0.0
                    yield _COMMENT
                continue
            if (data := pending.result()) is None:
                break
            quiet = 0.0
            yield event(data)
            pending = asyncio.ensure_future(anext(results, None))
        yield COMPLETE
    finally:
        pending.cancel()


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Yield the answer to what has one answer."""
    yield event(data)
    yield COMPLETE
