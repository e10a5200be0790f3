"""A forward proxy as companies have them: it carries requests and tunnels, may want a login, and remembers both."""

import base64
import http.client
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_PIECE = 65_536
_SECONDS = 120.0


class Asked(NamedTuple):
    """A request to the proxy: method, target, its answer's status, and whether it bore a registry's token."""

    method: str
    target: str
    status: int
    token: bool


class ForwardProxy:
    """A proxy on a port of this machine.

    Args:
        login: `NAME:PASSWORD` as URLs write them, or empty when it wants none.
        refusal: the status of every answer, instead of carrying anything; 0 for none.
    """

    def __init__(self, login: str = "", refusal: int = 0) -> None:
        self.asked: list[Asked] = []
        self._login, self._refusal = unquote(login), refusal
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://{f'{login}@' if login else ''}127.0.0.1:{self._server.server_address[1]}"

    def refuses(self, given: str | None) -> int:
        """Return the status that a request gets instead of being carried, 0 for none."""
        wanted = f"Basic {base64.b64encode(self._login.encode()).decode()}"
        return 407 if self._login and given != wanted else self._refusal

    def close(self) -> None:
        """Carry nothing more, and wait until what is under way has ended."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for each connection's thread
    proxy: ForwardProxy


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _carry(self) -> None:
        """Carry a request in absolute form; every answer ends its connection."""
        self.close_connection = True
        if self._refused():
            return
        parts = urlsplit(self.path)
        upstream = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=_SECONDS)
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            upstream.request(self.command, target, body, {**headers, "Connection": "close"})
            answer = upstream.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
        finally:
            upstream.close()

    do_GET = do_POST = do_HEAD = do_PATCH = _carry  # noqa: N815 - names that http.server looks for

    def do_CONNECT(self) -> None:
        """Open a tunnel and pass bytes both ways until a side ends."""
        self.close_connection = True
        if self._refused():
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), _SECONDS) as upstream:
            self._answer(200, [], b"")
            self.wfile.flush()
            _pass_on(self.connection, upstream)

    def _refused(self) -> bool:
        status = self.server.proxy.refuses(self.headers.get("Proxy-Authorization"))
        if status:
            self._answer(status, [("Proxy-Authenticate", 'Basic realm="proxy"')] if status == 407 else [], b"")
        return bool(status)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        token = "Authorization" in self.headers
        self.server.proxy.asked.append(Asked(self.command, self.path, status, token))
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if self.command != "CONNECT" or status != 200:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    to = {one: other, other: one}
    while readable := select.select([one, other], [], [], _SECONDS)[0]:
        for side in readable:
            try:
                data = side.recv(_PIECE)
                to[side].sendall(data)
            except OSError:
                return
            if not data:
                return
