"""A web server with documents that a scenario puts on it: entity tags, 304, 404, and gates that hold answers back."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import PurePosixPath

from support.trials.web_server import WebServer

_SECONDS = 120.0


class Shelf(WebServer):
    """Serves `documents` by path, of the content type in `types`, else JSON. While `gate` is clear nobody gets one."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        super().__init__(_Handler)

    def close(self) -> None:
        """Stop serving; who waits for an answer gets it."""
        self.gate.set()
        super().close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Shelf

    def do_GET(self) -> None:
        """Answer with the document, a part of it, 304 or 404."""
        self.server.gate.wait(_SECONDS)
        data = self.server.documents.get(self.path)
        if data is None:
            self._answer(404, b"")
            return
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        part = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if self.headers.get("If-None-Match") == tag:
            self._answer(304, b"", tag)
        elif part and self.headers.get("If-Range", tag) == tag and int(part[1]) < len(data):
            span = f"bytes {part[1]}-{len(data) - 1}/{len(data)}"
            self._answer(206, data[int(part[1]) :], tag, span)
        else:
            self._answer(200, data, tag)

    def do_POST(self) -> None:
        """Answer with the document that is called `POST` and the path, whatever is sent."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        data = self.server.documents.get(f"POST {self.path}")
        self._answer(404 if data is None else 200, data or b"")

    def _answer(self, status: int, data: bytes, tag: str = "", span: str = "") -> None:
        self.send_response(status)
        name = PurePosixPath(self.path).name
        kind = self.server.types.get(name, "application/json" if name.endswith(".json") else "application/octet-stream")
        pairs = (("Content-Type", kind), ("Content-Length", str(len(data))), ("ETag", tag), ("Content-Range", span))
        for header, value in pairs:
            if value and not (status == 304 and header == "Content-Length"):
                self.send_header(header, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Write no log."""
