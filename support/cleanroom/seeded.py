"""Determinism: everything that a room makes up comes from one seed.

Each name has a stream of its own, so that one more draw here does not move the draws there. The same seed and name give
the same bytes on any machine and in any version of Python.
"""

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_BASE = datetime(2026, 1, 1, tzinfo=UTC)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_DAYS = 300


@dataclass(frozen=True, slots=True)
class Seeded:
    """The streams of one seed."""

    seed: int

    def octets(self, name: str, count: int) -> bytes:
        """Return `count` bytes of a name's stream (SHAKE-256 of seed and name)."""
        return hashlib.shake_256(f"cleanroom:{self.seed}:{name}".encode()).digest(count)

    def number(self, name: str, below: int) -> int:
        """Return a number from 0 up to, not including, `below`."""
        return int.from_bytes(self.octets(name, 16), "big") % below

    def fraction(self, name: str) -> float:
        """Return a number from 0 up to, not including, 1."""
        return self.number(name, 1 << 53) / (1 << 53)

    def generator(self, name: str) -> random.Random:
        """Return a generator of a name's own."""
        return random.Random(self.octets(name, 32))

    def key(self, name: str) -> bytes:
        """Return the 32 bytes of an Ed25519 seed."""
        return self.octets(f"key:{name}", 32)

    def id(self, name: str, length: int = 12) -> str:
        """Return letters and digits that serve as an id."""
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in self.octets(f"id:{name}", length))

    def text(self, name: str, lines: int = 20) -> str:
        """Return lines of words: the content of a file."""
        generator = self.generator(f"text:{name}")
        return "".join(f"{' '.join(self._word(generator) for _ in range(8))}\n" for _ in range(lines))

    def schedule(self, name: str, count: int, within: float) -> tuple[float, ...]:
        """Return `count` moments, in order, in seconds from 0 to `within`."""
        return tuple(sorted(within * self.fraction(f"schedule:{name}:{number}") for number in range(count)))

    def jitter(self, name: str, around: float, spread: float = 0.1) -> float:
        """Return a number of seconds that is off `around` by at most `spread` of it."""
        return around * (1 + spread * (2 * self.fraction(f"jitter:{name}") - 1))

    def clock(self) -> "SteppedClock":
        """Return a clock that starts at the seed's moment in 2026."""
        return SteppedClock(_BASE + timedelta(seconds=self.number("clock", _DAYS * 86400)))

    @staticmethod
    def _word(generator: random.Random) -> str:
        return "".join(_LETTERS[generator.randrange(26)] for _ in range(generator.randrange(3, 9)))


@dataclass(slots=True)
class SteppedClock:
    """A clock that stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def step(self, seconds: float = 1.0) -> datetime:
        """Move on, and return the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now
