"""What is counted, in the moment it happens: one write at the end of a file that all processes of a home share.

A write that returned is the kernel's: no end of the process loses it, only one of the machine. Whoever adds the records
up (`counters`) remembers how far it has read, so each counts once. A record that was cut (a full disk, a kill in the
middle of it) has no end mark and counts for nothing: nobody was told that it did.
"""

import errno
import fcntl
import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LARGEST = 1024 * 1024
"""Bytes after which a file is left for a new one, so that the old one can be removed once it is added up."""

_CHECKED_EVERY = 16 * 1024
"""Bytes after which a writer looks again whether its file is long enough, or gone."""

SUFFIX = ".journal"
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_RECORD = re.compile(
    rb"(?P<kind>[dismt]) (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?: (?P<what>[!-~]{1,460}(?: [!-~]{1,460})?))? \.", re.ASCII
)


class Record(NamedTuple):
    """Something that happened on a day (UTC, `YYYY-MM-DD`).

    `kind` is `d` for a tree that was sent (`what` is its content id), `i` for a release that was installed (`what` is
    its id and version), `s` for a search that found something and `m` for one that found nothing (`what` is empty), `t`
    for a package that a project newly requires (`what` is its id), and for two that it requires, one of them newly.
    """

    kind: str
    day: str
    what: str = ""

    def encode(self) -> bytes:
        """Return the record between new lines: one that was cut before it ends there."""
        return f"\n{self.kind} {self.day}{' ' if self.what else ''}{self.what} .\n".encode("ascii")


def records_in(data: bytes) -> Iterator[tuple[Record, int]]:
    """Yield the different whole records of a journal's bytes, and how often each is there; nothing that was cut."""
    for line, count in Counter(data.split(b"\n")).items():
        if found := _RECORD.fullmatch(line):
            yield Record(found["kind"].decode(), found["day"].decode(), (found["what"] or b"").decode()), count


class Journal:
    """The end of the journal in `folder`, which is made when something is written; for one thread.

    Args:
        draw: gives so many random bytes, by which new files are named.
    """

    def __init__(self, folder: Path, *, draw: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = folder
        self._draw = draw
        self._path = folder
        self._file = -1
        self._unchecked = 0

    def append(self, records: Sequence[bytes]) -> int:
        """Write encoded records in one go; return how many are there whole: fewer on a disk that is full.

        Raises:
            OSError: none of them is.
        """
        if self._file < 0 or self._unchecked >= _CHECKED_EVERY:
            self.look()
        data = records[0] if len(records) == 1 else b"".join(records)
        self._unchecked += len(data)
        written = os.write(self._file, data)
        return len(records) if written == len(data) else _whole(records, written)

    def look(self) -> None:
        """Go on in a file that has room and lies where it should: another one if need be.

        Raises:
            OSError: none can be opened.
        """
        if self._file < 0 or self.is_full or not _is_at(self._path, self._file):
            self.close()
            self._path, self._file = self._open()
        self._unchecked = 0

    @property
    def is_full(self) -> bool:
        """Whether the file is as long as it should become: time to add up."""
        return self._file >= 0 and os.fstat(self._file).st_size >= LARGEST

    def _open(self) -> tuple[Path, int]:
        """Open a file that has room, or a new one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in [*segments(self._folder), self._folder / f"{self._draw(8).hex()}{SUFFIX}"]:
            file = os.open(path, _FLAGS, 0o600)
            # Whoever removes a file that is added up holds it alone for that moment.
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                if os.fstat(file).st_size < LARGEST and _is_at(path, file):
                    return path, file
            os.close(file)
        raise BlockingIOError(errno.EAGAIN, "every file of the journal is being removed")

    def close(self) -> None:
        """Close the file; another record opens it again."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _is_at(path: Path, file: int) -> bool:
    """Tell whether an open file still lies at its path: somebody may have moved the folder away."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))  # noqa: PTH116 - a search does this
    except FileNotFoundError:
        return False


def _whole(records: Sequence[bytes], written: int) -> int:
    """Return how many records were written whole when so many bytes were.

    Raises:
        OSError: none was.
    """
    ends = itertools.accumulate(map(len, records))
    whole = sum(1 for end in ends if end <= written)
    if not whole:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return whole


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
