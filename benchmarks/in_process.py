"""The server's application in this process: requests to it cost no socket."""

import asyncio
from pathlib import Path

from starlette.types import ASGIApp, Message

from benchmarks.homes import registry_of
from marketplace.server.app import Application
from marketplace.server.options import Options


async def application(home: Path) -> Application:
    """Return the application that serves a home's registry."""
    return Application(Options(home / "registry", lambda: registry_of(home), rate=0, log=False))


async def ask(
    app: ASGIApp, path: str, *, method: str = "GET", body: bytes = b"", tag: bytes = b"", status: int = 200
) -> tuple[bytes, bytes]:
    """Send a request that must be answered with `status`; return the tag and the body of the answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))] if body else []
    headers += [(b"if-none-match", tag)] if tag else []
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": headers, "client": ("127.0.0.1", 1), "root_path": "", "scheme": "http",
        "server": ("127.0.0.1", 80), "http_version": "1.1",
    }  # fmt: skip
    parts, sent, found = [body], bytearray(), dict[bytes, bytes]()

    async def receive() -> Message:
        while not parts:  # the client stays until it is answered
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": parts.pop(), "more_body": False}

    async def send(message: Message) -> None:
        sent.extend(message.get("body", b""))
        assert message.get("status", status) == status, message
        found.update(message.get("headers", ()))

    await app(scope, receive, send)
    return found.get(b"etag", b""), bytes(sent)
