"""The end of a run: a table of verdicts, the slowest scenarios, and one line that programs read."""

from typing import Any

from behave.formatter.base import Formatter
from behave.formatter.progress import ScenarioProgressFormatter
from behave.model_type import Status


class ProgressFormatter(ScenarioProgressFormatter):  # type: ignore[misc]
    """A sign per scenario; knows the verdict of a scenario whose cleanup failed, which behave's own does not."""

    name = "signs"
    dot_status = ScenarioProgressFormatter.dot_status | {Status.cleanup_error: "C"}


_SLOWEST = 10
_PASSED = (Status.passed,)
_SKIPPED = (Status.skipped,)
_FAILED = (Status.failed,)


class SummaryFormatter(Formatter):  # type: ignore[misc]
    """Counts scenarios: passed, failed (the product's verdict), broken (everything else that is red), skipped."""

    name = "summary"
    description = "verdicts, reasons for skips, the slowest scenarios, and the closing line"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        super().__init__(stream_opener, config)
        self._features: list[Any] = []

    def feature(self, feature: Any) -> None:
        """Note a feature; its scenarios' verdicts are read at the end."""
        self._features.append(feature)

    def close(self) -> None:
        """Print the summary."""
        scenarios = [scenario for feature in self._features for scenario in feature.walk_scenarios()]
        groups: dict[str, list[Any]] = {"passed": [], "failed": [], "broken": [], "skipped": []}
        for scenario in scenarios:
            groups[_verdict(scenario.status)].append(scenario)
        stream = self.open()
        for name in ("failed", "broken", "skipped"):
            for scenario in groups[name]:
                reason = f": {scenario.skip_reason}" if scenario.skip_reason else ""
                stream.write(f"{name:8}{scenario.name} ({scenario.location}){reason}\n")
        stream.write("\nslowest\n")
        for scenario in sorted(scenarios, key=lambda item: -item.duration)[:_SLOWEST]:
            stream.write(f"{scenario.duration:7.2f} s  {scenario.name}\n")
        counts = "  ".join(f"{name} {len(found)}" for name, found in groups.items())
        red = len(groups["failed"]) + len(groups["broken"])
        stream.write(f"\nscenarios  {counts}\n")
        stream.write(f"{len(groups['passed'])} passed, {red} failed, {len(groups['skipped'])} skipped\n")
        stream.flush()


def _verdict(status: Status) -> str:
    if status in _PASSED:
        return "passed"
    if status in _SKIPPED:
        return "skipped"
    return "failed" if status in _FAILED else "broken"
