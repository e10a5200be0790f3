"""A lock between processes: flock on a file, freed by the kernel when its holder dies."""

import fcntl
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from marketplace.errors import IntegrityError, UnavailableError

_ANNOUNCE_AFTER = 1.0
_POLL = 0.02
_SIGNED = re.compile(r"process (\d{1,10}) \([^)]*\)")


class FileLock:
    """An exclusive (or shared) lock on `path`, usable as a context manager.

    Args:
        path: the lock file; it is made when missing and stays. A link in its place is refused.
        purpose: what the holder does, for the message that others see.
        timeout: seconds to wait; 0 tries once.
        setting: the name of the setting that holds the time-out, named in the error.
        notify: told once, after a second of waiting, who holds the lock.
        shared: let other shared holders in.
    """

    def __init__(
        self, path: Path, *, purpose: str, timeout: float, setting: str = "lock_timeout",
        notify: Callable[[str], None] | None = None, shared: bool = False,
    ) -> None:  # fmt: skip
        self._path = path
        self._purpose = purpose
        self._timeout = timeout
        self._setting = setting
        self._notify = notify
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._handle = -1

    def __enter__(self) -> "FileLock":
        """Take the lock.

        Raises:
            UnavailableError: `lock-timeout`, naming the holder and the setting.
            IntegrityError: `lock-unsafe`, the lock file is a link.
        """
        self._handle = self._open()
        try:
            self._wait()
        except BaseException:
            os.close(self._handle)
            raise
        self._sign()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if self._path.is_symlink():
                hint = "remove it, and find out who put it there"
                raise IntegrityError("lock-unsafe", f"the lock file {self._path} is a link", hint=hint) from error
            raise

    def _wait(self) -> None:
        start = time.monotonic()
        announced = False
        while not self._try():
            waited = time.monotonic() - start
            if waited >= _ANNOUNCE_AFTER and not announced and self._notify:
                self._notify(f"waiting for {self._holder()}, which holds {self._path}")
                announced = True
            if waited >= self._timeout:
                raise UnavailableError(
                    "lock-timeout", f"{self._holder()} holds {self._path} for longer than {self._timeout:g} s",
                    hint=f"wait for it, or raise the time-out: ggen market config {self._setting} SECONDS",
                )  # fmt: skip
            time.sleep(_POLL)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._handle, self._mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _sign(self) -> None:
        """Write who holds the lock: of several shared holders the last one."""
        name = f"process {os.getpid()} ({Path(sys.argv[0]).name}: {self._purpose})".encode()
        try:
            os.pwrite(self._handle, name, 0)
            os.ftruncate(self._handle, len(name))
        except OSError:
            pass  # a full disk: the lock is held all the same, only its holder has no name

    def _holder(self) -> str:
        signed = _SIGNED.match(os.pread(self._handle, 400, 0).decode("utf-8", "replace"))
        return signed[0] if signed and _is_alive(int(signed[1])) else "another process"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    return True
