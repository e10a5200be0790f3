"""Talking to the node that runs in this home, over its control socket. Knows nothing of libp2p."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from marketplace.errors import (
    ConflictError,
    DeniedError,
    IntegrityError,
    InvalidInputError,
    MarketError,
    NotFoundError,
    UnavailableError,
)

MAX_LINE = 4 * 1024 * 1024
"""Longest request or answer in bytes."""

_SUN_PATH = 100
_SECONDS = 300.0
_KINDS: dict[int, type[MarketError]] = {
    kind.exit_code: kind
    for kind in (InvalidInputError, IntegrityError, NotFoundError, ConflictError, UnavailableError, DeniedError)
}


class NodeClient:
    """The node of a home, as its other programs see it."""

    def __init__(self, home: Path) -> None:
        self._path = home / "node" / "control.sock"

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        """Ask the node to do something and return its answer.

        Raises:
            UnavailableError: `node-not-running`, or `node-silent` when it does not answer.
            MarketError: what the node could not do, as the same error that it had.
        """
        try:
            answer = self._exchange(json.dumps({"do": do, **arguments}).encode() + b"\n")
        except (FileNotFoundError, ConnectionRefusedError):
            hint = "start one in another terminal: ggen market node run --bootstrap ADDRESS"
            raise UnavailableError("node-not-running", "no node is running in this home", hint=hint) from None
        except (OSError, ValueError) as error:
            hint = "look whether it still runs: ggen market node status"
            raise UnavailableError("node-silent", f"the node has not answered: {error}", hint=hint) from error
        if "error" in answer:
            raise _error(answer)
        return answer

    def _exchange(self, request: bytes) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_SECONDS)
            with short_path(self._path) as path:
                connection.connect(path)
            connection.sendall(request)
            with connection.makefile("rb") as file:
                answer = json.loads(file.readline(MAX_LINE) or b"null")
        if not isinstance(answer, dict):
            raise ValueError("it closed the connection")  # noqa: TRY004 - one error type for bad answers
        return answer


def _error(answer: dict[str, Any]) -> MarketError:
    fields = dict(answer["error"])
    kind = _KINDS.get(answer.get("exit_code", 1), MarketError)
    return kind(fields.pop("code"), fields.pop("message"), hint=fields.pop("hint"), **fields)


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Give a path for a socket, by way of its open folder when it is longer than the 108 bytes that Linux takes."""
    if len(os.fsencode(path)) < _SUN_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
