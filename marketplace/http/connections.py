"""The transport on `http.client`: connections kept open, proxies and certificates as the environment says.

http.client costs a third of what requests costs to import and a fifth per request (docs/adr/0141).
"""

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import SplitResult, urlsplit

from marketplace.http.base import CHUNK, Failure, Limits, Request, Response
from marketplace.http.connecting import failure_of, no_answer, told
from marketplace.http.patience import PatientResponse, SlowHeadError

_IDLE = 8
"""Connections to one server that are kept open while nobody uses them."""

_IDLE_SECONDS = 25.0
"""Seconds after which an unused connection is not trusted: servers close theirs after 30 to 75 s."""

_PORTS = {"http": 80, "https": 443}

_Key = tuple[str, str, int]


class Connections:
    """A `Transport` that keeps connections open. Threads may share it.

    Args:
        environ: names the proxies (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`, in capitals too; `HTTP_PROXY`
            not under CGI) and the certificate authorities (`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`,
            `SSL_CERT_DIR`).
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._idle: dict[_Key, list[tuple[float, http.client.HTTPConnection]]] = {}
        self._guard = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def send(self, request: Request) -> Response:
        """Send a request once, over an idle connection or a new one; see `Transport`."""
        parts = _checked(request.url)
        key = (parts.scheme, str(parts.hostname), parts.port or _PORTS[parts.scheme])
        connection = self._take(key) or self._connect(key, parts, request.limits)
        answer = self._ask(connection, parts, request)
        return _Exchange(self, key, connection, answer, request.limits)

    def close(self) -> None:
        """Close the idle connections."""
        with self._guard:
            kept = [connection for idle in self._idle.values() for _, connection in idle]
            self._idle.clear()
        for connection in kept:
            connection.close()

    # --- connections -------------------------------------------------------------------------------------------------

    def _take(self, key: _Key) -> http.client.HTTPConnection | None:
        with self._guard:
            idle = self._idle.get(key, [])
            while idle:
                since, connection = idle.pop()
                if time.monotonic() - since < _IDLE_SECONDS and not _readable(connection.sock):
                    return connection
                connection.close()
        return None

    def give_back(self, key: _Key, connection: http.client.HTTPConnection) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._guard:
            idle = self._idle.setdefault(key, [])
            if len(idle) < _IDLE and connection.sock is not None:
                idle.append((time.monotonic(), connection))
                return
        connection.close()

    def _connect(self, key: _Key, parts: SplitResult, limits: Limits) -> http.client.HTTPConnection:
        scheme, host, port = key
        proxy = self._proxy_of(parts)
        address = (str(proxy.hostname), proxy.port or 80) if proxy else (host, port)
        connection: http.client.HTTPConnection
        if scheme == "https":
            connection = http.client.HTTPSConnection(*address, timeout=limits.connect, context=self._context())
        else:
            connection = http.client.HTTPConnection(*address, timeout=limits.connect)
        if proxy and scheme == "https":
            connection.set_tunnel(host, port, _proxy_headers(proxy))
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            raise failure_of(error, proxy) from error
        connection.sock.settimeout(limits.read)
        # Request heads and bodies leave in two writes: without this the second waits for the first one's receipt.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _context(self) -> ssl.SSLContext:
        with self._guard:
            if self._tls is None:
                file = next((f for n in _CA_FILES if (f := self._environ.get(n))), None)
                folder = self._environ.get("SSL_CERT_DIR") or None
                try:
                    self._tls = ssl.create_default_context(cafile=file, capath=folder)
                except OSError as error:
                    raise Failure("certificate", f"the authorities in {file or folder} cannot be read") from error
            return self._tls

    def _proxy_of(self, parts: SplitResult) -> SplitResult | None:
        env = self._environ
        names = [f"{parts.scheme}_proxy", "all_proxy"]
        if parts.scheme == "http" and "REQUEST_METHOD" in env:
            names.remove("http_proxy")  # under CGI the header Proxy: sets HTTP_PROXY (CVE-2016-5385)
        given = next((value for n in names if (value := env.get(n) or env.get(n.upper()))), "")
        port = parts.port or _PORTS[parts.scheme]
        if not given or _bypassed(str(parts.hostname), port, env.get("no_proxy") or env.get("NO_PROXY") or ""):
            return None
        return urlsplit(given if "://" in given else f"http://{given}")

    # --- one exchange ------------------------------------------------------------------------------------------------

    def _ask(
        self, connection: http.client.HTTPConnection, parts: SplitResult, request: Request
    ) -> http.client.HTTPResponse:
        target, headers = self._head(parts, request)
        body, refused = request.body, False
        try:
            try:
                connection.request(request.method, target, body.open() if body else None, headers)
            except (BrokenPipeError, ConnectionResetError):
                refused = True  # a server that will not read all of a body may have answered before it closed
            connection.response_class = partial(PatientResponse, limits=request.limits)  # type: ignore[assignment]
            answer = connection.getresponse()
        except SlowHeadError as error:
            connection.close()
            raise Failure("slow", f"the head of its answer had not come after {request.limits.total:g} s") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise no_answer(error) from error
        if refused:
            answer.will_close = True
        return answer

    def _head(self, parts: SplitResult, request: Request) -> tuple[str, dict[str, str]]:
        headers = {"User-Agent": _agent(), **request.headers}
        if request.body:
            headers["Content-Length"] = str(request.body.length)
        proxy = self._proxy_of(parts) if parts.scheme == "http" else None
        if proxy:
            return request.url, {**headers, **_proxy_headers(proxy)}
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers


_CA_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class _Exchange:
    """A `Response` on one of the transport's connections."""

    def __init__(
        self, pool: Connections, key: _Key, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse,
        limits: Limits,
    ) -> None:  # fmt: skip
        self._pool, self._key, self._connection, self._answer = pool, key, connection, answer
        self._limits, self._begin = limits, time.monotonic()
        self.status = answer.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in answer.getheaders()}
        self._promised = answer.length
        self._ended = answer.length == 0
        self._open = True
        if answer.length:
            answer.length += 1  # so that http.client keeps its buffer at the body's end: see _refuse_more

    def pieces(self) -> Iterator[bytes]:
        """Yield the body; see `Response`."""
        received = 0
        while not self._ended:
            piece = self._next(received)
            received += len(piece)
            if piece:
                yield piece
            elif self._promised is not None:
                self._abandon()
                raise Failure("truncated", f"its answer ended after {received} of {self._promised} bytes")
            self._ended = not piece or received == self._promised
        self._refuse_more()
        self.close()

    def _next(self, received: int) -> bytes:
        elapsed = time.monotonic() - self._begin
        if elapsed > self._limits.total + received / self._limits.rate:
            self._abandon()
            raise Failure("slow", f"only {received} bytes came in {elapsed:.0f} s")
        try:
            return self._answer.read1(CHUNK if self._promised is None else min(CHUNK, self._promised - received))
        except http.client.IncompleteRead as error:
            self._abandon()
            raise Failure("truncated", f"its answer ended too early, after {received} bytes") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._abandon()
            what = "truncated" if isinstance(error, ConnectionError) else "read"
            raise Failure(what, f"its answer broke off after {received} bytes: {told(error)}") from error

    def _refuse_more(self) -> None:
        """Refuse bytes behind the promised end: they would be read as the beginning of the next answer."""
        sock = self._connection.sock
        if not self._promised or sock is None or self._answer.fp is None:
            return
        sock.settimeout(0)
        try:
            more = bool(self._answer.fp.peek(1))
        except OSError:
            more = False  # the connection is gone, and nothing can follow
        sock.settimeout(self._limits.read)
        if more:
            self._abandon()
            raise Failure("overlong", f"more came than the {self._promised} bytes that its answer had promised")

    def close(self) -> None:
        """Give the connection back when the answer was read to its end and the server keeps it open; else close it."""
        if self._open and self._ended and not self._answer.will_close:
            self._open = False
            self._answer.close()
            self._pool.give_back(self._key, self._connection)
        elif self._open:
            self._abandon()

    def _abandon(self) -> None:
        self._open = False
        self._answer.close()
        self._connection.close()


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Failure("url", f"{url[:200]!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise Failure("url", f"{url[:200]!r} is no http or https address of a server")
    return parts


def _readable(sock: socket.socket | None) -> bool:
    """Tell whether something lies on an idle connection: its end, or bytes that nobody asked for."""
    return sock is None or bool(select.select([sock], [], [], 0)[0])


def _bypassed(host: str, port: int, listed: str) -> bool:
    """Tell whether `no_proxy` names a host: itself, a domain it is in (with or without a first dot), or `*`."""
    for entry in filter(None, (part.strip().lower() for part in listed.split(","))):
        name, _, given = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
        domain = (name or entry).lstrip(".").removeprefix("*.")
        if given and given != str(port):
            continue
        if entry == "*" or host.lower() == domain or host.lower().endswith(f".{domain}"):
            return True
    return False


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    import base64
    from urllib.parse import unquote

    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}


def _agent() -> str:
    from marketplace import __version__

    return f"ggen/{__version__}"
