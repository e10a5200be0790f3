"""One file fetched into another, which goes on where it was when the connection breaks or the command is stopped."""

import os
import re
from pathlib import Path

from marketplace.http.base import Failure, Request, Response
from marketplace.http.client import BLOBS, Client, refuse_portal
from marketplace.storage.files import disk_error

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_PARTIAL = 206
_TOO_FAR = 416


class Transfer:
    """Fetches the file at `path` of a registry into `target`, which may hold its beginning from an earlier try.

    Args:
        limit: most bytes that are taken.
    """

    def __init__(self, client: Client, path: str, target: Path, limit: int) -> None:
        self._client = client
        self._url = client.base + path
        self._target = target
        self._limit = limit
        self._etag = ""

    def run(self) -> None:
        """Fetch the whole file. One command at a time does so; another one waits and then finds it there or not.

        Raises:
            MarketError: as `Client.attempt`.
        """
        with self._client.cache.alone(self._url):
            try:
                self._target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._client.attempt(self._attempt)
            except OSError as error:
                raise disk_error(error, str(self._target)) from error

    def _attempt(self) -> None:
        start = self._target.stat().st_size if self._target.exists() else 0
        response = self._ask(start)
        if start and not _continues(response, start):
            response.close()
            start = 0
            self._target.unlink()
            response = self._ask(0)
        self._etag = response.headers.get("etag", "")
        self._take(response, start)

    def _ask(self, start: int) -> Response:
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            headers |= {"If-Range": self._etag} if self._etag.startswith('"') else {}
        try:
            response = self._client.open(Request("GET", self._url, headers, limits=BLOBS))
        except Failure as failure:
            if failure.what != str(_TOO_FAR) or not start:
                raise
            self._target.unlink()  # it is as long as the file or longer, and yet nobody called it whole
            return self._ask(0)
        refuse_portal(response)
        return response

    def _take(self, response: Response, start: int) -> None:
        """Append the body, from `start` on; what has arrived stays when it breaks off."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_APPEND if start else os.O_TRUNC)
        handle = os.open(self._target, flags, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                taken = start
                for piece in response.pieces():
                    taken += len(piece)
                    if taken > self._limit:
                        self._target.unlink()
                        raise Failure("too-long", f"its file is longer than {self._limit:,} bytes")
                    file.write(piece)
        finally:
            response.close()


def _continues(response: Response, start: int) -> bool:
    """Tell whether an answer goes on at `start`; one with the whole file, or with another part of it, does not."""
    match = _RANGE.fullmatch(response.headers.get("content-range", ""))
    return response.status == _PARTIAL and match is not None and int(match[1]) == start
