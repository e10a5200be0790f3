"""Single HTTP exchanges for scenarios, written and read without any client's help: what was sent is what was meant."""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem document; empty when it is none."""
        return str(self.json()["code"]) if self.headers.get("content-type") == "application/problem+json" else ""


def connect(url: str, certificate: Path | None = None) -> socket.socket:
    """Connect to the server of an address; with a certificate, over TLS to the server that has just this."""
    parts = urlsplit(url)
    assert parts.hostname, url
    connection = socket.create_connection((parts.hostname, parts.port or 80), TIMEOUT)
    if certificate is None:
        return connection
    context = ssl.create_default_context(cafile=certificate)
    return context.wrap_socket(connection, server_hostname=parts.hostname)


def ask(
    url: str, path: str, method: str = "GET", *, headers: Mapping[str, str] | None = None, body: bytes = b"",
    certificate: Path | None = None,
) -> Answer:  # fmt: skip
    """Send one request for exactly this path and return the answer."""
    given = {"host": urlsplit(url).netloc, "connection": "close", **(headers or {})}
    if body or method in ("POST", "PATCH"):
        given.setdefault("content-length", str(len(body)))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items())
    with connect(url, certificate) as connection:
        connection.sendall(head.encode("latin-1") + b"\r\n" + body)
        return read_answer(connection, method)


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one answer from a connection."""
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        response.close()
