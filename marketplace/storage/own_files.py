"""Files of the user's own that decide about trust: read only when nobody else can have written them, or read them."""

import os
import stat
from pathlib import Path

from marketplace.errors import IntegrityError

_WRITABLE, _OPEN = 0o022, 0o077
"""The bits of a mode by which group and others can write, and by which they can do anything."""


def read_own(path: Path, code: str, *, hint: str) -> bytes:
    """Return what is in a regular file of this user's that nobody else can write.

    Raises:
        IntegrityError: with `code`, when it is another; `hint` then tells what to look at before `chmod 600`.
        OSError: it cannot be read.
    """
    return _read(path, code, hint, _WRITABLE, "can be written by others")


def read_private(path: Path, code: str, *, hint: str) -> bytes:
    """Return what is in a regular file of this user's that nobody else can read or write.

    Raises:
        IntegrityError, OSError: as `read_own`.
    """
    return _read(path, code, hint, _OPEN, "can be read or written by others")


def _read(path: Path, code: str, hint: str, forbidden: int, open_to: str) -> bytes:
    with open(path, "rb", opener=_at_once) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            why = "is no regular file"
        elif found.st_uid != os.geteuid():
            why = "belongs to another user"
        elif found.st_mode & forbidden:
            why = open_to
        else:
            return file.read()
    raise IntegrityError(code, f"{path} {why}", hint=f"{hint}: chmod 600 {path}")


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe would wait for somebody who writes into it
