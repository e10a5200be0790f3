"""A web server with documents that a scenario puts on it: entity tags, 304, 404, and gates that hold answers back."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath

_SECONDS = 30.0


class Shelf(ThreadingHTTPServer):
    """Serves `documents` by path, of the content type in `types`, else JSON. While `gate` is clear nobody gets one."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def netloc(self) -> str:
        """The address as `HOST:PORT`."""
        return f"127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self.gate.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, _request: object, _address: object) -> None:
        """Say nothing of connections that break: breaking them is what the proxy is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Shelf

    def do_GET(self) -> None:
        """Answer with the document, 304 or 404."""
        self.server.gate.wait(_SECONDS)
        data = self.server.documents.get(self.path)
        if data is None:
            self._answer(404, b"")
            return
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            self._answer(304, b"", tag)
        else:
            self._answer(200, data, tag)

    def _answer(self, status: int, data: bytes, tag: str = "") -> None:
        self.send_response(status)
        kind = self.server.types.get(PurePosixPath(self.path).name, "application/json")
        pairs = (("Content-Type", kind), ("Content-Length", str(len(data))), ("ETag", tag))
        for name, value in pairs:
            if value and not (status == 304 and name == "Content-Length"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Write no log."""
