"""What every store shares: a reader that verifies, a copy that hashes, and the errors for blobs."""

import hashlib
import io
import os
from typing import BinaryIO

from marketplace.errors import IntegrityError, NotFoundError
from marketplace.model.tree import DIGEST

CHUNK = 1024 * 1024
"""Bytes read at once: large enough to amortise the call, small enough for constant memory."""


class VerifyingReader(io.RawIOBase):
    """Streams a blob; the read that reaches the end raises when the bytes do not have their digest."""

    def __init__(self, file: BinaryIO, digest: str) -> None:
        super().__init__()
        self._file = file
        self._digest = digest
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`.

        Raises:
            IntegrityError: `blob-corrupt` at the end of the data.
        """
        count = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self._hash.update(memoryview(buffer)[:count])
        if count == 0 and len(buffer) and "sha256:" + self._hash.hexdigest() != self._digest:
            raise corrupt(self._digest)
        return int(count)

    def close(self) -> None:
        """Close the file underneath."""
        self._file.close()
        super().close()


def corrupt(digest: str) -> IntegrityError:
    """Return the error for a blob whose bytes do not have its digest."""
    hint = "`ggen market cache verify` lists the damage; publish the package again or restore a backup of the store"
    return IntegrityError("blob-corrupt", f"the stored blob {digest} is damaged", hint=hint, digest=digest)


def check_digest(digest: str) -> None:
    """Raise IntegrityError `digest-malformed` for what is not a digest as this project writes it."""
    if not DIGEST.fullmatch(digest):
        raise IntegrityError("digest-malformed", f"{digest[:80]!r} is not a sha256 digest")


def missing(digest: str) -> NotFoundError:
    """Return the error for a blob that is not in a store."""
    return NotFoundError("blob-missing", f"blob {digest} is not in the store", digest=digest)


def too_large(limit: int) -> IntegrityError:
    """Return the error for data beyond its limit."""
    return IntegrityError("blob-too-large", f"the data is longer than {limit} bytes", limit=limit)


def unexpected(digest: str, expected: str) -> IntegrityError:
    """Return the error for bytes that have another digest than the one they were announced with."""
    message = f"the bytes have the digest {digest}, not {expected}"
    return IntegrityError("blob-corrupt", message, expected=expected, actual=digest)


def copy_hashing(source: BinaryIO, target: BinaryIO, limit: int | None) -> tuple[str, int]:
    """Copy a stream in pieces; return its `sha256:` digest and its length.

    Raises:
        IntegrityError: `blob-too-large` as soon as more than `limit` bytes were read.
    """
    state, count = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        count += len(chunk)
        if limit is not None and count > limit:
            raise too_large(limit)
        state.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[target.write(view) :]
    return "sha256:" + state.hexdigest(), count


def hash_file(handle: int, size: int) -> str:
    """Return the digest of an open file; one read suffices for one of the `size` it had, if that is small."""
    state = hashlib.sha256()
    want = min(size + 1, CHUNK)
    while chunk := os.read(handle, want):
        state.update(chunk)
        if len(chunk) == size:
            break
        want = CHUNK
    return "sha256:" + state.hexdigest()
