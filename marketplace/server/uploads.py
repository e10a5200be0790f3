"""Large blobs that come in parts: what was received is kept, and a broken upload goes on where it stopped."""

import fcntl
import io
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from marketplace.errors import ConflictError, IntegrityError, InvalidInputError
from marketplace.server.asgi import Scope, header
from marketplace.server.bodies import too_large
from marketplace.server.tokens import Token
from marketplace.storage.blobs import CHUNK
from marketplace.storage.files import disk_error
from marketplace.storage.filesystem import FilesystemStore

STALE_AFTER = 24 * 3600.0
"""Seconds after which an upload that nobody went on with is dropped."""

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_NUMBER = re.compile(rb"0|[1-9][0-9]{0,14}")


class Uploads:
    """Parts of blobs on their way into `store`, in `folder`.

    Those of each token are by themselves, so that nobody can spoil another's upload.
    """

    def __init__(self, folder: Path, store: FilesystemStore, token: Token) -> None:
        self._folder = folder
        self._store = store
        self._token = token

    def offset(self, digest: str) -> int:
        """Return how many bytes of a blob are here; all of them when it is in the store."""
        if self._store.has(digest):
            return self._store.path_of(digest).stat().st_size
        try:
            return self._part(digest).stat().st_size
        except FileNotFoundError:
            return 0

    def partial(self, digests: Iterable[str]) -> dict[str, int]:
        """Return how much of those blobs is here of which something is, after dropping stale uploads."""
        self.sweep()
        if not self._folder.is_dir():
            return {}
        here = {path.name: path.stat().st_size for path in self._folder.iterdir()}
        found = {digest: here.get(self._part(digest).name, 0) for digest in digests}
        return {digest: size for digest, size in found.items() if size}

    def append(self, digest: str, offset: int, length: int, stream: BinaryIO) -> int:
        """Append what `stream` yields from `offset` on; return how many bytes are here now.

        With the last of `length` bytes the digest is verified and the blob kept. What came before the stream broke
        stays. The stream itself refuses to yield more than `length - offset` bytes.

        Raises:
            ConflictError: `upload-offset`, with the right one in `offset`; `upload-busy`, another request is at it.
            IntegrityError: `blob-corrupt`, the whole has another digest: it is dropped.
            InvalidInputError: `body-too-large`, the stream's.
            UnavailableError: `bundle-cut`, `disk-full` or `store-unwritable`.
        """
        if self._store.has(digest):
            raise _wrong_offset(self.offset(digest))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(self._part(digest), _FLAGS, 0o600), "r+b", buffering=0) as file:
                _lock(file)
                here = file.seek(0, os.SEEK_END)
                if here != offset:
                    raise _wrong_offset(here)
                here = _copy(stream, file, here)
                if here == length:
                    self._finish(digest, file)
                return here
        except OSError as error:
            raise disk_error(error, "the upload") from error

    def _finish(self, digest: str, file: io.FileIO) -> None:
        try:
            file.seek(0)
            self._store.put(cast(BinaryIO, file), expected=digest)
        except IntegrityError:
            self._part(digest).unlink()
            raise
        self._part(digest).unlink()

    def sweep(self, now: float | None = None) -> None:
        """Drop uploads that nobody went on with."""
        oldest = (time.time() if now is None else now) - STALE_AFTER
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.lstat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _part(self, digest: str) -> Path:
        return self._folder / f"{self._token.hash[:16]}-{digest.removeprefix('sha256:')}"


def _lock(file: io.FileIO) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "wait until it has ended, or broken"
        raise ConflictError("upload-busy", "another request sends this blob", hint=hint) from None


def _copy(stream: BinaryIO, file: io.FileIO, start: int) -> int:
    """Append to a file what comes, and return its length. What came before the stream broke stays.

    What a full disk cut short goes, so that it does not keep the disk full.
    """
    here = start
    try:
        while piece := stream.read(CHUNK):
            view = memoryview(piece)
            while view:
                view = view[file.write(view) :]
            here += len(piece)
    except OSError:
        file.truncate(start)
        raise
    return here


def _wrong_offset(here: int) -> ConflictError:
    hint = "go on from there"
    return ConflictError("upload-offset", f"{here} bytes are here", hint=hint, offset=here)


def numbers_of(scope: Scope, largest: int) -> tuple[int, int]:
    """Return `Upload-Offset` and `Upload-Length` of a request.

    Raises:
        InvalidInputError: `request-malformed`, or `body-too-large` when the whole would be longer than `largest`.
    """
    offset, length = (_number(scope, name) for name in (b"upload-offset", b"upload-length"))
    if length > largest:
        raise too_large(largest)
    if offset > length:
        raise InvalidInputError("request-malformed", "Upload-Offset is beyond Upload-Length", field="upload-offset")
    return offset, length


def _number(scope: Scope, name: bytes) -> int:
    value = header(scope, name) or b""
    if not _NUMBER.fullmatch(value):
        shown = name.decode("ascii").title()
        raise InvalidInputError("request-malformed", f"{shown} is missing or no number", field=shown.lower())
    return int(value)
