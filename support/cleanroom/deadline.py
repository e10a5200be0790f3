"""One deadline for everything that is waited for: polling with an end, never a bare sleep."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Clock = Callable[[], float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on a monotonic clock, in seconds, by which something must have happened."""

    at: float
    clock: Clock = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def after(
        cls, seconds: float, clock: Clock = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(clock() + seconds, clock, sleep)

    def remaining(self) -> float:
        """Return the seconds that are left, never less than zero."""
        return max(0.0, self.at - self.clock())

    def expired(self) -> bool:
        """Say whether the moment has passed."""
        return self.clock() >= self.at

    def sooner(self, seconds: float) -> "Deadline":
        """Return the earlier of this deadline and `seconds` from now: a part never outlives the whole."""
        return Deadline(min(self.at, self.clock() + seconds), self.clock, self.sleep)

    def poll(self, attempt: Callable[[], T | None], every: float = 0.02, slowest: float = 0.25) -> T | None:
        """Return the first true answer of `attempt`, or None when the time is up; it is asked at least once.

        The pause between two questions starts at `every` seconds and doubles up to `slowest`.
        """
        pause = every
        while True:
            answer = attempt()
            if answer:
                return answer
            if self.expired():
                return None
            self.sleep(min(pause, self.remaining()))
            pause = min(2 * pause, slowest)
