"""How a quality report is shown: the grade, a bar for each dimension, each point with its evidence."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from marketplace.cli import render

if TYPE_CHECKING:
    from marketplace.insights.quality import Point, Report
    from marketplace.registry.base import Quality

_BAR = 20
_MARKS = {"met": "+", "not met": "-", "unknown": "?"}


def quality_json(quality: "Quality | None", *, full: bool) -> dict[str, object] | None:
    """Return what `info` tells of the quality: who measured it, and with `full` each point."""
    if quality is None:
        return None
    report = quality.report.to_json() if full else quality.report.summary()
    return {**report, "measured_by": quality.registry, "verified": quality.is_ours}


def quality_line(quality: "Quality | None") -> str:
    """Return the quality in a few words."""
    if quality is None:
        return "unknown"
    word = "" if quality.is_ours else f", by the word of {quality.registry}"
    return f"{quality.report.grade} ({quality.report.score} of 100{word})"


def quality_text(quality: "Quality | None") -> Iterator[str]:
    """Yield all points of the quality."""
    if quality is None:
        yield "The quality is unknown: nobody who can be asked now has measured it."
        return
    yield from report_text(quality.report)
    who = "measured here" if quality.is_ours else f"{quality.registry} says so: it was not measured here"
    yield render.dim(f"{who}, {render.printable(quality.report.measured_at)}")


def report_text(report: "Report") -> Iterator[str]:
    """Yield the lines of a report."""
    yield f"{render.bold('quality')}  {render.bold(report.grade)}, {report.score} of 100 points"
    for name, points in report.dimensions.items():
        earned, there = sum(point.earned for point in points), sum(point.points for point in points)
        filled = _BAR * earned // max(there, 1)
        yield ""
        yield f"{render.printable(name):<16}{'#' * filled}{'.' * (_BAR - filled)}  {earned} of {there}"
        for point in points:
            yield from _point_text(point)


def _point_text(point: "Point") -> Iterator[str]:
    style = {"met": render.good, "not met": render.bad}.get(point.state, render.doubtful)
    share = f"{point.earned}/{point.points}"
    found = render.printable(f"{point.name}: {point.evidence}")
    yield f"  {style(_MARKS[point.state])} {share:>4}  {found}"
    if not point.earned:
        yield render.dim(f"          to earn it: {render.printable(point.earn)}")
