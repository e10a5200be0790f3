"""What is counted, in the moment it happens: one write at the end of a file that all processes of a home share.

A write that returned is the kernel's: no end of the process loses it, only one of the machine. Whoever adds the records
up (`counters`) remembers how far it has read, so each counts once. A record that was cut (a full disk, a kill in the
middle of it) has no end mark and counts for nothing: nobody was told that it did.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LARGEST = 1024 * 1024
"""Bytes after which a file is left for a new one, so that the old one can be removed once it is added up."""

SUFFIX = ".journal"
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_RECORD = re.compile(
    rb"(?P<kind>[dism]) (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?: (?P<what>[!-~]{1,460}(?: [!-~]{1,460})?))? \.", re.ASCII
)


class Record(NamedTuple):
    """Something that happened on a day (UTC, `YYYY-MM-DD`).

    `kind` is `d` for a tree that was sent (`what` is its content id), `i` for a release that was installed (`what` is
    its id and version), `s` for a search that found something and `m` for one that found nothing (`what` is empty).
    """

    kind: str
    day: str
    what: str = ""

    def encode(self) -> bytes:
        """Return the record between new lines: one that was cut before it ends there."""
        return f"\n{self.kind} {self.day}{' ' if self.what else ''}{self.what} .\n".encode("ascii")


def records_in(data: bytes) -> Iterator[Record]:
    """Yield the whole records of a journal's bytes, and nothing of what was cut or damaged."""
    for line in data.split(b"\n"):
        if found := _RECORD.fullmatch(line):
            yield Record(found["kind"].decode(), found["day"].decode(), (found["what"] or b"").decode())


class Journal:
    """The end of the journal in `folder`, which is made when something is written; for one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1

    def append(self, records: Sequence[Record]) -> int:
        """Write records in one go; return how many of them are there whole: fewer on a disk that is full.

        Raises:
            OSError: none of them is.
        """
        encoded = [record.encode() for record in records]
        if self._file < 0 or _is_full(self._file):
            self.close()
            self._file = self._open()
        left = os.write(self._file, b"".join(encoded))
        whole = 0
        for record in encoded:
            left -= len(record)
            if left < 0:
                break
            whole += 1
        if not whole:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole

    @property
    def is_full(self) -> bool:
        """Whether the next record goes to another file: time to add up."""
        return self._file >= 0 and _is_full(self._file)

    def _open(self) -> int:
        """Open a file that has room, or a new one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in [*segments(self._folder), self._folder / f"{os.urandom(8).hex()}{SUFFIX}"]:
            file = os.open(path, _FLAGS, 0o600)
            # Whoever removes a file that is added up holds it alone for that moment.
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                if not _is_full(file):
                    return file
            os.close(file)
        raise BlockingIOError(errno.EAGAIN, "every file of the journal is being removed")

    def close(self) -> None:
        """Close the file; another record opens it again."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _is_full(file: int) -> bool:
    """Tell whether nothing more is to be written to a file: it is long enough, or was removed."""
    found = os.fstat(file)
    return found.st_size >= LARGEST or not found.st_nlink


def segments(folder: Path) -> list[Path]:
    """Return the files of a journal."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.endswith(SUFFIX))  # noqa: PTH208 - a search does this
    except FileNotFoundError:
        return []


def unread(path: Path, offset: int, *, sync: bool) -> bytes:
    """Return the whole lines of a file behind `offset`; with `sync` once they are on the disk."""
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read()
        if data and sync:
            os.fsync(file.fileno())
    return data[: data.rfind(b"\n") + 1]


def retire(path: Path, offset: int) -> None:
    """Remove a file that is full, was read to its end and has no writer any more."""
    with suppress(BlockingIOError, FileNotFoundError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if offset >= LARGEST and os.fstat(file.fileno()).st_size == offset:
            path.unlink()
