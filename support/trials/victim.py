"""A run of its own, in another process, that makes a room and can be killed.

`python -m support.trials.victim ENGINE COUNT` prints its run's id and its watchdog's process id, makes a room of COUNT
containers, says that it is ready, and waits to be ended.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import RUN_LABEL, Leftover, run_folder
from support.cleanroom.engine.choice import choose
from support.trials.room_checks import as_kinds

_SECONDS = 120.0


class Victim:
    """The other process, seen from here."""

    def __init__(self, engine: str, count: int) -> None:
        self._engine = choose(engine)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.trials.victim", engine, str(count)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        self.run = self._line()
        self._watchdog = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the run ended too early, exit code {self._process.wait()}")
        return line

    def wait_ready(self) -> None:
        """Wait until its room is complete."""
        if self._line() != "ready":
            raise RuntimeError("the run says something else than that it is ready")

    def wait_begun(self) -> None:
        """Wait until it has made something."""
        if not Deadline.after(_SECONDS).poll(self.leftovers, every=0.005, slowest=0.01):
            raise RuntimeError("the run makes nothing")

    def leftovers(self) -> list[Leftover]:
        """Return what the engine has of the run."""
        return self._engine.leftovers(RUN_LABEL, self.run)

    def remove_twice(self) -> None:
        """Remove what was found before the first of two removals, as two runs would that sweep at the same time."""
        found = self.leftovers()
        for _ in range(2):
            self._engine.remove_leftovers(found)

    def kinds(self) -> set[str]:
        """Return the kinds of what the engine has of the run."""
        return as_kinds(self._engine, self.leftovers())

    def send(self, name: str) -> None:
        """Send a signal and wait for the end."""
        self._process.send_signal(signal.Signals[name])
        self._process.wait(_SECONDS)

    def kill_watchdog(self) -> None:
        """Kill the watchdog."""
        os.kill(self._watchdog, signal.SIGKILL)

    def is_gone(self) -> bool:
        """Say whether neither its folder nor its watchdog is left."""
        return not run_folder(self.run).exists() and not Path(f"/proc/{self._watchdog}").exists()

    def close(self) -> None:
        """End it if it still runs, and remove what is left of it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        Deadline.after(_SECONDS).poll(lambda: not Path(f"/proc/{self._watchdog}").exists())
        self._engine.remove_leftovers(self.leftovers())


def main(engine: str, count: int) -> int:
    """Be the victim."""
    from support.cleanroom import Cleanroom
    from support.cleanroom.reaper import current_run
    from support.cleanroom.rooms import strictest

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = current_run()
    print(run.id, run.watchdog_pid, sep="\n", flush=True)  # noqa: T201 - this program's output
    try:
        found = choose(engine)
        with Cleanroom.builder().with_engine(found).with_policy(strictest(found)).build() as room:
            room.start_http({"file": b"content"})
            for _ in range(count - 1):
                room.start_generic()
            print("ready", flush=True)  # noqa: T201
            signal.pause()
    except KeyboardInterrupt:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
