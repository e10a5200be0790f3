"""How a run of the suite is shared out: a process for each feature file, the ones that take longest first.

A feature that would keep one worker busy long after the others are done is cut into several processes, each with
some of its scenarios. How long things take is remembered between runs; a feature never seen is judged by its size.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.suite.gherkin_lint import FeatureFile, read
from support.suite.verdicts import Verdict

_TAKES_VALUE = frozenset({"-t", "--tags", "-n", "--name", "-D", "--define", "-i", "--include", "-e", "--exclude"})
_SECONDS_PER_LINE = 0.1
"""Of a feature that was never timed: the suite's own mean, roughly; it only decides what is started first."""

_WORTH_CUTTING = 10.0
"""Seconds; below that, starting one more process costs about what it saves."""


@dataclass(frozen=True, slots=True)
class Shard:
    """What one behave process runs: `locations` (a path, or `path:line` of some scenarios) and how long it may take."""

    name: str
    locations: tuple[str, ...]
    seconds: float


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the options and the paths among behave's arguments."""
    options: list[str] = []
    paths: list[str] = []
    for argument in arguments:
        value = bool(options) and options[-1] in _TAKES_VALUE
        (options if value or argument.startswith("-") else paths).append(argument)
    return options, paths


def feature_files(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return the feature files that the paths name, each with the lines that were asked for (none: all of it).

    Raises:
        FileNotFoundError: a path names nothing.
    """
    found: dict[str, list[str]] = {}
    for given in paths or ["features"]:
        path, _, line = given.partition(":")
        below = sorted(Path(path).rglob("*.feature")) if Path(path).is_dir() else [Path(path)]
        for file in below:
            if not file.is_file():
                raise FileNotFoundError(f"there is no feature {file}")
            lines = found.setdefault(file.as_posix(), [])
            lines += [line] if line else []
    return found


class History:
    """How long each scenario took in earlier runs, in a file that may be missing or unreadable: it is only a guess."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            self._seconds = {str(key): float(value) for key, value in told.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            self._seconds = {}

    def of(self, feature: str) -> dict[str, float]:
        """Return the scenarios of a feature file by name, and what each took."""
        prefix = f"{feature}::"
        return {key.removeprefix(prefix): took for key, took in self._seconds.items() if key.startswith(prefix)}

    def remember(self, verdicts: Iterable[Verdict]) -> None:
        """Write down what the scenarios of a run took."""
        for verdict in verdicts:
            self._seconds[f"{verdict.location.partition(':')[0]}::{verdict.name}"] = round(verdict.seconds, 3)
        self._path.write_text(json.dumps(self._seconds, indent=0, sort_keys=True), encoding="utf-8")


def plan(paths: Sequence[str], history: History, workers: int) -> list[Shard]:
    """Return what is to be run, longest first.

    Raises:
        FileNotFoundError: a path names nothing.
    """
    files = feature_files(paths)
    expected = {file: _expected(file, history) for file in files}
    limit = max(_WORTH_CUTTING, sum(expected.values()) / workers / 2)
    shards: list[Shard] = []
    for file, lines in files.items():
        if lines:
            shards.append(Shard(file, tuple(f"{file}:{line}" for line in lines), expected[file]))
        elif expected[file] > limit and workers > 1:
            shards += _cut(file, history.of(file), limit)
        else:
            shards.append(Shard(file, (file,), expected[file]))
    return sorted(shards, key=lambda shard: (-shard.seconds, shard.name))


def _expected(file: str, history: History) -> float:
    lines = Path(file).read_text(encoding="utf-8", errors="replace").count("\n")
    return sum(history.of(file).values()) or lines * _SECONDS_PER_LINE


def _cut(file: str, seconds: Mapping[str, float], limit: float) -> Iterator[Shard]:
    """Cut a feature into parts of about `limit` seconds, at its scenarios and outlines."""
    feature = read(Path(file), Path(file).parent)
    total = sum(seconds.values())
    parts = min(int(total / limit) + 1, len(list(feature.scenarios()))) if isinstance(feature, FeatureFile) else 1
    if not isinstance(feature, FeatureFile) or parts < 2:
        yield Shard(file, (file,), total)
        return
    bins: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for line, cost in sorted(_costs(feature, seconds), key=lambda item: -item[1]):
        emptiest = min(range(parts), key=lambda number: sum(cost for _, cost in bins[number]))
        bins[emptiest].append((line, cost))
    for number in range(parts):
        lines = sorted(line for line, _ in bins[number])
        took = sum(cost for _, cost in bins[number])
        yield Shard(f"{file} ({number + 1}/{parts})", tuple(f"{file}:{line}" for line in lines), took)


def _costs(feature: FeatureFile, seconds: Mapping[str, float]) -> Iterator[tuple[int, float]]:
    """Yield the line of each scenario or outline and what it took; behave names a row `outline -- @1.2 table`.

    One that was never timed, by its name, counts like the others on the average: if it took nothing, a part of the
    feature could be without any scenario.
    """
    average = sum(seconds.values()) / len(seconds) if seconds else 0.0
    for scenario, _ in feature.scenarios():
        line = scenario["location"]["line"]
        names = {pickle["name"] for pickle in feature.pickles if scenario["id"] in pickle["astNodeIds"]}
        took = sum(took for name, took in seconds.items() if name.partition(" -- @")[0] in names)
        yield line, took or average
