"""Steps of a build: pip, commands with a tree as their root, and copies of trees."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.cleanroom.engine.base import EngineError
from support.cleanroom.policy import USER

_TIMEOUT = 600


def run_step(command: Sequence[str], what: str, folder: Path | None = None) -> None:
    """Run a step of a build, in a folder.

    Raises:
        EngineError: it failed; the text says `what` did, and has its last lines.
    """
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise EngineError(f"{what} gave {done.returncode}\n{done.stdout[-2000:]}")


def pip(*args: str) -> None:
    """Run pip of the running environment.

    Raises:
        EngineError: it failed; the text has its last lines.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *args]
    run_step(command, f"pip {' '.join(args)}")


def run_in_tree(tree: Path, build: Path, argv: list[str]) -> None:
    """Run a step of a build with a tree as its root, without any network.

    Raises:
        EngineError: bubblewrap is missing, or the step failed.
    """
    program = shutil.which("bwrap")
    if not program:
        raise EngineError("bubblewrap is needed to build a tree; `make engine` installs it")
    # Only a user whom the tree knows may make a database; who is not root cannot become one but in a user namespace.
    user = ["--unshare-user", "--uid", USER.partition(":")[0], "--gid", USER.partition(":")[2]] if os.geteuid() else []
    command = [
        program, *user, "--bind", str(tree), "/", "--ro-bind", str(build), "/build", "--tmpfs", "/tmp",  # noqa: S108
        "--dev", "/dev", "--proc", "/proc", "--unshare-net", "--unshare-pid", "--die-with-parent", "--clearenv",
        "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--chdir", "/", *argv,
    ]  # fmt: skip
    run_step(command, f"{' '.join(argv)}")


@contextmanager
def tree_upon(base: Path | None, folder: Path, name: str) -> Iterator[Path]:
    """Copy the base's tree to `folder`; within, there is an empty folder for what the build needs.

    Raises:
        EngineError: the recipe `name` was given no base.
    """
    if base is None:
        raise EngineError(f"{name} needs a base")
    copy_tree(base, folder)
    with tempfile.TemporaryDirectory(prefix="cleanroom-build-") as build:
        yield Path(build)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree into an empty folder, by hard links where that can be: neither may be written to in place."""
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=link_or_copy)


def link_or_copy(source: str, target: str) -> str:
    """Give a file a second place, by a hard link where that can be; return it."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)
    return target
