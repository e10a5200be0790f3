"""Downloads by day as a small picture, drawn as SVG."""

from collections.abc import Mapping
from typing import NamedTuple

WIDTH, HEIGHT = 300, 48
"""Size of the picture in the units of its own view box."""


class Bar(NamedTuple):
    """One day: where its bar begins, how wide and high it is, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    day: str
    downloads: int


def bars(days: Mapping[str, int]) -> list[Bar]:
    """Return a bar for each day; the highest fills the picture."""
    most, step = max(days.values(), default=0), WIDTH / max(len(days), 1)
    found = []
    for place, (day, count) in enumerate(days.items()):
        height = round(HEIGHT * count / most, 2) if most else 0.0
        x, y, width = round(place * step, 2), round(HEIGHT - height, 2), round(step * 0.8, 2)
        found.append(Bar(x, y, width, height, day, count))
    return found
