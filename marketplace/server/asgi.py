"""The little of ASGI that the server is written against (https://asgi.readthedocs.io, specification 3.0)."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PATHSEND = "http.response.pathsend"
"""Extension of servers that send a file by its path themselves."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the value of a request header (name in lower case); several are joined, as RFC 9110 5.3 says."""
    found = [value for key, value in scope["headers"] if key == name]
    return b", ".join(found) if found else None


def path_of(scope: Scope) -> str | None:
    """Return the path as it came, not unquoted, below the root path and without its first slash; None if it is odd."""
    raw = scope.get("raw_path") or scope["path"].encode("utf-8")
    text = raw.partition(b"?")[0]
    root = scope.get("root_path", "").encode("utf-8")
    if not text.startswith(root + b"/") or not text.isascii():
        return None
    return str(text[len(root) + 1 :].decode("ascii"))


def headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Return response headers as ASGI wants them."""
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in pairs]


async def answer(send: Send, status: int, response_headers: Headers, body: bytes = b"") -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": response_headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
