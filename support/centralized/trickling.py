"""A server that answers with a head which never ends: a byte now and then, each in good time."""

import socket
import threading
from contextlib import suppress

from marketplace.http.base import Failure, Limits, Request
from marketplace.http.connections import Connections

_HEAD = b"HTTP/1.1 200 OK\r\nX-Never-Ends: "
_PAUSE, _SECONDS = 0.02, 10.0


class TricklingServer:
    """Listens on a free port; whoever connects gets a byte of the head every 20 ms, for ten seconds at most."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with connection:
                for number in range(int(_SECONDS / _PAUSE)):
                    connection.sendall(_HEAD[number : number + 1] or b"x")
                    if self._stop.wait(_PAUSE):
                        return

    def close(self) -> None:
        """End it."""
        self._stop.set()
        self._listener.close()
        self._thread.join()


def failure_at(server: TricklingServer, *, read: float, total: float) -> str:
    """Ask such a server with these limits in seconds; return what went wrong."""
    connections = Connections({})
    try:
        connections.send(Request("GET", f"{server.url}registry.json", limits=Limits(read=read, total=total)))
    except Failure as failure:
        return failure.what
    finally:
        connections.close()
    return "answered"
