"""One line of JSON for each request, on stderr: operators' tools read it, and secrets are never in it."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

_MAX_PATH = 300


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of a request. `time` is UTC; `seconds` until the answer was handed over; `sent` bytes of a body.

    `detail` is there when it is for the operator alone.
    """

    time: str
    id: str
    method: str
    path: str
    route: str
    status: int
    seconds: float
    sent: int
    client: str
    code: str = ""
    detail: str = ""


Write = Callable[[Line], None]


def to_stderr(line: Line) -> None:
    """Write the line; whoever reads the log may be gone."""
    fields = {**asdict(line), "path": line.path[:_MAX_PATH], "seconds": round(line.seconds, 6)}
    with suppress(OSError):
        sys.stderr.write(json.dumps(fields) + "\n")
