"""A small disk of its own for a scenario's home: it can be filled up and made read-only."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from marketplace.storage.files import staged_name
from support.market.world import World

_BALLAST = "ballast"


def mount_home(world: World, kilobytes: int) -> None:
    """Mount a file system of that size, in memory, where the home is; the scenario's end unmounts it."""
    world.home.mkdir(exist_ok=True)
    _do("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "tmpfs", str(world.home))
    world.defer(lambda: _do("umount", "--lazy", str(world.home)))


def move_home(world: World, kilobytes: int) -> None:
    """As `mount_home`, for a home that has something in it already."""
    there = world.home.rename(world.home.with_name("home-before"))
    mount_home(world, kilobytes)
    shutil.copytree(there, world.home, dirs_exist_ok=True)


def leave_unpacked(home: Path) -> None:
    """Leave what a command leaves that is killed while it unpacks the archive of a registry."""
    for folder in (home / "cache" / "registries").iterdir():
        scratch = folder / "partial" / staged_name()
        scratch.mkdir(parents=True)
        (scratch / "README.md").write_bytes(b"hello")


def age_left_behind(home: Path, minutes: int) -> None:
    """Let the temporary entries of a home, of which there must be one, be so old."""
    then = time.time() - minutes * 60
    assert left_behind(home), "nothing was left behind"
    for path in left_behind(home):
        os.utime(path, (then, then))


def fill(world: World, leaving: int) -> None:
    """Write a file that leaves only `leaving` kilobytes free."""
    found = os.statvfs(world.home)
    (world.home / _BALLAST).write_bytes(bytes(found.f_bavail * found.f_frsize - leaving * 1024))


def free(world: World) -> None:
    """Remove that file."""
    (world.home / _BALLAST).unlink()


def set_read_only(world: World, *, read_only: bool) -> None:
    """Mount the home read-only, or writable again."""
    _do("mount", "-o", f"remount,{'ro' if read_only else 'rw'}", str(world.home))


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")


def left_behind(home: Path) -> list[str]:
    """Return the temporary entries of a home."""
    return [str(path) for path in home.rglob(".ggen-staged-*")]
