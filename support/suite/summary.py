"""The end of a run: every red scenario in full, a table of verdicts, the slowest, and one line that programs read."""

from collections.abc import Iterator, Sequence

from support.cleanroom.metrics import table
from support.suite.verdicts import BROKEN, FAILED, KINDS, PASSED, RED, SKIPPED, Verdict

_SLOWEST = 10
_WIDTH = 100


def summary(verdicts: Sequence[Verdict], settings: str) -> str:
    """Return the text that ends a run; `settings` says in what way it was run."""
    groups = {kind: [verdict for verdict in verdicts if verdict.kind == kind] for kind in KINDS}
    lines = [*_in_full(groups[FAILED] + groups[BROKEN]), *_skips(groups[SKIPPED]), "slowest"]
    for verdict in sorted(verdicts, key=lambda item: -item.seconds)[:_SLOWEST]:
        lines.append(f"{verdict.seconds:7.2f} s  {verdict.name} ({verdict.location})")
    if measured := [(_line(verdict), verdict.metrics) for verdict in verdicts if verdict.metrics]:
        lines += ["", *table(measured)]
    lines += ["", *(f"{verdict.kind:8}{_line(verdict)}" for verdict in groups[FAILED] + groups[BROKEN])]
    lines += ["scenarios  " + "  ".join(f"{kind} {len(found)}" for kind, found in groups.items()), settings]
    lines.append(closing(verdicts))
    return "\n".join(lines) + "\n"


def closing(verdicts: Sequence[Verdict]) -> str:
    """Return the last line: broken scenarios count as failed, for they have proved nothing."""
    red = sum(verdict.kind in RED for verdict in verdicts)
    passed, skipped = (sum(verdict.kind == kind for verdict in verdicts) for kind in (PASSED, SKIPPED))
    return f"{passed} passed, {red} failed, {skipped} skipped"


def _line(verdict: Verdict) -> str:
    reason = f": {verdict.reason}" if verdict.reason else ""
    return f"{verdict.name} ({verdict.location}){reason}"


def _in_full(red: Sequence[Verdict]) -> Iterator[str]:
    for verdict in red:
        yield f"{verdict.kind.upper()} {_line(verdict)}"
        yield verdict.output.rstrip()
        yield "-" * _WIDTH


def _skips(skipped: Sequence[Verdict]) -> Iterator[str]:
    """Yield each reason with its scenarios: a run in which a part of the machine is missing has few reasons."""
    for reason in sorted({verdict.reason for verdict in skipped}):
        yield f"skipped: {reason}"
        yield from (f"  {verdict.name} ({verdict.location})" for verdict in skipped if verdict.reason == reason)
        yield ""
