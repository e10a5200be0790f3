"""`python -m support.suite.gherkin_lint [ROOT]`: what behave and a reader of the features would stumble over.

It names tags that `docs/tags.md` does not document, scenarios without a level, names of scenarios that occur twice,
outlines without rows, steps that no step definition fits, step definitions that no step uses, and files in places
that behave takes for a suite of its own.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behave.matchers import Match
from behave.model import Step
from behave.step_registry import AmbiguousStep, registry
from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from support.suite.step_files import load_steps, peers_lack

LEVELS = frozenset({"@level1", "@level2", "@level3", "@level4"})
_STEP_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}
_OUTLINES = frozenset({"Scenario Outline", "Scenario Template"})
_DOCUMENTED = re.compile(r"^\| `(@[\w.]+)(?:=[^`]*)?` \|", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong at a line of a file."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """A feature file as the Gherkin parser reads it; its pickles are the scenarios that run, rows filled in."""

    path: str
    feature: dict[str, Any]
    pickles: tuple[dict[str, Any], ...]

    def scenarios(self) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
        """Yield each scenario or outline, with all tags in effect."""
        yield from _scenarios(self.feature, frozenset())


def _scenarios(container: dict[str, Any], inherited: frozenset[str]) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    tags = inherited | _tags(container)
    for child in container["children"]:
        if "rule" in child:
            yield from _scenarios(child["rule"], tags)
        elif "scenario" in child:
            yield child["scenario"], tags | _tags(child["scenario"])


def _tags(element: dict[str, Any]) -> frozenset[str]:
    return frozenset(tag["name"] for tag in element["tags"])


def _elements(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield everything of a feature that can carry tags."""
    yield container
    for child in container["children"]:
        if "rule" in child:
            yield from _elements(child["rule"])
        elif "scenario" in child:
            yield child["scenario"]
            yield from child["scenario"]["examples"]


def read(path: Path, root: Path) -> FeatureFile | Finding:
    """Read a feature file; return what is wrong instead if it cannot be parsed."""
    name = path.relative_to(root).as_posix()
    try:
        document: Any = Parser().parse(path.read_text(encoding="utf-8"))
    except CompositeParserException as error:
        return Finding(name, error.errors[0].location["line"], f"cannot be parsed: {error.errors[0]}")
    if "feature" not in document:
        return Finding(name, 1, "has no feature")
    document["uri"] = name
    pickles: Any = Compiler().compile(document)
    return FeatureFile(name, document["feature"], tuple(pickles))


def unknown_tags(feature: FeatureFile, documented: frozenset[str]) -> Iterator[Finding]:
    """Find tags that the page of tags does not list."""
    for element in _elements(feature.feature):
        for tag in element["tags"]:
            if tag["name"].partition("=")[0] not in documented:
                what = f"the tag {tag['name']} is not in docs/tags.md"
                yield Finding(feature.path, tag["location"]["line"], what)


def scenarios_alone(feature: FeatureFile) -> Iterator[Finding]:
    """Find scenarios without a level, and outlines without rows."""
    for scenario, tags in feature.scenarios():
        line = scenario["location"]["line"]
        if not tags & LEVELS:
            yield Finding(feature.path, line, f"no level: add one of {', '.join(sorted(LEVELS))}")
        if scenario["keyword"] in _OUTLINES and not any(table.get("tableBody") for table in scenario["examples"]):
            yield Finding(feature.path, line, "an outline without rows never runs")


def duplicate_names(features: list[FeatureFile]) -> Iterator[Finding]:
    """Find scenarios that have the name of an earlier one, in whatever feature."""
    first: dict[str, str] = {}
    for feature in features:
        for scenario, _ in feature.scenarios():
            line = scenario["location"]["line"]
            here = f"{feature.path}:{line}"
            if (there := first.setdefault(scenario["name"], here)) != here:
                what = f"the scenario name '{scenario['name']}' is taken by {there}"
                yield Finding(feature.path, line, what)


def steps_and_definitions(features: list[FeatureFile], root: Path) -> Iterator[Finding]:
    """Find steps that nothing fits, and step definitions that nothing uses."""
    try:
        load_steps([str(root / "steps")])
    except (AmbiguousStep, SyntaxError, ImportError) as error:
        yield Finding("steps", 1, f"cannot be loaded: {error}")
        return
    used: set[str] = set()
    seen: dict[tuple[str, str], Any] = {}
    for feature in features:
        for pickle in feature.pickles:
            for step in pickle["steps"]:
                key = (_STEP_TYPES.get(step["type"], "step"), step["text"])
                if key not in seen:
                    seen[key] = _definition(*key)
                if seen[key] is not None:
                    used.add(str(seen[key].location))
                elif not _is_skipped(pickle):
                    what = f"undefined step: {key[0].capitalize()} {key[1]}"
                    yield Finding(feature.path, pickle["location"]["line"], f"{what} (in '{pickle['name']}')")
    for definitions in registry.steps.values():
        for definition in definitions:
            if str(definition.location) not in used:
                path = Path(definition.location.filename).resolve().relative_to(root).as_posix()
                yield Finding(path, definition.location.line, f"no feature uses the step '{definition.pattern}'")


def _is_skipped(pickle: dict[str, Any]) -> bool:
    """Tell whether a scenario is about peers, and their steps could not be loaded here."""
    return peers_lack() and any(tag["name"] == "@p2p" for tag in pickle["tags"])


def _definition(step_type: str, text: str) -> Match | None:
    return registry.find_step_definition(Step("", 0, step_type.capitalize(), step_type, text))


def misplaced(root: Path) -> Iterator[Finding]:
    """Find files that make behave take a folder below for the suite, or a step file for a library."""
    for path in sorted((root / "features").rglob("*")):
        if path.name in {"steps", "environment.py"}:
            name = path.relative_to(root).as_posix()
            yield Finding(name, 1, "behave would take this folder for the suite: it belongs to the root")
    for path in sorted((root / "steps").glob("*.py")):
        if not path.name.endswith("_steps.py"):
            name = path.relative_to(root).as_posix()
            yield Finding(name, 1, "a step file is named *_steps.py, or it hides a library of its name")


def lint(root: Path) -> list[Finding]:
    """Return all that is wrong in the suite at `root`, sorted by place."""
    documented = frozenset(_DOCUMENTED.findall((root / "docs" / "tags.md").read_text(encoding="utf-8")))
    read_files = [read(path, root) for path in sorted((root / "features").rglob("*.feature"))]
    features = [item for item in read_files if isinstance(item, FeatureFile)]
    findings = [item for item in read_files if isinstance(item, Finding)]
    for feature in features:
        findings += unknown_tags(feature, documented)
        findings += scenarios_alone(feature)
    findings += duplicate_names(features)
    findings += steps_and_definitions(features, root)
    findings += misplaced(root)
    return sorted(set(findings))


def main(arguments: list[str]) -> int:
    """Print what is wrong; return 0 when nothing is, else 1."""
    root = Path(arguments[0] if arguments else ".").resolve()
    sys.path.insert(0, str(root))
    findings = lint(root)
    for finding in findings:
        print(finding)  # noqa: T201 - this program's output
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
