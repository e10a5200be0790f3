"""Registries whose address has a scheme that a plugin brings: files alone, read piece by piece.

The plugin reads. What it reads is checked where answers over HTTP are: digests, signatures, the log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from marketplace.http.base import Failure, Request
from marketplace.plugins.calling import Plugins
from marketplace.plugins.types import PIECE, PluginFailedError


class Plugged:
    """A `Transport` to one registry. Threads may share it.

    Args:
        base: its address, with a slash at the end.
    """

    def __init__(self, plugins: Plugins, scheme: str, base: str) -> None:
        self._plugins = plugins
        self._scheme = scheme
        self._base = base

    def send(self, request: Request) -> "Answer":
        """Begin to read the file that a request names; see `Transport`.

        Raises:
            Failure: `plugin`.
        """
        if request.method != "GET" or not request.url.startswith(self._base):
            raise Failure("plugin", f"what {self._scheme} brings can be read, and nothing else")
        path = unquote(request.url.removeprefix(self._base))
        first = self.read(path, 0)
        return Answer(404, iter(())) if first is None else Answer(200, self._pieces(path, first))

    def read(self, path: str, start: int) -> bytes | None:
        """Return up to PIECE bytes of a file; None when it is not there.

        Raises:
            Failure: `plugin`.
        """
        try:
            return self._plugins.read(self._scheme, self._base.rstrip("/"), path, start)
        except PluginFailedError as error:
            raise Failure("plugin", f"the plugin {self._scheme} cannot be asked: {error}") from error

    def _pieces(self, path: str, piece: bytes) -> Iterator[bytes]:
        start = 0
        while piece:
            yield piece
            start += len(piece)
            piece = (self.read(path, start) or b"") if len(piece) == PIECE else b""


@dataclass(frozen=True, slots=True)
class Answer:
    """The file, as a `Response`: it has no headers, so nothing is kept by a validator."""

    status: int
    _body: Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)

    def pieces(self) -> Iterator[bytes]:
        """Yield the file; see `Response`."""
        return self._body

    def close(self) -> None:
        """Do nothing: no connection is held."""
