"""A small web server to put the fault proxy before: known bytes, entity tags, ranges, and a memory of requests."""

from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from support.trials.web_server import WebServer

PIECE = 1 << 16
ETAG = '"v1"'


def content(size: int) -> bytes:
    """Return the first `size` bytes of what every path of the server holds."""
    return bytes(range(256)) * (size // 256) + bytes(range(size % 256))


class Origin(WebServer):
    """Serves `GET /any?size=N` and takes `PUT`; `received` is every request with the bytes of its body."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str, int]] = []
        super().__init__(_Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the head and a small body leave in one segment
    server: Origin

    def do_GET(self) -> None:
        """Answer with the whole, a part, or 304."""
        size = int(parse_qs(urlsplit(self.path).query).get("size", ["1000"])[0])
        self.server.received.append((self.command, self.path, 0))
        span = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        if self.headers.get("If-None-Match") == ETAG:
            self._head(304, 0)
        elif span[1]:
            first, last = int(span[0]), int(span[2] or size - 1)
            self._head(206, last - first + 1, ("Content-Range", f"bytes {first}-{last}/{size}"))
            self.wfile.write(content(size)[first : last + 1])
        else:
            self._head(200, size)
            if self.command == "GET":
                self._pieces(size)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def do_PUT(self) -> None:
        """Take a body of any length; a body that is cut off is remembered too, with what came of it."""
        left, taken = int(self.headers.get("Content-Length", 0)), 0
        while left and (piece := self.rfile.read1(min(PIECE, left))):
            taken, left = taken + len(piece), left - len(piece)
        self.server.received.append((self.command, self.path, taken))
        self.close_connection = left > 0
        if not left:
            self._head(201, 0)

    def _pieces(self, size: int) -> None:
        piece = content(PIECE)
        for start in range(0, size, PIECE):
            self.wfile.write(piece[: size - start])

    def _head(self, status: int, length: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("ETag", ETAG), ("Content-Length", str(length)), *headers):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Write no log."""
