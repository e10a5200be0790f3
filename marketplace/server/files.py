"""The hot routes: files by their stable paths, answered before any framework is asked."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from marketplace.errors import NotFoundError
from marketplace.protocol.paths import Place
from marketplace.server.answers import CHANGING, SAFE, method_not_allowed
from marketplace.server.asgi import Headers, Scope, Send, answer
from marketplace.server.conditional import Part, encoding_of, part_of
from marketplace.server.counting import Counting
from marketplace.server.document import PackedDocument
from marketplace.server.fresh import FreshDocuments
from marketplace.server.pool import Pool

IMMUTABLE = b"public, max-age=31536000, immutable"
_CHUNK = 256 * 1024
_NOWAIT = getattr(os, "RWF_NOWAIT", 0)
"""Flag of preadv2(2) with which it reads only what needs no disk; systems without it read as ever."""

_DOCUMENT, _OCTETS, _TEXT = b"application/json", b"application/octet-stream", b"text/plain; charset=utf-8"


class Files:
    """Answers GET and HEAD of every path that names a file.

    Args:
        blob_path: where a blob is kept, by its digest.
    """

    def __init__(
        self, documents: FreshDocuments, pool: Pool, blob_path: Callable[[str], Path], counting: Counting
    ) -> None:
        self._documents = documents
        self._pool = pool
        self._blob_path = blob_path
        self._counting = counting

    async def answer(self, scope: Scope, send: Send, path: str, place: Place) -> None:
        """Answer with the file that `path` names.

        Raises:
            MarketError: what is to be answered as a problem.
        """
        if scope["method"] not in ("GET", "HEAD"):
            raise method_not_allowed("GET, HEAD")
        if place.kind == "blob":
            await self._file(scope, send, place, self._blob_path(place.digest), place.digest.removeprefix("sha256:"))
        elif place.kind == "archive":
            file = await self._pool.write(lambda content: content.archive(place.digest))
            await self._file(scope, send, place, file, file.stem)
        else:
            await self._document(scope, send, path, place)

    # --- documents -------------------------------------------------------------------------------------------------

    async def _document(self, scope: Scope, send: Send, path: str, place: Place) -> None:
        found = await self._documents.get(path, place)
        if found is None:
            raise await self._pool.read(lambda content: content.absent(place))
        coding = encoding_of(scope)
        if isinstance(found, PackedDocument) and found.coding(coding)[0] == "identity":
            await self._unpacked(scope, send, place, found)
            return
        if found.is_large and coding != "identity":  # not in this thread: others wait for it
            coding, tag, data = await self._pool.read(lambda _content: found.encoded(coding))
        else:
            coding, tag, data = found.encoded(coding)
        part = part_of(scope, tag, len(data))
        body = b"" if scope["method"] == "HEAD" else data[part.start : part.start + part.length]
        await answer(send, part.status, _about(place, coding, tag, part, len(data)), body)

    async def _unpacked(self, scope: Scope, send: Send, place: Place, document: PackedDocument) -> None:
        """Send what is asked for of a document as it is, in pieces, each unpacked when the one before is gone."""
        coding, tag = document.coding("identity")
        part = part_of(scope, tag, document.size)
        headers = _about(place, coding, tag, part, document.size)
        if scope["method"] == "HEAD" or not part.length:
            await answer(send, part.status, headers)
            return
        await send({"type": "http.response.start", "status": part.status, "headers": headers})
        pieces, left = document.pieces(part.start, part.length), part.length
        while left:
            piece = await self._pool.read(lambda _content: next(pieces))
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})

    # --- files -----------------------------------------------------------------------------------------------------

    async def _file(self, scope: Scope, send: Send, place: Place, file: Path, tag: str) -> None:
        """Send a file or what is asked for of it."""
        try:
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFoundError(
                "blob-missing", f"there is no {place.kind} {place.digest}", digest=place.digest
            ) from None
        try:
            await self._send_file(scope, send, place, handle, f'"{tag}"'.encode())
        finally:
            os.close(handle)

    async def _send_file(self, scope: Scope, send: Send, place: Place, handle: int, tag: bytes) -> None:
        size = os.fstat(handle).st_size
        part = part_of(scope, tag, size)
        headers: Headers = [
            (b"content-type", _OCTETS), (b"etag", tag), (b"accept-ranges", b"bytes"),
            (b"cache-control", IMMUTABLE), *SAFE,
        ]  # fmt: skip
        _measure(headers, part, size)
        if scope["method"] == "HEAD" or not part.length:
            await answer(send, part.status, headers)
            return
        if place.kind == "archive" and part.start == 0:
            self._counting.sent([place.digest])
        await send({"type": "http.response.start", "status": part.status, "headers": headers})
        await _send_pieces(send, handle, part)


async def _send_pieces(send: Send, handle: int, part: Part) -> None:
    at, end = part.start, part.start + part.length
    while at < end:
        piece = await _read(handle, min(_CHUNK, end - at), at)
        if not piece:
            raise OSError("the file was cut short while it was sent")
        at += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": at < end})


async def _read(handle: int, size: int, at: int) -> bytes:
    """Read what lies in memory at once, and only what the disk must bring in another thread."""
    piece = bytearray(size)
    try:
        return bytes(memoryview(piece)[: os.preadv(handle, [piece], at, _NOWAIT)])
    except OSError:  # not in memory, or a file system that cannot tell: then the thread says what is wrong
        return await asyncio.get_running_loop().run_in_executor(None, os.pread, handle, size, at)


def _about(place: Place, coding: str, tag: bytes, part: Part, size: int) -> Headers:
    """Return the headers of a document's answer."""
    headers: Headers = [
        (b"etag", tag), (b"cache-control", IMMUTABLE if place.immutable else CHANGING), (b"vary", b"accept-encoding"),
    ]  # fmt: skip
    if part.status != 304:  # no more than these for what did not change (RFC 9110 section 15.4.5)
        headers += [(b"content-type", _type_of(place)), (b"accept-ranges", b"bytes"), *SAFE]
        headers += [] if coding == "identity" else [(b"content-encoding", coding.encode())]
        _measure(headers, part, size)
    return headers


def _measure(headers: Headers, part: Part, size: int) -> None:
    """Add what says how long the answer is and which part."""
    if part.status == 304:
        return
    headers.append((b"content-length", b"%d" % part.length))
    if part.status == 206:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, part.start + part.length - 1, size)))
    elif part.status == 416:
        headers.append((b"content-range", b"bytes */%d" % size))


def _type_of(place: Place) -> bytes:
    if place.kind == "checkpoint":
        return _TEXT
    return _OCTETS if place.kind in ("tile", "entries") else _DOCUMENT
