"""The coverage map: what of the product ran, component by component and function by function.

One table, `coverage_map.toml`, names the components and their critical functions: those whose failure loses data,
accepts wrong bytes or tells a lie. The figures are coverage.py's: of a function's statements and branches, those that
ran (https://coverage.readthedocs.io/en/latest/branch.html).
"""

import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage

TABLE = Path("support/suite/coverage_map.toml")
_BAR = 20
_FULL = 100.0


class TableError(Exception):
    """The table and the code do not fit; the text names what."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many statements and branches there are, and how many ran."""

    total: int
    ran: int

    @property
    def percent(self) -> float:
        """The part that ran; where there is nothing to run, all of it did."""
        return _FULL * self.ran / self.total if self.total else _FULL

    @property
    def shown(self) -> str:
        """The percentage to one place, rounded down: what falls short of a goal must not look like it."""
        return f"{math.floor(10 * self.percent) / 10:.1f} %"

    @property
    def full(self) -> bool:
        """Whether all of it ran."""
        return self.ran == self.total


def total(counts: Iterable[Count]) -> Count:
    """Return the sum."""
    found = list(counts)
    return Count(sum(item.total for item in found), sum(item.ran for item in found))


@dataclass(frozen=True, slots=True)
class Function:
    """A function, method or the rest of a module (with an empty name), and what of it did not run.

    `missed` tells statements as `12` or `12-17`, and branches as `12->15`, or `12->` where one leaves the function.
    """

    file: str
    name: str
    line: int
    count: Count
    missed: tuple[str, ...]
    critical: bool

    @property
    def place(self) -> str:
        """Where it is, and what it is called there."""
        return f"{self.file}:{self.line} {self.name or '(module)'}"


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the product."""

    name: str
    functions: tuple[Function, ...]

    @property
    def count(self) -> Count:
        """All of its functions and modules together."""
        return total(function.count for function in self.functions)

    @property
    def critical(self) -> tuple[Function, ...]:
        """Its critical functions."""
        return tuple(function for function in self.functions if function.critical)


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """The whole product; `overall` is the percentage that it must reach."""

    components: tuple[Component, ...]
    overall: float

    @property
    def count(self) -> Count:
        """All components together."""
        return total(component.count for component in self.components)

    def shortcomings(self) -> list[str]:
        """Return what falls short of the goals: each critical function that is not covered in full, and the whole."""
        found = [
            f"{component.name}: {function.place} is critical and covered to {function.count.shown}: "
            f"{', '.join(function.missed)}"
            for component in self.components
            for function in component.critical
            if not function.count.full
        ]
        if self.count.percent < self.overall:
            found.append(f"overall {self.count.shown} is less than {self.overall:g} %")
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """What `coverage_map.toml` says: the package's folder, the goal, each component's files and critical functions."""

    package: Path
    overall: float
    components: Mapping[str, tuple[Sequence[str], Mapping[str, Sequence[str]]]]

    @classmethod
    def read(cls, path: Path = TABLE) -> "Table":
        """Read the table.

        Raises:
            TableError: it is not there or says something else than a table does.
        """
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
            components = {item["name"]: (item["files"], item["critical"]) for item in found["component"]}
            return cls(Path(found["package"]), float(found["overall"]), components)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TableError(f"{path}: {type(error).__name__}: {error}") from error

    def owner(self, file: str) -> str:
        """Return the component of a file.

        Raises:
            TableError: it is in none, or in several.
        """
        owners = [
            name
            for name, (files, _) in self.components.items()
            if any(file == part or file.startswith(f"{part}/") for part in files)
        ]
        if len(owners) != 1:
            raise TableError(f"{file} is in {' and '.join(owners) if owners else 'no component'}")
        return owners[0]

    def critical(self) -> set[tuple[str, str]]:
        """Return file and name of each critical function."""
        return {
            (file, name)
            for _, critical in self.components.values()
            for file, names in critical.items()
            for name in names
        }


def make_map(whole: coverage.Coverage, table: Table, report: Path) -> CoverageMap:
    """Return the map of what was measured; `report` is where coverage.py's own JSON report goes.

    Raises:
        TableError: the table names a function that is not there, or does not say where a file belongs.
    """
    # A copy of the package that ran somewhere else, such as a scenario's own, is not what the map is of.
    whole.json_report(outfile=str(report), include=[f"{table.package.resolve()}/*"])
    files: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["files"]
    critical = table.critical()
    found: dict[str, list[Function]] = {name: [] for name in table.components}
    for path, data in files.items():
        file = Path(path).resolve().relative_to(table.package.resolve()).as_posix()
        found[table.owner(file)] += _functions(file, data["functions"], critical)
    there = {(function.file, function.name) for functions in found.values() for function in functions}
    if missing := sorted(critical - there):
        raise TableError("critical but not there: " + ", ".join(f"{file} {name}" for file, name in missing))
    return CoverageMap(tuple(Component(name, tuple(items)) for name, items in found.items()), table.overall)


def _functions(file: str, regions: Mapping[str, Any], critical: set[tuple[str, str]]) -> Iterator[Function]:
    """Yield the functions of a file; a critical one has the functions inside it as part of itself."""
    for name, region in regions.items():
        is_critical = (file, name) in critical
        inside = [part for other, part in regions.items() if name and other.startswith(f"{name}.")]
        parts = [region, *(inside if is_critical else [])]
        if any((file, outer) in critical for outer in _outer(name)):
            continue  # it was counted with the one around it
        missed = tuple(text for part in parts for text in _missed(part))
        yield Function(file, name, region["start_line"], total(map(_count, parts)), missed, is_critical)


def _outer(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts)))


def _count(region: Mapping[str, Any]) -> Count:
    told = region["summary"]
    return Count(told["num_statements"] + told["num_branches"], told["covered_lines"] + told["covered_branches"])


def _missed(region: Mapping[str, Any]) -> Iterator[str]:
    lines = region["missing_lines"]
    yield from ranges(lines)
    for start, end in region["missing_branches"]:
        if start not in lines:
            yield f"{start}->{end if end > 0 else ''}"


def ranges(lines: Sequence[int]) -> Iterator[str]:
    """Yield line numbers, given in order, as `3` and `7-9`."""
    start = 0
    for place, line in enumerate(lines):
        if place + 1 == len(lines) or lines[place + 1] != line + 1:
            first = lines[start]
            yield f"{first}-{line}" if line > first else str(line)
            start = place + 1


def bar(percent: float) -> str:
    """Return a bar of twenty places; it is full only when nothing is missing."""
    filled = int(_BAR * percent / _FULL)
    return "█" * filled + "░" * (_BAR - filled)


def _row(indent: str, name: str, count: Count, note: str = "") -> str:
    return f"{indent}{bar(count.percent)} {count.shown:>7}  {name}{note}".rstrip()


def terminal(found: CoverageMap) -> str:
    """Return the map as text: each component, its critical functions, and every other that is not covered in full."""
    lines = [
        "coverage by component",
        _row("  ", "overall", found.count, f" ({found.count.ran} of {found.count.total})"),
    ]
    for component in found.components:
        critical = component.critical
        note = f" ({sum(item.count.full for item in critical)} of {len(critical)} critical functions in full)"
        lines.append(_row("  ", component.name, component.count, note if critical else ""))
    for component in found.components:
        lines += ["", component.name, *_functions_of(component)]
    lines += ["", *(f"short: {text}" for text in found.shortcomings())]
    return "\n".join(lines).rstrip() + "\n"


def _functions_of(component: Component) -> Iterator[str]:
    shown = [item for item in component.functions if item.critical or not item.count.full]
    for item in sorted(shown, key=lambda item: (not item.critical, item.count.percent, item.place)):
        missed = f"  missing {', '.join(item.missed)}" if item.missed else ""
        yield _row("  ", f"{'* ' if item.critical else '  '}{item.place}", item.count, missed)
    yield f"  and {len(component.functions) - len(shown)} others in full"
