"""What is downloaded more than it used to be.

The downloads of the last days are compared with what they would be, had the days before gone on as they were; both are
averages that forget by halves. The difference is counted in standard deviations of a Poisson process, so that ten times
one download a day do not come before twice a thousand.
"""

import math
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

DAYS = 60
"""Days that are looked at: twice the slow half-life and what comes after it is a quarter."""
WEEK = 7
_FAST, _SLOW = 3.0, 30.0
"""Days after which a download counts half, for what happens now and for what was to be expected."""
_LEAST = 1.0
"""Standard deviations above what was expected from which something is a trend."""


class Trend(NamedTuple):
    """A package that is downloaded more than it used to be: by how many standard deviations, and its last two weeks."""

    id: str
    score: float
    last_week: int
    week_before: int


def trends(downloads: Mapping[str, Mapping[str, int]], today: str) -> list[Trend]:
    """Return the packages that are trending, those first that do most; `downloads` are by package and day (UTC)."""
    end = date.fromisoformat(today)
    found = []
    for id_, days in downloads.items():
        by_age = {(end - date.fromisoformat(day)).days: count for day, count in days.items()}
        score = _surprise({age: count for age, count in by_age.items() if 0 <= age < DAYS})
        if score > _LEAST:
            weeks = [sum(by_age.get(age, 0) for age in range(start, start + WEEK)) for start in (0, WEEK)]
            found.append(Trend(id_, score, *weeks))
    return sorted(found, key=lambda trend: (-trend.score, trend.id))


def _surprise(by_age: Mapping[int, int]) -> float:
    """Return how far the last days are above what was expected of them, in standard deviations."""
    window = _weight_of_all(_FAST)
    observed = sum(count * _weight(age, _FAST) for age, count in by_age.items())
    expected = window * sum(count * _weight(age, _SLOW) for age, count in by_age.items()) / _weight_of_all(_SLOW)
    return (observed - expected) / math.sqrt(expected + 1)


def _weight(age: int, half_life: float) -> float:
    return float(0.5 ** (age / half_life))


def _weight_of_all(half_life: float) -> float:
    return sum(_weight(age, half_life) for age in range(DAYS))
