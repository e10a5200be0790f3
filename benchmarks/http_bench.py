"""The registry over HTTP beside others: files, searches, installs, memory, and ten times the load that it can take."""

from collections.abc import Iterator

from benchmarks import http_files, http_installs, http_search
from benchmarks.measuring import Row, Stage


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    for part in (http_files, http_search, http_installs):
        yield from part.measure(stage)
