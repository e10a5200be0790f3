"""Contests: contestants take turns (A B C, A B C, …), and each row compares our median with another's."""

import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

Act = Callable[[], object]
Clock = Callable[[], float]
Judged = Literal["ratio", "ratio at least", "at least", "at most"]


def nothing() -> None:
    """Prepare nothing."""


class MissingPeerError(Exception):
    """A peer that cannot be measured here; the text says why."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody to be timed.

    Attributes:
        act: what is timed.
        prepare: run before each turn, not timed.
        per: how many things one act does; the time is divided by it.
        goal: for a peer or floor, the largest ratio ours/its that is good enough; None where nothing was promised.
    """

    name: str
    act: Act
    prepare: Act = nothing
    per: int = 1
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that is not measured, and why."""

    name: str
    why: str
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; the values are milliseconds unless `unit` says otherwise.

    `judged` tells what `goal` bounds: the ratio ours/theirs from above or below, or our own value from below or above.
    """

    what: str
    ours: float | None
    other: str
    theirs: float | None
    goal: float | None = None
    unit: str = "ms"
    judged: Judged = "ratio"
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours by theirs, None when one of them was not measured."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def verdict(self) -> str:
        """`MET`, `NOT MET`, empty where nothing was promised, or `not measured: …`."""
        value = self.ratio if self.judged.startswith("ratio") else self.ours
        if self.why or value is None:
            return f"not measured: {self.why}"
        if self.goal is None:
            return ""
        met = value >= self.goal if self.judged.endswith("at least") else value <= self.goal
        return "MET" if met else "NOT MET"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a benchmark runs in: an empty folder of its own, the folder that outlives runs, and how long to take."""

    scratch: Path
    kept: Path
    quick: bool

    def pick(self, full: int, quick: int) -> int:
        """Return the number for a full or for a quick run."""
        return quick if self.quick else full


def attempt(name: str, make: Callable[[], Contestant], goal: float | None = None) -> Contestant | Missing:
    """Return the contestant that `make` makes, or why it cannot be had."""
    try:
        return make()
    except MissingPeerError as error:
        return Missing(name, str(error), goal)


def cpu_time() -> float:
    """Return the seconds of processor time of this process and of all that it waited for: a clock that other
    programs on the machine disturb less than the time of day."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def medians(contestants: Iterable[Contestant], rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return each contestant's median in milliseconds; they take turns, so that a slow moment meets them all."""
    present = list(contestants)
    times: dict[str, list[float]] = {contestant.name: [] for contestant in present}
    for _ in range(rounds):
        for contestant in present:
            contestant.prepare()
            begin = clock()
            contestant.act()
            times[contestant.name].append((clock() - begin) * 1000 / contestant.per)
    return {name: median(found) for name, found in times.items()}


def contest(
    what: str, ours: Contestant, others: Sequence[Contestant | Missing], rounds: int, clock: Clock = time.perf_counter
) -> list[Row]:
    """Measure all in turns; return a row for each of the others."""
    found = medians([ours, *(other for other in others if isinstance(other, Contestant))], rounds, clock)
    return [
        Row(what, found[ours.name], other.name, found.get(other.name), other.goal,
            why=other.why if isinstance(other, Missing) else "")
        for other in others
    ]  # fmt: skip


_SIGNS = {"ratio": "≤", "ratio at least": "≥", "at least": "own ≥", "at most": "own ≤"}
HEADINGS = ("what", "ours", "against", "it", "unit", "ratio", "goal", "")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as an aligned text table."""
    lines_of_cells = [HEADINGS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines_of_cells, strict=True)]
    right = {1, 3, 5, 6}
    lines = []
    for row in lines_of_cells:
        shown = (
            text.rjust(width) if place in right else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )  # fmt: skip
        lines.append("  ".join(shown).rstrip())
    return "\n".join(lines)


def cells(row: Row) -> tuple[str, ...]:
    """Return what a table shows of a row, in the order of `HEADINGS`."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    sign = "" if row.goal is None else _SIGNS[row.judged]
    goal = "" if row.goal is None else f"{sign} {row.goal:.3g}"
    return (row.what, _number(row.ours), row.other, _number(row.theirs), row.unit, ratio, goal, row.verdict)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
