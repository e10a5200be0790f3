"""The little of ASGI that the server is written against (https://asgi.readthedocs.io, specification 3.0)."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_FIELDS = "ggen.fields"
"""Where a scope has its headers by name, once one was asked for."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the value of a request header (name in lower case); several are joined, as RFC 9110 5.3 says."""
    fields: dict[bytes, bytes] | None = scope.get(_FIELDS)
    if fields is None:
        fields = scope[_FIELDS] = _joined(scope["headers"])
    return fields.get(name)


def _joined(pairs: Headers) -> dict[bytes, bytes]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        fields = {name: b", ".join(value for other, value in pairs if other == name) for name in fields}
    return fields


def raw_path_of(scope: Scope) -> bytes:
    """Return the path as it came, not unquoted."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    return raw.partition(b"?")[0] if b"?" in raw else raw


def path_below(raw: bytes, root: str) -> str | None:
    """Return a path as it came below the root path and without its first slash; None if it is odd."""
    base = root.encode("utf-8") + b"/"
    return raw[len(base) :].decode("ascii") if raw.startswith(base) and raw.isascii() else None


def headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Return response headers as ASGI wants them."""
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in pairs]


async def answer(send: Send, status: int, response_headers: Headers, body: bytes = b"") -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": response_headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
