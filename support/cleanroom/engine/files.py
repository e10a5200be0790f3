"""Files of a container by its own `cat`, where nothing else sees all its file systems; volumes that are folders."""

import contextlib
import glob
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from support.cleanroom.engine.base import (
    RUN_FOLDER_PREFIX,
    RUN_FOLDERS,
    RUN_LABEL,
    EngineError,
    ExecResult,
    Labels,
    Leftover,
    Volume,
    run_folder,
)

_WRITE = 'cat > "$1" && chmod "$2" "$1"'


def writing(target: str, mode: int) -> tuple[str, ...]:
    """Return the command that writes its standard input to a file."""
    return ("sh", "-c", _WRITE, "sh", target, f"{mode:o}")


def check_written(done: ExecResult, target: str) -> None:
    """Look at how a command of `writing` ended.

    Raises:
        EngineError: it failed.
    """
    if done.exit_code:
        raise EngineError(f"{target} cannot be written: {done.stderr.decode(errors='replace')}")


def printed(done: ExecResult, source: str) -> bytes:
    """Return what a command that prints the file `source` has printed.

    Raises:
        FileNotFoundError: it failed.
    """
    if done.exit_code:
        raise FileNotFoundError(f"{source}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def remove_folder(path: Path) -> None:
    """Remove a folder as far as that can be done; an overlay's folder of work, which nobody may read, goes too."""

    def open_and_retry(action: Callable[[str], object], name: str, _error: object) -> None:
        with contextlib.suppress(OSError):
            Path(name).chmod(0o700)
            action(name) if action in (os.rmdir, os.unlink) else shutil.rmtree(name, ignore_errors=True)

    shutil.rmtree(path, onerror=open_and_retry)


def make_volume(name: str, labels: Labels) -> Volume:
    """Make a folder in the run's own that stands for a volume."""
    path = run_folder(labels[RUN_LABEL]) / "volumes" / name
    path.mkdir(parents=True)
    return Volume(name, name, path)


def remove_volume(volume: Volume) -> None:
    """Remove the folder; one that is gone is no error."""
    if volume.path.exists():
        shutil.rmtree(volume.path)


def there(pattern: str) -> list[Path]:
    """Return the paths of a pattern. Those of other runs may go while they are looked for: `Path.glob` fails then."""
    return [Path(path) for path in glob.glob(pattern)]  # noqa: PTH207


def left(kind: str) -> list[Leftover]:
    """Return the folders that stand for networks or volumes, of every run."""
    found = []
    for path in there(f"{RUN_FOLDERS}/{RUN_FOLDER_PREFIX}*/{kind}s/*"):
        run = path.parents[1].name.removeprefix(RUN_FOLDER_PREFIX)
        found.append(Leftover(kind, str(path), path.name, {RUN_LABEL: run}))
    return found
