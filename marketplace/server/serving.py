"""`ggen market serve`: the application on Granian, on a socket that is bound here, so that the address is known."""

import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from marketplace.errors import InvalidInputError, UnavailableError
from marketplace.server.app import LABELS, Application
from marketplace.server.board import Board
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY, Options

_BACKLOG = 1024
_POLL = 0.02
_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent dies."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how the server listens. A port of 0 is any that is free; TLS when there is a certificate."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def scheme(self) -> str:
        """http or https."""
        return "https" if self.tls_cert else "http"


def bind(listening: Listening) -> socket.socket:
    """Return a listening socket.

    Raises:
        UnavailableError: `address-unavailable`, the port is taken or the address is not this machine's.
    """
    try:
        found = socket.getaddrinfo(listening.host, listening.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            listener.setblocking(False)
            listener.set_inheritable(True)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        message = (
            f"{listening.host}:{listening.port} cannot be listened on: {getattr(error, 'strerror', None) or error}"
        )
        hint = "choose another port (0 for any that is free) or another address"
        raise UnavailableError("address-unavailable", message, hint=hint) from error
    return listener


def address_of(listener: socket.socket, listening: Listening) -> str:
    """Return the base address of the registry behind a socket."""
    host, port = listener.getsockname()[:2]
    return f"{listening.scheme}://{f'[{host}]' if ':' in host else host}:{port}/"


def check_tls(listening: Listening) -> None:
    """Load certificate and key once, so that a mistake is told before anything is started.

    Raises:
        InvalidInputError: `tls-invalid`.
    """
    import ssl

    if listening.tls_cert is None and listening.tls_key is None:
        return
    if listening.tls_cert is None or listening.tls_key is None:
        raise InvalidInputError(
            "tls-invalid", "TLS needs a certificate and its key", hint="give --tls-cert and --tls-key"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listening.tls_cert, listening.tls_key)
    except (OSError, ssl.SSLError) as error:
        message = f"the certificate or its key cannot be used: {error}"
        raise InvalidInputError("tls-invalid", message, hint="both are files in PEM form") from error


def serve(options: Options, listening: Listening, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called with the base address once requests are answered.

    Raises:
        UnavailableError: `address-unavailable`.
        InvalidInputError: `tls-invalid`.
        MarketError: what `log_key` raises.
    """
    check_tls(listening)
    log_key(options.folder / LOG_KEY, options.name)
    board = Board(LABELS, listening.workers)
    with bind(listening) as listener:
        server = _granian(options, listening, listener, board)
        address = address_of(listener, listening)
        waiting = threading.Thread(
            target=_when_ready, args=(listener.getsockname(), lambda: ready(address)), daemon=True
        )
        server.on_startup(waiting.start)
        server.serve(target_loader=partial(_application, options, board, os.getpid()), wrap_loader=False)


def _granian(options: Options, listening: Listening, listener: socket.socket, board: Board) -> Any:
    from granian import net
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    class OnOurSocket(Server):  # type: ignore[misc,valid-type]
        """Granian on a socket that is there already: it could not tell which port it was given for 0."""

        def _init_shared_socket(self) -> None:
            self._ssp, self._sso, self._sfd = None, None, listener.fileno()
            self._shd = net.SocketHolder(listener.fileno(), False, _BACKLOG)  # type: ignore[attr-defined,call-arg]

        def signal_handler_interrupt(self, *_signal: object) -> None:
            """Let the requests in flight finish before the workers are stopped; a second signal does not wait."""
            if board.draining:
                super().signal_handler_interrupt()
                return
            board.drain()
            threading.Thread(target=self._drain, daemon=True).start()

        def _drain(self) -> None:
            end = time.monotonic() + options.drain
            while board.in_flight and time.monotonic() < end:
                time.sleep(_POLL)
            super().signal_handler_interrupt()

    host, port = listener.getsockname()[:2]
    return OnOurSocket(
        str(options.folder), address=host, port=port, interface=Interfaces.ASGI, workers=listening.workers,
        websockets=False, log_level=LogLevels.warning,
        http1_settings=HTTP1Settings(header_read_timeout=int(options.idle * 1000)),
        workers_kill_timeout=max(1, int(options.drain)), ssl_cert=listening.tls_cert, ssl_key=listening.tls_key,
    )  # fmt: skip


def _application(options: Options, board: Board, parent: int) -> Any:
    """Make the application in a worker, which is to die with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)  # the parent died before this was set
    board.claim()
    return Application(options, board)


def _when_ready(address: tuple[Any, ...], ready: Callable[[], None]) -> None:
    """Wait until a worker has answered on the socket, which queues connections from the first moment."""
    with socket.create_connection(address[:2]) as connection:
        connection.sendall(b"x")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    ready()
