"""What became of each scenario, written by each behave process as it goes and read by the one that runs them all.

A record is one JSON object a line, flushed at once, so that a process that dies has left what it knew: `plan` (the
scenarios that are to run), `start`, `verdict`, and `end` when behave came to its end.
"""

import json
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from behave.formatter.base import Formatter
from behave.model_type import Status

PASSED, FAILED, BROKEN, SKIPPED = "passed", "failed", "broken", "skipped"
KINDS = (PASSED, FAILED, BROKEN, SKIPPED)
RED = frozenset({FAILED, BROKEN})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one scenario: `failed` is the product's fault, `broken` the harness's.

    `seconds` is how long its steps took, `reason` why it was skipped or in one line what broke, `output` everything a
    reader needs to understand a red one; `metrics` what it cost (see `support.cleanroom.metrics`), if measured.
    """

    name: str
    location: str
    kind: str
    seconds: float = 0.0
    reason: str = ""
    output: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """What one behave process told: its verdicts, its plan, what it was at last, and whether it came to its end."""

    plan: tuple[tuple[str, str], ...]
    verdicts: tuple[Verdict, ...]
    started: str
    ended: bool

    def missing(self) -> Iterator[tuple[str, str]]:
        """Yield location and name of the scenarios that were planned and have no verdict."""
        told = {verdict.location for verdict in self.verdicts}
        yield from ((location, name) for location, name in self.plan if location not in told)


def read_record(path: Path) -> Record:
    """Read the record of a process; one that never came to write any gives an empty one."""
    plan: list[tuple[str, str]] = []
    verdicts: list[Verdict] = []
    started, ended = "", False
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            told = json.loads(line)
        except ValueError:  # the last line of a process that was killed while writing it
            break
        plan += [(location, name) for location, name in told.get("plan", [])]
        verdicts += [Verdict(**told["verdict"])] if "verdict" in told else []
        started = told.get("start", started)
        ended = ended or "end" in told
    return Record(tuple(plan), tuple(verdicts), started, ended)


class RecordFormatter(Formatter):  # type: ignore[misc]
    """Writes the record of a behave process."""

    name = "record"
    description = "verdicts as JSON lines"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        super().__init__(stream_opener, config)
        self._feature: Any = None
        self._planned: list[Any] = []
        self._current: Any = None
        self._tell({"begin": True})

    def feature(self, feature: Any) -> None:
        """Note which scenarios of a feature were selected, before a hook skips any of them."""
        self._feature = feature
        self._planned = [scenario for scenario in feature.walk_scenarios() if scenario.should_run(self.config)]
        self._tell({"plan": [[str(scenario.location), scenario.name.rstrip()] for scenario in self._planned]})

    def scenario(self, scenario: Any) -> None:
        """Note that a scenario starts, and what became of the one before."""
        self._tell_of(self._current)
        self._current = scenario
        self._tell({"start": str(scenario.location)})

    def eof(self) -> None:
        """Write the verdicts of a feature, and one more for each hook or cleanup around the scenarios that failed."""
        for scenario in list(self._planned):
            self._tell_of(scenario)
        for around in (self._feature, *self._feature.iter_rules()):
            if around.status in (Status.hook_error, Status.cleanup_error):
                reason = f"{around.status.name} around the scenarios"
                output = "\n".join((around.error_message or "", around.captured.make_report()))
                told = Verdict(around.name, f"{around.location} (around)", BROKEN, 0.0, reason, output)
                self._tell({"verdict": asdict(told)})
        self._current = None

    def close(self) -> None:
        """Note that behave came to its end."""
        self._tell({"end": True})
        super().close()

    def _tell_of(self, scenario: Any) -> None:
        """Write the verdict of a planned scenario, once; behave takes scenarios of one name for equal."""
        if any(scenario is planned for planned in self._planned):
            self._planned = [planned for planned in self._planned if planned is not scenario]
            self._tell({"verdict": asdict(verdict_of(scenario, self._feature))})

    def _tell(self, what: dict[str, Any]) -> None:
        stream = self.open()
        stream.write(json.dumps(what) + "\n")
        stream.flush()


def kind_of(scenario: Any) -> str:
    """Return the verdict of a scenario behave has done with.

    A failed assertion is the product's fault whatever broke after it; whatever else is not passed and not skipped
    is trouble of the harness, a planned scenario that was never run too.
    """
    if scenario.status == Status.failed or any(step.status == Status.failed for step in scenario.all_steps):
        return FAILED
    if scenario.status in (Status.passed, Status.skipped):
        return str(scenario.status.name)
    return BROKEN


def verdict_of(scenario: Any, feature: Any) -> Verdict:
    """Return what there is to tell of a scenario."""
    kind = kind_of(scenario)
    reason = scenario.skip_reason or "no reason was given" if kind == SKIPPED else ""
    if kind == BROKEN:
        said = (scenario.error_message or "").strip().rpartition("\n")[2]
        reason = "was not run" if scenario.status == Status.untested else f"{scenario.status.name} {said}".rstrip()
    output = described(scenario, feature) if kind in RED else ""
    return Verdict(
        scenario.name.rstrip(), str(scenario.location), kind, scenario.duration, reason, output,
        getattr(scenario, "metrics", {}),
    )  # fmt: skip


def described(scenario: Any, feature: Any) -> str:
    """Return the steps of a red scenario, with the error, the traceback and the output of what went wrong."""
    parts = []
    for step in scenario.all_steps:
        parts.append(f"  {step.status.name:9} {step.keyword} {step.name}  # {step.location}")
        if step.status.has_failed():
            parts += _error(step)
    parts += _error(scenario)
    if scenario.status == Status.untested:
        parts += _error(feature)
    return "\n".join(part for part in parts if part)


def _error(element: Any) -> list[str]:
    own = trimmed(element.exc_traceback)
    trace = "".join(traceback.format_tb(own)) if own else ""
    report = element.captured.make_report().rstrip()
    message = element.error_message or ""
    return [trace.rstrip(), "" if message in report else message, report]


def trimmed(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without behave's own frames at its start."""
    while trace and "behave" in Path(trace.tb_frame.f_code.co_filename).parts:
        trace = trace.tb_next
    return trace
