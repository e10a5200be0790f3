"""The quality of a release: a score from 0 to 100 in six dimensions, each point with its evidence.

`measure` is a pure function of a `Subject`: the same content, history, signature state and time give the same report.
What cannot be told earns nothing.
"""

from dataclasses import dataclass
from typing import Any

from marketplace.clock import timestamp
from marketplace.errors import DeniedError, IntegrityError
from marketplace.insights.checks import CONTENT_CHECKS, State
from marketplace.insights.history import HISTORY_CHECKS
from marketplace.insights.rules import RULES, VERSION
from marketplace.insights.subject import Subject
from marketplace.model.grades import grade_of, least_of

_CHECKS = {**CONTENT_CHECKS, **HISTORY_CHECKS}
_HINTED = 4
_MAX_CHECKS = 200
_MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Point:
    """A check's outcome: what it could earn, what was found, and how to earn it when it is not met."""

    dimension: str
    name: str
    points: int
    state: State
    evidence: str
    earn: str

    @property
    def earned(self) -> int:
        """The points that it earned."""
        return self.points if self.state == "met" else 0


@dataclass(frozen=True, slots=True)
class Report:
    """The points of a release, measured at a time (`YYYY-MM-DDTHH:MM:SSZ`) by a version of the rules."""

    rules: int
    measured_at: str
    points: tuple[Point, ...]

    @property
    def score(self) -> int:
        """The points that were earned, 0 to 100."""
        return sum(point.earned for point in self.points)

    @property
    def grade(self) -> str:
        """A to F."""
        return grade_of(self.score)

    @property
    def missing(self) -> tuple[Point, ...]:
        """What was not earned, the most points first."""
        return tuple(sorted((p for p in self.points if not p.earned), key=lambda point: -point.points))

    @property
    def dimensions(self) -> dict[str, tuple[Point, ...]]:
        """The points of each dimension."""
        names = dict.fromkeys(point.dimension for point in self.points)
        return {name: tuple(point for point in self.points if point.dimension == name) for name in names}

    def summary(self) -> dict[str, object]:
        """Return score, grade and time as JSON has them."""
        return {"score": self.score, "grade": self.grade, "measured_at": self.measured_at, "rules": self.rules}

    def to_json(self) -> dict[str, object]:
        """Return all of it as JSON has it. `of_json` reads it back."""
        return {**self.summary(), "dimensions": [_dimension(*item) for item in self.dimensions.items()]}

    @classmethod
    def of_json(cls, value: object) -> "Report":
        """Read what `to_json` returned; it may come from a registry of another version, or be nonsense.

        Raises:
            IntegrityError: `document-malformed`.
        """
        try:
            report = _read(value)
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(
                "document-malformed", f"the quality report is malformed: {str(error)[:200]}"
            ) from error
        if not 0 <= report.score <= 100:
            raise IntegrityError("document-malformed", "the quality report has more points than there are")
        return report


def measure(subject: Subject) -> Report:
    """Measure the quality of a release."""
    findings = ((rule, _CHECKS[rule.name](subject)) for rule in RULES)
    points = tuple(
        Point(rule.dimension, rule.name, rule.points, found.state, found.evidence, rule.earn)
        for rule, found in findings
    )
    return Report(VERSION, timestamp(subject.now), points)


def summary_of(value: object) -> dict[str, object] | None:
    """Read what `Report.summary` returned, as a registry sends it; None for what is none."""
    try:
        found: Any = value
        return Report(_whole(found["rules"]), _text(found["measured_at"]), ()).summary() | _graded(found["score"])
    except (KeyError, TypeError, ValueError):
        return None


def _graded(score: object) -> dict[str, object]:
    return {"score": _whole(score), "grade": grade_of(_whole(score))}


def refuse_below(report: Report, grade: str, release: object) -> None:
    """Refuse a release whose grade is worse than `grade`.

    Raises:
        DeniedError: `quality-too-low`, with the missing points and how to earn them.
    """
    least = least_of(grade)
    if report.score >= least:
        return
    ways = "; ".join(f"{point.earn} (+{point.points})" for point in report.missing[:_HINTED])
    raise DeniedError(
        "quality-too-low",
        f"{release} has {report.score} points of quality ({report.grade}), and {least} ({grade}) are wanted here",
        hint=f"earn {least - report.score} more: {ways}; `ggen market publish --dry-run` shows all",
        score=report.score, grade=report.grade, minimum=grade,
        missing=[{"name": p.name, "points": p.points, "evidence": p.evidence, "earn": p.earn} for p in report.missing],
    )  # fmt: skip


def _dimension(name: str, points: tuple[Point, ...]) -> dict[str, object]:
    checks = [
        {
            "name": p.name,
            "points": p.points,
            "earned": p.earned,
            "state": p.state,
            "evidence": p.evidence,
            "earn": p.earn,
        }
        for p in points
    ]
    return {"name": name, "points": sum(p.points for p in points), "earned": sum(p.earned for p in points),
            "checks": checks}  # fmt: skip


def _read(value: Any) -> Report:
    points = tuple(
        Point(_text(part["name"]), _text(check["name"]), _whole(check["points"]), _state(check["state"]),
              _text(check["evidence"]), _text(check["earn"]))
        for part in value["dimensions"] for check in part["checks"]
    )  # fmt: skip
    if len(points) > _MAX_CHECKS:
        raise ValueError("it has too many checks")
    return Report(_whole(value["rules"]), _text(value["measured_at"]), points)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise ValueError("a text is none, or too long")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value <= 100:
        raise ValueError("a number is none from 0 to 100")
    return value


def _state(value: object) -> State:
    match value:
        case "met" | "not met" | "unknown":
            return value
    raise ValueError("a state is not known")
