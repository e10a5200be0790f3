"""Nothing outlives its run: a watchdog process removes what a killed run leaves, a sweep what even the watchdog left.

A run is a process. Its id says which (process id, time of birth, process id namespace, boot), and everything that the
run makes carries the id as a label or in its name. The watchdog holds the other end of a pipe: when the run ends in any
way, `kill -9` included, the kernel closes the pipe, and the watchdog removes what carries the id.
"""

import argparse
import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import (
    RUN_FOLDER_PREFIX,
    RUN_FOLDERS,
    RUN_LABEL,
    Engine,
    EngineError,
    Leftover,
    run_folder,
)
from support.cleanroom.engine.choice import available
from support.cleanroom.engine.files import remove_folder
from support.cleanroom.engine.run_id import RunId

_DONE = b"done\n"
_KEPT = "kept"  # the file in a run's folder that says: rooms of it stay, though the run has ended
_QUIET_LOOKS = 3  # what the engine was still making when the run died appears after the first look
_PAUSE = 0.25
_SECONDS = 60.0
UNUSED_SECONDS = 48 * 3600.0


class Run:
    """This process's run: its id, its folder for volumes and logs, and its watchdog."""

    def __init__(self) -> None:
        self.id = RunId.mine()
        self.folder = run_folder(str(self.id))
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, str(self.id)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        self.folder.mkdir(mode=0o711)

    @property
    def watchdog_pid(self) -> int:
        """The watchdog's process id."""
        return self._watchdog.pid

    def close(self) -> None:
        """Remove the folder, unless rooms are kept, and let the watchdog go: there is nothing left to watch."""
        if not is_kept(str(self.id)):
            remove_folder(self.folder)
        assert self._watchdog.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._watchdog.stdin.write(_DONE)
            self._watchdog.stdin.close()
        self._watchdog.wait(60)


_current: Run | None = None
_lock = threading.Lock()


def current_run() -> Run:
    """Return this process's run; the first call starts the watchdog and sweeps what dead runs have left."""
    global _current  # noqa: PLW0603 - a process is one run
    with _lock:
        if _current is None or _current.id.pid != os.getpid():
            _current = Run()
            atexit.register(close_run)
            sweep(available())
            prune(available(), time.time())
        return _current


def close_run() -> None:
    """Remove what the run still has, its folder, and let the watchdog go. Doing so twice is no error."""
    global _current
    with _lock:
        run, _current = _current, None
    if run and run.id.pid == os.getpid():
        for engine in () if is_kept(str(run.id)) else available():
            engine.remove_leftovers(engine.leftovers(RUN_LABEL, str(run.id)))
        run.close()


def keep_run() -> None:
    """Have what this run has stay after its end, whoever cleans up, until it is removed by `--remove`."""
    (current_run().folder / _KEPT).touch()


def is_kept(run: str) -> bool:
    """Say whether rooms of a run are to stay."""
    return (run_folder(run) / _KEPT).exists()


def remove_kept(run: str) -> int:
    """Remove all of a run that has ended and whose rooms were kept; return how many resources that were.

    Raises:
        ValueError: it is no run, or none that has ended.
    """
    if not _is_dead(run):
        raise ValueError(f"{run!r} is no run that has ended")
    count = len(leftovers_of(run, available()))
    (run_folder(run) / _KEPT).unlink(missing_ok=True)
    reap(run)
    return count


def leftovers_of(run: str, engines: Iterable[Engine]) -> list[tuple[Engine, Leftover]]:
    """Return all that carries a run's id."""
    return [(engine, item) for engine in engines for item in engine.leftovers(RUN_LABEL, run)]


def sweep(engines: Iterable[Engine]) -> int:
    """Remove what runs that have died left behind, and tell of what cannot be removed; return how many were found."""
    count = 0
    for engine in engines:
        found = [item for item in engine.leftovers() if _is_abandoned(item.labels.get(RUN_LABEL, ""))]
        try:
            engine.remove_leftovers(found)
        except EngineError as error:  # what somebody else has left must not break this run; the next one sweeps again
            sys.stderr.write(f"not all was swept: {error}\n")
        count += len(found)
    for folder in RUN_FOLDERS.glob(f"{RUN_FOLDER_PREFIX}*"):
        if _is_abandoned(folder.name.removeprefix(RUN_FOLDER_PREFIX)):
            remove_folder(folder)
            count += 1
    return count


def prune(engines: Iterable[Engine], now: float) -> list[str]:
    """Remove images and trees of ours that no run has wanted for two days: each change of a source leaves one."""
    return [name for engine in engines for name in engine.prune(now - UNUSED_SECONDS)]


def reap(run: str) -> None:
    """Remove all that carries a run's id, until nothing more of it appears; a run that is kept stays."""
    if is_kept(run):
        return
    engines = available()
    deadline, quiet = Deadline.after(_SECONDS), 0
    while (quiet := quiet + 1 if _reap_once(run, engines) else 0) < _QUIET_LOOKS and not deadline.expired():
        deadline.sleep(_PAUSE)
    remove_folder(run_folder(run))


def _reap_once(run: str, engines: list[Engine]) -> bool:
    """Return whether there was nothing."""
    clean = True
    for engine in engines:
        try:
            found = engine.leftovers(RUN_LABEL, run)
            clean = clean and not found
            engine.remove_leftovers(found)
        except EngineError:  # busy: the next look tries again
            clean = False
    return clean


def _is_dead(run: str) -> bool:
    parsed = RunId.parse(run)
    return parsed is not None and parsed.dead()


def _is_abandoned(run: str) -> bool:
    return _is_dead(run) and not is_kept(run)


def watch(run: str) -> int:
    """Be the watchdog of a run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() != _DONE:
        reap(run)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Be the watchdog of a run, or remove the rooms that one has kept."""
    parser = argparse.ArgumentParser(
        prog="python -m support.cleanroom.reaper", description="Remove the rooms that a run kept."
    )
    parser.add_argument("--remove", action="store_true")
    parser.add_argument("run", help="the id that was printed when the room was kept")
    given = parser.parse_args(arguments)
    if not given.remove:
        return watch(given.run)
    try:
        sys.stdout.write(f"{remove_kept(given.run)} resources removed\n")
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
