"""A running fault proxy seen from a test: its schedule is replaced at any time, its record shown as a table."""

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.cleanroom.deadline import Deadline
from support.cleanroom.proxy.schedules import Schedule, ScheduleError

SCHEDULE, RECORD = "schedule.json", "record.jsonl"
_SECONDS = 60.0
_PAUSE = 0.005


class ProxyError(Exception):
    """The proxy did not do what it was told: harness trouble."""


def read_record(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a record that are whole; the last may still be being written."""
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    return [json.loads(line) for line in whole.splitlines()]


class ProxyControl(ABC):
    """The files in `folder` by which a proxy, wherever it runs, is told its schedule and tells what it did."""

    def __init__(self, folder: Path) -> None:
        self._file, self.record = folder / SCHEDULE, folder / RECORD
        self._serial = 0

    @abstractmethod
    def _ended(self) -> int | None:
        """Return the proxy's exit code, None while it runs."""

    def follow(self, schedule: Schedule) -> None:
        """Put a schedule into force and wait until it is; attempts count from zero again.

        Raises:
            ScheduleError: the proxy could not read it.
            ProxyError: it was not in force after a minute.
        """
        before = len(self._events("unreadable"))  # counted first: the proxy may have read the next one at once
        self._write(schedule)

        def in_force() -> bool:
            wrong = self._events("unreadable")[before:]
            if wrong:
                raise ScheduleError(wrong[0]["error"])
            return any(event["serial"] == self._serial for event in self._events("schedule"))

        self._until(in_force, "the schedule is not in force")

    def begun(self) -> int:
        """Return how many requests have come, those included that are under way."""
        return len(self._events("request"))

    def exchanges(self) -> list[dict[str, Any]]:
        """Return what was exchanged so far, in the order of the requests; waits for those that are under way."""
        self._until(
            lambda: len(self._events("exchange")) == len(self._events("request")), "an exchange is still under way"
        )
        if trouble := self._events("trouble"):
            raise ProxyError(f"the proxy itself failed: {trouble[0]['error']}")
        return sorted(self._events("exchange"), key=lambda event: int(event["number"]))

    def received(self, columns: Sequence[str] = ("method", "path", "status")) -> list[tuple[str, ...]]:
        """Return a table of the exchanges; its columns are `method path status fault attempt ended bytes`, or a header.

        `status` is the code that was sent, or, where no head was, how the exchange ended: `reset`, `closed`.
        """
        return [tuple(cell(exchange, column) for column in columns) for exchange in self.exchanges()]

    def _write(self, schedule: Schedule) -> None:
        self._serial += 1
        staged = self._file.with_suffix(".new")
        staged.write_text(replace(schedule, serial=self._serial).dumps(), encoding="utf-8")
        staged.replace(self._file)

    def _events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in read_record(self.record) if event["event"] == name]

    def _until(self, condition: Callable[[], bool], message: str) -> None:
        reached = Deadline.after(_SECONDS).poll(lambda: condition() or self._ended() is not None, every=_PAUSE)
        if not reached or self._ended() is not None:
            raise ProxyError(f"{message}; the proxy's exit code is {self._ended()}")


class FaultProxy(ProxyControl):
    """`python -m support.cleanroom.proxy` before an upstream `HOST:PORT`, with files in `folder`; `close` ends it."""

    def __init__(self, folder: Path, upstream: str, schedule: Schedule | None = None) -> None:
        super().__init__(folder)
        self._write(schedule or Schedule())
        command = [
            sys.executable, "-m", "support.cleanroom.proxy", "--upstream", upstream, "--schedule",
            str(self._file), "--record", str(self.record), "--with-parent",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ProxyError(f"the proxy ended with {self._process.wait(_SECONDS)} before it listened")
        self.url: str = json.loads(line)["listening"]

    def _ended(self) -> int | None:
        return self._process.poll()

    @property
    def netloc(self) -> str:
        """The address as `HOST:PORT`."""
        return urlsplit(self.url).netloc

    @property
    def pid(self) -> int:
        """The process id of the proxy."""
        return self._process.pid

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin and self._process.stdout
        self._process.terminate()
        self._process.stdin.close()
        code = self._process.wait(_SECONDS)
        self._process.stdout.close()
        if code:
            raise ProxyError(f"the proxy ended with {code}")


def cell(exchange: dict[str, Any], column: str) -> str:
    """Return one value of an exchange as a table shows it."""
    shown = {
        "path": exchange["target"],
        "status": exchange["status"] or exchange["ended"],
        "bytes": exchange["sent"],
    }
    if column in shown or column in exchange:
        return str(shown.get(column, exchange.get(column)))
    return str(exchange["headers"].get(column.lower(), exchange["answer"].get(column.lower(), "")))
