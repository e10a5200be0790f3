"""Comparisons for the scenarios about faults."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from support.cleanroom.deadline import Deadline
from support.cleanroom.faults.vocabulary import Fault
from support.trials.fault_rooms import FaultRoom, known


def columns(row: Any) -> dict[str, str]:
    """Return a row's cells by heading, but the fault's."""
    return {heading: row[heading] for heading in row.headings if heading != "fault"}


def nodes_of(row: Any) -> dict[str, str]:
    """Return what a row says of each node."""
    return columns(row)


def equal(found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Fail with both if they differ."""
    assert dict(found) == dict(expected), f"found {dict(found)}, expected {dict(expected)}"


def true(value: bool) -> None:
    """Fail unless it is true."""
    assert value


def falls_below(measure: Callable[[], float], limit: float) -> bool:
    """Say whether a measure is below a limit before ten seconds are over."""
    return bool(Deadline.after(10).poll(lambda: measure() < limit))


def damage(data: bytes | None) -> str:
    """Say in words how a file differs from what is known of it."""
    if data is None:
        return "no file"
    right = known()
    wrong = sum((a ^ b).bit_count() for a, b in zip(data, right, strict=False))
    if len(data) < len(right):
        return f"fewer than {len(right)} bytes, {wrong or 'none'} of them wrong"
    if not wrong:
        return f"all {len(data)} bytes as they were"
    return f"{len(data)} bytes, {wrong} bit of them wrong"


def close_and_watch(room: FaultRoom, faults: list[Fault]) -> list[str]:
    """Close the room and return the faults' names in the order of their healing, while their nodes existed."""
    order: list[str] = []
    for fault in faults:
        room.watch(fault, order)
    room.room.close()
    return order


_SURVEY = "import json; from support.cleanroom.faults.capabilities import survey; print(json.dumps(survey()))"


def survey_without_path() -> dict[str, str]:
    """Return the capabilities that a process finds that has no program on its path."""
    environ = {**os.environ, "PATH": "/nowhere"}
    done = subprocess.run([sys.executable, "-c", _SURVEY], env=environ, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
