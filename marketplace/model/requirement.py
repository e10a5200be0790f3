"""Version requirements: exact, caret, tilde, comparison ranges and `*`, joined by commas (all must hold).

The meaning follows Cargo's documented rules (caret and tilde with missing parts, wildcards, pre-releases only where a
comparator of the same triple names one).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from marketplace.errors import InvalidInputError
from marketplace.model.version import Version

Operator = Literal["=", "<", "<=", ">", ">="]
_PART = re.compile(r"(?P<op>\^|~|>=|<=|>|<|=)?\s*(?P<version>[0-9*].*)", re.ASCII | re.DOTALL)
_PARTIAL = re.compile(r"(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*|\*))?(?:\.(0|[1-9][0-9]*|\*))?", re.ASCII)
_MAX_TEXT = 256


@dataclass(frozen=True, slots=True)
class Comparator:
    """One bound: `operator` and the version it names."""

    operator: Operator
    version: Version

    def admits(self, version: Version) -> bool:
        """Tell whether `version` lies on the right side of the bound, by precedence."""
        left, right = version.precedence, self.version.precedence
        match self.operator:
            case "=":
                return left == right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right


@dataclass(frozen=True, slots=True)
class Requirement:
    """A set of versions, written as text (`^1.2`, `>=1, <3`, `*`) and held as bounds that must all hold."""

    text: str
    comparators: tuple[Comparator, ...]

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """Read a requirement; a bare version means caret.

        Raises:
            InvalidInputError: `invalid-requirement`.
        """
        return _parsed(text)

    def admits(self, version: Version) -> bool:
        """Tell whether `version` is in the set; a pre-release only if a bound names one of the same triple."""
        if not all(bound.admits(version) for bound in self.comparators):
            return False
        if not version.prerelease:
            return True
        return any(b.version.prerelease and b.version.triple == version.triple for b in self.comparators)

    def __str__(self) -> str:
        return self.text


ANY = Requirement("*", ())
"""The requirement that every release satisfies."""


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Requirement:
    """Read a requirement; a lock or a registry has the same few again and again."""
    stripped = text.strip()
    if not stripped or len(stripped) > _MAX_TEXT:
        raise _invalid(text)
    bounds: list[Comparator] = []
    for part in stripped.split(","):
        bounds.extend(_comparators(part.strip(), text))
    return Requirement(stripped, tuple(bounds))


def _invalid(text: str) -> InvalidInputError:
    return InvalidInputError(
        "invalid-requirement",
        f"{text[:_MAX_TEXT]!r} is not a version requirement",
        hint="write for example 1.2, ^1.2, ~1.2.3, =1.2.3, '>=1.0, <2.0', 1.* or *",
    )


def _comparators(part: str, whole: str) -> list[Comparator]:
    if part == "*":
        return []
    match = _PART.fullmatch(part)
    if match is None:
        raise _invalid(whole)
    operator, body = match["op"] or "", match["version"]
    partial = _PARTIAL.fullmatch(body)
    if partial is None:
        return _expand(operator or "^", _full(body, whole), 3)
    numbers, wild = _numbers(partial, whole)
    if wild and operator not in ("", "="):
        raise _invalid(whole)
    floor = _version(*([*numbers, 0, 0])[:3])
    return _expand("=" if wild else operator or "^", floor, len(numbers))


def _numbers(partial: re.Match[str], whole: str) -> tuple[list[int], bool]:
    given = [group for group in partial.groups() if group is not None]
    wild = "*" in given
    if wild and set(given[given.index("*") :]) != {"*"}:
        raise _invalid(whole)
    numbers = [int(group) for group in given if group != "*"]
    _full(".".join(str(n) for n in ([*numbers, 0, 0])[:3]), whole)
    return numbers, wild


def _full(text: str, whole: str) -> Version:
    try:
        return Version.parse(text)
    except InvalidInputError:
        raise _invalid(whole) from None


def _version(major: int, minor: int, patch: int) -> Version:
    return Version(f"{major}.{minor}.{patch}", major, minor, patch, (), "")


def _expand(operator: str, floor: Version, given: int) -> list[Comparator]:
    """Turn an operator over a version with `given` of its three numbers written into bounds."""
    match operator:
        case "^":
            return _between(floor, _next(floor, _caret_place(floor, given)))
        case "~":
            return _between(floor, _next(floor, min(given, 2) - 1))
        case "=":
            return [Comparator("=", floor)] if given == 3 else _between(floor, _next(floor, given - 1))
        case ">" if given < 3:
            return [Comparator(">=", _next(floor, given - 1))]
        case "<=" if given < 3:
            return [Comparator("<", _next(floor, given - 1))]
        case "<" | "<=" | ">" | ">=":
            return [Comparator(operator, floor)]
    raise AssertionError(operator)


def _caret_place(floor: Version, given: int) -> int:
    """The leftmost non-zero number may not change; with zeros alone, the last one that was written."""
    for place, number in enumerate(floor.triple[:given]):
        if number:
            return place
    return given - 1


def _next(version: Version, place: int) -> Version:
    numbers = list(version.triple)
    numbers[place] += 1
    return _version(*numbers[: place + 1], *([0] * (2 - place)))


def _between(floor: Version, ceiling: Version) -> list[Comparator]:
    return [Comparator(">=", floor), Comparator("<", ceiling)]
