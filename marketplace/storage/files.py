"""Durable writes: stage beside the target, fsync, rename, fsync the folder."""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from marketplace.errors import MarketError, UnavailableError

STAGED_PREFIX = ".ggen-staged-"
"""Marks temporary names, so that what a killed process left can be found and removed."""


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_SYNCERS = 16
"""Most threads that sync at once: 13 files take a sixth of the time that they take one by one; more gain nothing."""


def sync_all(handles: Sequence[int]) -> None:
    """Make the files or folders behind the descriptors durable, all at once: the disk then flushes few times.

    Raises:
        OSError: one of them could not be synced.
    """
    if len(handles) < 2:
        for handle in handles:
            os.fsync(handle)
        return
    import threading

    errors: list[OSError] = []
    shares = [handles[start::_SYNCERS] for start in range(min(_SYNCERS, len(handles)))]
    threads = [threading.Thread(target=_sync_each, args=(share, errors)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _sync_each(handles: Sequence[int], errors: list[OSError]) -> None:
    try:
        for handle in handles:
            os.fsync(handle)
    except OSError as error:
        errors.append(error)


def staged_name() -> str:
    """Return a temporary file name that nobody can predict."""
    return STAGED_PREFIX + secrets.token_hex(12)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace the file at `path` by `data`: at any moment readers see the old or the new content.

    Raises:
        OSError: nothing was replaced and no temporary file is left.
    """
    staged = path.with_name(staged_name())
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Make a folder below `parent` that only this user can enter and nobody can guess; remove it at the end."""
    folder = parent / staged_name()
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


STALE_AFTER = 3600.0
"""Seconds after which a temporary entry that no lock guards is taken for abandoned: far longer than any command."""


def remove_stale(folder: Path, older_than: float) -> int:
    """Remove temporary entries of `folder` last changed before `older_than` (seconds since 1970); return how many."""
    removed = 0
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name.startswith(STAGED_PREFIX) and _mtime(entry) < older_than:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
            removed += 1
    return removed


def _mtime(entry: Path) -> float:
    try:
        return entry.lstat().st_mtime
    except FileNotFoundError:  # its owner has finished, or somebody else clears away too
        return time.time()


def disk_error(error: OSError, what: str) -> MarketError:
    """Turn an operating-system error into one that says what could not be written and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "free some space (`ggen market cache gc` removes what no release needs) and run the command again"
        return UnavailableError("disk-full", f"the disk is full: {what} was not written", hint=hint)
    hint = "check the permissions of the home (GGEN_HOME) and that its file system is writable"
    if error.errno == errno.ENAMETOOLONG:
        hint = "choose a shorter name"
    return UnavailableError("store-unwritable", f"{what} cannot be written: {error.strerror}", hint=hint)
