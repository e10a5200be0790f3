"""Faults of files and file systems: done to a volume from outside, or to a mount inside a node; each can be undone."""

import ctypes
import os
import random
import subprocess
import sys
from pathlib import Path

from support.cleanroom.faults.network import FaultError, Heal

# linux/mount.h and asm-generic: remounting a bind mount changes its own flags, not its file system's.
_MS_RDONLY, _MS_REMOUNT, _MS_BIND = 1, 32, 4096
_SECONDS = 20.0


def corrupt(path: Path, chance: random.Random) -> Heal:
    """Flip one bit at a drawn place; the size and the time of change stay as they were."""
    data = bytearray(path.read_bytes())
    if not data:
        raise FaultError(f"{path} is empty: there is nothing to corrupt")
    place = chance.randrange(len(data))
    data[place] ^= 1 << chance.randrange(8)
    return _replaced(path, bytes(data))


def truncate(path: Path, chance: random.Random) -> Heal:
    """Cut the file at a drawn place before its end."""
    data = path.read_bytes()
    if not data:
        raise FaultError(f"{path} is empty: there is nothing to cut off")
    return _replaced(path, data[: chance.randrange(len(data))])


def missing(path: Path) -> Heal:
    """Take the file away."""
    hidden = path.with_name(f".{path.name}.missing")
    path.rename(hidden)
    return lambda: _void(hidden.replace(path))


def _replaced(path: Path, data: bytes) -> Heal:
    """Write into the same inode: a process that holds the file open, or another name of it, sees the damage too."""
    before, status = path.read_bytes(), path.stat()
    _write(path, data, status)

    def heal() -> None:
        if path.exists():
            _write(path, before, status)

    return heal


def _write(path: Path, data: bytes, status: os.stat_result) -> None:
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(status.st_mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def read_only(pid: int, target: str) -> Heal:
    """Make a mount read-only for everyone in a process's mount namespace, while it is in use.

    Raises:
        FaultError: the kernel refuses, or `target` is no mount there.
    """
    handle = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY | os.O_CLOEXEC)
    _remount(handle, root, target, "ro")

    def heal() -> None:
        try:
            _remount(handle, root, target, "rw")
        finally:
            os.close(handle)
            os.close(root)

    return heal


def _remount(handle: int, root: int, target: str, how: str) -> None:
    """Do it in a process of its own: only one without threads may change its mount namespace."""
    command = [sys.executable, "-m", "support.cleanroom.faults.disk", str(handle), str(root), target, how]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS, check=False, pass_fds=[handle, root]
    )
    if done.returncode:
        raise FaultError(f"{target} cannot be made {how}: {done.stderr.strip()}")


def _enter_and_remount(handle: int, root: int, target: str, how: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _MS_REMOUNT | _MS_BIND | (_MS_RDONLY if how == "ro" else 0)
    entered = libc.setns(handle, 0)
    os.fchdir(root)
    os.chroot(".")
    if entered or libc.mount(None, target.encode(), None, flags, None):
        sys.stderr.write(os.strerror(ctypes.get_errno()))
        return 1
    return 0


def _void(_result: object) -> None:
    """Drop a result."""


if __name__ == "__main__":
    sys.exit(_enter_and_remount(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
