"""A port of this machine's loopback that leads into a room which this machine cannot reach by itself."""

import contextlib
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterable

from support.cleanroom.deadline import Deadline

_PIECE = 65536
CLOSING = 6.0
"""Most seconds that closing waits for what is open: one that is being made may take 5 (`host_container`)."""

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time: closing sends a reset


class Forwarder:
    """Accepts connections and joins each with one that `dial` makes; refuses with a reset when that fails."""

    def __init__(self, dial: Callable[[], socket.socket]) -> None:
        self._dial = dial
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = False
        self._start(self._accept, f"forward {self.address[1]}")

    def _start(self, work: Callable[..., None], name: str, *args: socket.socket) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True, name=name)
        with self._lock:
            thread.start()
            self._threads = [*self._alive(), thread]

    def _alive(self) -> list[threading.Thread]:
        return [thread for thread in self._threads if thread.is_alive()]

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _address = self._listener.accept()
            except OSError:  # closed
                return
            self._start(self._join, "forwarded", near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = self._dial()
        except Exception:  # noqa: BLE001 - whatever the reason, nothing answers there: the client gets a reset
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            self._open |= {near, far}
            if self._closed:
                _cut(self._open)
        try:
            _pump(near, far)
        finally:
            with self._lock:
                self._open -= {near, far}
            near.close()
            far.close()

    def close(self) -> None:
        """Accept no more, cut what is open, and wait until it is gone: a client that holds on must not hold it."""
        self._closed = True
        _cut([self._listener])
        self._listener.close()
        with self._lock:
            _cut(self._open)
        Deadline.after(CLOSING).poll(lambda: not self._alive(), every=0.001)


def _cut(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _pump(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until both sides have ended; an end of one side is passed on, a reset too."""
    with selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while selector.get_map():
            for key, _events in selector.select():
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                try:
                    piece = source.recv(_PIECE)
                    if piece:
                        key.data.sendall(piece)
                        continue
                    selector.unregister(source)
                    key.data.shutdown(socket.SHUT_WR)
                except OSError:
                    for side in (near, far):
                        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    return
