"""How long the head of an answer may take: `http.client` knows a limit for each read alone."""

import http.client
import io
import socket
import time
from typing import Any

from marketplace.http.base import Limits


class SlowHeadError(TimeoutError):
    """The head of an answer takes too long, though each of its bytes came in time."""


class PatientResponse(http.client.HTTPResponse):
    """An answer whose head has to come in the time that an answer may take as a whole."""

    def __init__(self, sock: socket.socket, *given: Any, limits: Limits, **options: Any) -> None:
        super().__init__(sock, *given, **options)
        self._raw = _Bounded(sock.makefile("rb", buffering=0), sock, limits)
        self.fp.close()
        self.fp = io.BufferedReader(self._raw)

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        self._raw.no_limit()


class _Bounded(io.RawIOBase):
    """Bytes from a socket, which have to be here when the time is over, until that is lifted."""

    def __init__(self, raw: Any, sock: socket.socket, limits: Limits) -> None:
        super().__init__()
        self._source, self._sock, self._limits = raw, sock, limits
        self._end: float | None = time.monotonic() + limits.total

    def no_limit(self) -> None:
        """Lift the limit."""
        self._end = None
        self._sock.settimeout(self._limits.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        found: int | None
        if self._end is None:
            found = self._source.readinto(buffer)
            return found
        left = self._end - time.monotonic()
        if left <= 0:
            raise SlowHeadError
        self._sock.settimeout(min(self._limits.read, left))
        try:
            found = self._source.readinto(buffer)
        except TimeoutError as error:
            raise (SlowHeadError if left < self._limits.read else TimeoutError)(str(error)) from error
        return found

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
