"""Numbers that all workers of a server share: what they count for `metrics`, and whether the server drains.

They lie in memory that is mapped before the workers are forked. Each worker writes its own row alone, so no lock is
needed; who reads adds the rows up.
"""

import mmap
import os
import struct
import weakref
from bisect import bisect_left
from collections.abc import Iterator, Sequence

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
"""Upper bounds, in seconds, of the histogram of times; one more holds the rest."""

_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_HEAD = 1
"""Numbers before the rows: whether it drains."""

_DOUBLE = struct.Struct("d")


def _numbers(count: int) -> int:
    """Return the reading end of a pipe that gives the numbers below `count`, each to one process, and then nothing.

    A semaphore would need a /dev/shm that can be written, which a container of few rights does not have.
    """
    reading, writing = os.pipe()
    os.write(writing, bytes(range(count)))
    os.close(writing)
    return reading


class Board:
    """The numbers of `workers` workers, for requests of `routes`."""

    def __init__(self, routes: Sequence[str], workers: int = 1) -> None:
        self._routes = {route: place for place, route in enumerate(routes)}
        self._per_route = len(_CLASSES) + len(BUCKETS) + 2
        self._row = 2 + len(routes) * self._per_route
        self._workers = workers
        self._memory = memoryview(mmap.mmap(-1, _DOUBLE.size * (_HEAD + self._row * workers))).cast("d")
        self._mine = _HEAD
        self._numbers = _numbers(workers)
        weakref.finalize(self, os.close, self._numbers)

    def claim(self) -> None:
        """Write into a row of this process's own from now on.

        Raises:
            RuntimeError: there are more processes than rows.
        """
        number = os.read(self._numbers, 1)
        if not number:
            raise RuntimeError("more workers than rows of numbers")
        self._mine = _HEAD + number[0] * self._row

    # --- draining ----------------------------------------------------------------------------------------------------

    @property
    def draining(self) -> bool:
        """Whether the server is being stopped."""
        return bool(self._memory[0])

    def drain(self) -> None:
        """Say that the server is being stopped."""
        self._memory[0] = 1.0

    @property
    def in_flight(self) -> int:
        """Requests in flight in all workers."""
        return int(self._sum(0))

    # --- counting ----------------------------------------------------------------------------------------------------

    def began(self) -> None:
        """Count a request that began."""
        self._memory[self._mine] += 1

    def ended(self, route: str, status: int, seconds: float, sent: int) -> None:
        """Count a request that ended, with the bytes of its answer."""
        memory, first = self._memory, self._mine
        memory[first] -= 1
        memory[first + 1] += sent
        place = first + 2 + self._routes[route] * self._per_route
        memory[place + min(max(status // 100, 1), 5) - 1] += 1
        memory[place + len(_CLASSES) + bisect_left(BUCKETS, seconds)] += 1
        memory[place + self._per_route - 1] += seconds

    def _sum(self, place: int) -> float:
        return sum(self._memory[_HEAD + worker * self._row + place] for worker in range(self._workers))

    def text(self) -> str:
        """Return all numbers in Prometheus' text format (version 0.0.4)."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield "# HELP ggen_requests_total Requests answered, by route and class of status."
        yield "# TYPE ggen_requests_total counter"
        for route, place in self._places():
            for number, name in enumerate(_CLASSES):
                if count := self._sum(place + number):
                    yield f'ggen_requests_total{{route="{route}",status="{name}"}} {count:.0f}'
        yield "# HELP ggen_request_seconds Time until an answer was handed over, by route."
        yield "# TYPE ggen_request_seconds histogram"
        for route, place in self._places():
            yield from self._histogram(route, place + len(_CLASSES), self._sum(place + self._per_route - 1))
        yield "# HELP ggen_requests_in_flight Requests being answered."
        yield "# TYPE ggen_requests_in_flight gauge"
        yield f"ggen_requests_in_flight {self.in_flight}"
        yield "# HELP ggen_sent_bytes_total Bytes of answers."
        yield "# TYPE ggen_sent_bytes_total counter"
        yield f"ggen_sent_bytes_total {self._sum(1):.0f}"

    def _places(self) -> Iterator[tuple[str, int]]:
        return ((route, 2 + number * self._per_route) for route, number in self._routes.items())

    def _histogram(self, route: str, place: int, seconds: float) -> Iterator[str]:
        count = 0.0
        counts = [self._sum(place + number) for number in range(len(BUCKETS) + 1)]
        if not any(counts):
            return
        for bound, more in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
            count += more
            yield f'ggen_request_seconds_bucket{{route="{route}",le="{bound}"}} {count:.0f}'
        yield f'ggen_request_seconds_sum{{route="{route}"}} {seconds:.6f}'
        yield f'ggen_request_seconds_count{{route="{route}"}} {count:.0f}'
