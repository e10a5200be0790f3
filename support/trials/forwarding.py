"""A client whose connection into a room is still being made when the room begins to close."""

import contextlib
import socket
import threading

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.forward import Forwarder

SECONDS = 60.0


class LateConnection:
    """A server, a forwarder to it that connects when it is being closed, and a client that holds on."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())
        self._server = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self.forwarder = Forwarder(self._dial)

    def _dial(self) -> socket.socket:
        """Connect to the server as soon as nothing listens at the forwarder's port any more."""
        assert Deadline.after(SECONDS).poll(self._is_free), "the forwarder is not being closed"
        return socket.create_connection(self._server.getsockname())

    def _is_free(self) -> bool:
        try:
            socket.create_server(self.forwarder.address).close()
        except OSError:
            return False
        return True

    def connect(self) -> None:
        """Connect the client."""
        self._client = socket.create_connection(self.forwarder.address, SECONDS)

    def carriers(self) -> set[threading.Thread]:
        """Return the threads that the forwarder has started and that go on."""
        return set(threading.enumerate()) - self._before

    def ended(self) -> bool:
        """Read the client's connection to its end or its reset; a TimeoutError when it has none."""
        assert self._client
        with contextlib.suppress(ConnectionError):
            while self._client.recv(4096):
                pass
        return True

    def close(self) -> None:
        """Close all."""
        self.forwarder.close()
        self._server.close()
        if self._client:
            self._client.close()
