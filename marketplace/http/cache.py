"""Answers kept on disk with their validators: one small file each, which is a miss unless all of it is right.

A file is a line of JSON (the format, the address, the validator, when it was last found right, the digest of the body)
and the body. Reading one takes microseconds; nothing is synced, since what is lost is fetched again.
"""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from marketplace.clock import Clock, system_clock
from marketplace.errors import IntegrityError
from marketplace.storage.files import STAGED_PREFIX, staged_name
from marketplace.storage.locks import FileLock

FORMAT = 1
FRESH = 300.0
"""Seconds for which an answer is used without asking."""
FRESH_ABSENT = 15.0
"""Seconds for which "there is no such thing" is used without asking."""
STALE = 48 * 3600.0
"""Seconds for which an answer may stand in for one that cannot be had."""

_MAX_HEAD = 4096
_FOLDERS = 0o700


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept answer. `checked` is when the server last said that it holds, in seconds since 1970.

    `status` is 200 or 404. `era` is the cache's when the request was sent: an answer from before a change of our own is
    not fresh.
    """

    url: str
    status: int
    etag: str
    checked: float
    era: str
    body: bytes = b""

    def age(self, now: float) -> float:
        """Return the seconds since it was found right."""
        return now - self.checked


class Cache:
    """The answers of one registry in the folder `root`, shared by threads and processes.

    Args:
        clock: the time.
        notify: told what the user should know, such as that a file was not used because others can write it.
        lock_timeout: seconds to wait for somebody else who asks the same.
    """

    def __init__(
        self, root: Path, *, clock: Clock = system_clock, notify: Callable[[str], None] = lambda _text: None,
        lock_timeout: float = 90.0,
    ) -> None:  # fmt: skip
        self._root = root
        self._clock = clock
        self._notify = notify
        self._lock_timeout = lock_timeout

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._clock().timestamp()

    def load(self, url: str) -> Entry | None:
        """Return what is kept for an address; None when nothing is, or nothing that can be believed.

        Raises:
            IntegrityError: `cache-unsafe`, others can write the folder.
        """
        data = self._read(self._file(url))
        entry = _parsed(data) if data else None
        return entry if entry and entry.url == url else None

    def is_fresh(self, entry: Entry) -> bool:
        """Tell whether an entry may be used without asking. One from the future is not: a clock was wrong."""
        limit = FRESH if entry.status == 200 else FRESH_ABSENT
        return 0 <= entry.age(self.now()) < limit and entry.era == self.era()

    def may_stand_in(self, entry: Entry) -> bool:
        """Tell whether an entry may be used because no answer can be had."""
        return entry.status == 200 and 0 <= entry.age(self.now()) < STALE

    def store(self, entry: Entry) -> None:
        """Keep an answer; a disk that refuses costs the copy and nothing else."""
        head = {
            "format": FORMAT, "url": entry.url, "status": entry.status, "etag": entry.etag, "checked": entry.checked,
            "era": entry.era, "length": len(entry.body), "sha256": hashlib.sha256(entry.body).hexdigest(),
        }  # fmt: skip
        self._write(self._file(entry.url), json.dumps(head).encode() + b"\n" + entry.body)

    def confirm(self, entry: Entry, era: str) -> Entry:
        """Keep an entry that the server has just called unchanged, and return it as it is now."""
        confirmed = replace(entry, checked=self.now(), era=era)
        self.store(confirmed)
        return confirmed

    def forget(self, url: str) -> None:
        """Drop what is kept for an address."""
        self._file(url).unlink(missing_ok=True)

    def era(self) -> str:
        """Return the name of the present era: it changes with `invalidate`."""
        return (self._read(self._root / "era") or b"").decode("ascii", "replace")

    def invalidate(self) -> None:
        """Begin a new era: nothing that was asked for before is fresh any more."""
        self._write(self._root / "era", secrets.token_hex(8).encode())

    @contextmanager
    def alone(self, url: str) -> Iterator[None]:
        """Let one asker at a time ask for an address; one that dies lets the next in.

        A folder that cannot be written lets everybody in: then nothing can be shared either.

        Raises:
            UnavailableError: `lock-timeout`.
        """
        lock = self._lock(url)
        try:
            yield
        finally:
            if lock:
                lock.__exit__(None, None, None)

    def _lock(self, url: str) -> FileLock | None:
        try:
            self._make(self._root / "asking")
            path = self._root / "asking" / _name(url)
            lock = FileLock(path, purpose=f"asking for {url}", timeout=self._lock_timeout, notify=self._notify)
            return lock.__enter__()
        except OSError:
            return None

    def prune(self, older: float, *, dry_run: bool = False) -> int:
        """Remove what was last found right more than `older` seconds ago, and abandoned files; return the bytes.

        With `dry_run` nothing is removed.
        """
        limit, freed = self.now() - older, 0
        for folder in ("answers", "asking", "partial", "."):
            for path in (self._root / folder).iterdir() if (self._root / folder).is_dir() else ():
                found = path.lstat()
                stray = folder != "." or path.name.startswith(STAGED_PREFIX)
                if stray and path.is_file() and found.st_mtime < limit:
                    freed += found.st_size
                    if not dry_run:
                        path.unlink(missing_ok=True)
        return freed

    # --- files -------------------------------------------------------------------------------------------------------

    def _file(self, url: str) -> Path:
        return self._root / "answers" / _name(url)

    def _read(self, path: Path) -> bytes | None:
        """Return a file that this user wrote and nobody else can have changed; None when there is none."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                return None
            if _foreign(found):
                self._notify(f"{path} can be written by others, so it was not used")
                return None
            _refuse_foreign(path.parent)
            with os.fdopen(os.dup(handle), "rb") as file:
                return file.read()
        except OSError:
            return None
        finally:
            os.close(handle)

    def _write(self, path: Path, data: bytes) -> None:
        staged = path.with_name(staged_name())
        try:
            self._make(path.parent)
            handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            staged.replace(path)
        except OSError as error:
            with suppress(OSError):
                staged.unlink(missing_ok=True)
            self._notify(f"the answer was not kept: {error.strerror}")

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(mode=_FOLDERS, parents=True, exist_ok=True)
        _refuse_foreign(folder)


def _name(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _foreign(found: os.stat_result) -> bool:
    return bool(found.st_mode & 0o022) or found.st_uid != os.geteuid()


def _refuse_foreign(folder: Path) -> None:
    if _foreign(folder.lstat()):
        hint = f"look who can write it; then remove it, or: chmod go-w {folder}"
        raise IntegrityError("cache-unsafe", f"the cache's folder {folder} can be written by others", hint=hint)


def _parsed(data: bytes) -> Entry | None:
    """Return the entry in a file; None for what is not wholly right: another format, cut short, changed."""
    head, line_end, body = data.partition(b"\n")
    try:
        found = json.loads(head) if line_end and len(head) < _MAX_HEAD else {}
        if found["format"] != FORMAT or found["length"] != len(body) or found["status"] not in (200, 404):
            return None
        if found["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        return Entry(
            str(found["url"]), found["status"], str(found["etag"]), float(found["checked"]), str(found["era"]), body
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
