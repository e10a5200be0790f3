"""The behave processes of a run: started, watched, stopped, and whatever they fail to tell turned into a verdict."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from support.suite.forked import Forked, ForkServer
from support.suite.shards import Shard
from support.suite.verdicts import BROKEN, RED, Record, Verdict, read_record

_GRACE = 20.0
"""Seconds a worker has to clean up once it was told to stop."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A shard that has ended, what became of its scenarios, and how long its process ran."""

    shard: Shard
    verdicts: tuple[Verdict, ...]
    seconds: float


class Workers:
    """Runs behave on shards; records and logs go to `build`, temporary folders to a folder of each worker's own."""

    def __init__(self, build: Path, temporary: Path, options: Sequence[str], time_limit: float) -> None:
        self._build = build
        self._temporary = temporary
        self._options = list(options)
        self._time_limit = time_limit
        self._lock = threading.Lock()
        self._running: dict[int, Forked] = {}
        self._stopped = False
        self._servers: SimpleQueue[ForkServer] = SimpleQueue()
        self._pool: ThreadPoolExecutor | None = None
        self._futures: list[Future[Finished]] = []
        self._yielded: set[Future[Finished]] = set()

    def run(self, shards: Sequence[Shard], count: int) -> Iterator[Finished]:
        """Run the shards in `count` processes at a time, and yield each as it ends."""
        self._pool = ThreadPoolExecutor(max_workers=count)
        for _ in range(min(count, len(shards))):
            self._servers.put(ForkServer())
        self._futures = [self._pool.submit(self._take, *item) for item in enumerate(shards)]
        for future in as_completed(self._futures):
            self._yielded.add(future)
            yield future.result()
        self._pool.shutdown()
        self._close()

    def stop(self) -> list[Verdict]:
        """Stop what runs, and return the verdicts of what was running: the scenarios not reached are broken."""
        with self._lock:
            self._stopped = True
            running = list(self._running.values())
        for process in running:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for process in running:
            _wait_or_kill(process, max(0.0, deadline - time.monotonic()))
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._close()
        rest = [future for future in self._futures if future not in self._yielded and not future.cancelled()]
        return [verdict for future in rest for verdict in future.result().verdicts]

    def _close(self) -> None:
        while not self._servers.empty():
            self._servers.get().close()

    def _take(self, number: int, shard: Shard) -> Finished:
        start = time.monotonic()
        code = self._behave(number, shard)
        record = read_record(self._record(number))
        if self._stopped and record.ended:
            code = 0  # it had come to its end, and was told to stop while it left
        verdicts = judged(shard, record, code, self._log(number))
        seconds = time.monotonic() - start
        if seconds > self._time_limit:
            reason = f"took longer than the time limit of {self._time_limit:g} s"
            verdicts = (*verdicts, Verdict(shard.name, f"{shard.locations[0]} (process)", BROKEN, 0.0, reason))
        return Finished(shard, verdicts, seconds)

    def _behave(self, number: int, shard: Shard) -> int:
        """Run behave on a shard and return its exit code; -SIGTERM when the run had been stopped before."""
        folder = self._temporary / str(number)
        folder.mkdir()
        server = self._servers.get()
        try:
            with self._lock:
                if self._stopped:
                    return -signal.SIGTERM
                process = server.start(self._arguments(number, shard), self._log(number), folder)
                self._running[number] = process
            code = self._wait(process)
            with self._lock:
                del self._running[number]
            return code
        finally:
            self._servers.put(server if server.lives() else ForkServer())

    def _wait(self, process: Forked) -> int:
        """Wait for a worker; one that takes too long is stopped like a run that the user stops."""
        try:
            return process.wait(self._time_limit)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGTERM)
            return _wait_or_kill(process, _GRACE) or -signal.SIGTERM

    def _arguments(self, number: int, shard: Shard) -> list[str]:
        return [
            "--no-summary", "--no-snippets", "--no-color",
            "-f", "support.suite.verdicts:RecordFormatter", "-o", str(self._record(number)),
            "-f", "support.suite.allure:AllureResults", "-o", str(self._build / "allure-results"),
            *self._options, *shard.locations,
        ]  # fmt: skip

    def _record(self, number: int) -> Path:
        return self._build / "records" / f"{number:03}.jsonl"

    def _log(self, number: int) -> Path:
        return self._build / "records" / f"{number:03}.log"


def judged(shard: Shard, record: Record, code: int, log: Path) -> tuple[Verdict, ...]:
    """Return the verdicts of a worker: what it told, and broken ones for what it failed to tell.

    A scenario that was planned and has no verdict is broken; so is a worker that ends otherwise than its verdicts
    say, be it killed, stopped by a hook, or with a feature it could not read.
    """
    ending = f"the process ended with {code}" if code >= 0 else f"the process was killed by {_name(-code)}"
    output = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    verdicts = list(record.verdicts)
    for number, (location, name) in enumerate(record.missing()):
        when = "in" if location == record.started else "before"
        told = output if location == record.started or not number else ""
        verdicts.append(Verdict(name, location, BROKEN, 0.0, f"{ending} {when} this scenario", told))
    red = any(verdict.kind in RED for verdict in verdicts)
    if not red and (code or not record.ended):
        verdicts.append(Verdict(shard.name, f"{shard.locations[0]} (process)", BROKEN, 0.0, ending, output))
    return tuple(verdicts)


def _name(number: int) -> str:
    return signal.Signals(number).name


def _wait_or_kill(process: Forked, limit: float) -> int:
    """Wait for a process; one that takes longer is killed with all it started. Return the exit code."""
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        return process.wait()


def _signal(process: Forked, number: int) -> None:
    """Send a signal: SIGTERM to behave alone, which cleans up what it started; SIGKILL to its whole session."""
    try:
        (os.killpg if number == signal.SIGKILL else os.kill)(process.pid, number)
    except ProcessLookupError:
        return
