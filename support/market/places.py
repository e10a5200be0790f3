"""Project folders in odd places and conditions."""

import shutil
import subprocess
from pathlib import Path

from support.market.world import Outcome, World

_TOML = """# What this project needs, and why

[dependencies]   # two of them
"io.ggen.rust.core"   =   "^1.0"   # the base

[settings]
color = "never"
"""
_READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
_TIMEOUT = 300.0


def make_own_folder(folder: Path) -> None:
    """Make a folder with a file that no install has made."""
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine\n", encoding="utf-8")


def make_project(world: World, name: str, command: str) -> None:
    """Make a project beside the scenario's own and run `command` in it."""
    (world.root / name).mkdir()
    world.run(f"{command} -C {{root}}/{name}")


def replace_by_link(place: Path, elsewhere: Path) -> tuple[Path, dict[str, bytes]]:
    """Move the folder at `place` to `elsewhere` and leave a link; return where it is now and its files."""
    shutil.move(place, elsewhere)
    place.symlink_to(elsewhere)
    return elsewhere, files_of(elsewhere)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_odd_toml(project: Path, ends: str) -> bytes:
    """Write a `ggen.toml` as a person formats it; return its bytes."""
    data = _TOML.replace("\n", "\r\n" if ends == "Windows" else "\n").encode()
    (project / "ggen.toml").write_bytes(data)
    return data


def attempt_read_only(world: World, command: str) -> Outcome:
    """Run a command in a mount namespace in which the project cannot be written (root needs no permission bits)."""
    args, environ = world.command(command)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", str(world.project), *args], env=environ,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    return Outcome(tuple(args), done.returncode, done.stdout, done.stderr)
