"""Flakiness, measured: features are run N times in a row.

    python -m support.suite.flakes --runs N [--resume] [--workers N] [FEATURE…]

Every scenario that was not green in every run is named, with how often and in what way. What each red one said is kept
below `build/flakes/`, and so is a tally of the runs that came to their end: many runs take hours, `--resume` goes on
after the last of them, with the same features and options. Other options are behave's: `--tags=@cleanroom`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.suite import interrupts
from support.suite.run_suite import INTERRUPTED, say
from support.suite.shards import History, plan, split_arguments
from support.suite.summary import summary
from support.suite.verdicts import PASSED, RED, SKIPPED
from support.suite.workers import Workers

_FOLDER = Path("build/flakes")


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario's `name (location)`, and what became of it in one run."""

    scenario: str
    kind: str


class Tally:
    """The runs that came to their end, in a file: a line with the arguments, then one for each run."""

    def __init__(self, path: Path, arguments: Sequence[str]) -> None:
        self._path = path
        self._arguments = list(arguments)

    def begin(self) -> None:
        """Forget earlier runs."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._arguments) + "\n", encoding="utf-8")

    def read(self) -> list[list[Told]]:
        """Return the runs there were so far.

        Raises:
            FileNotFoundError: there were none.
            ValueError: they were of other features or options.
        """
        first, *lines = self._path.read_text(encoding="utf-8").splitlines()
        if json.loads(first) != self._arguments:
            raise ValueError(f"the runs that are kept were of: {' '.join(json.loads(first)) or 'everything'}")
        return [[Told(*told) for told in json.loads(line)] for line in lines]

    def add(self, run: Sequence[Told]) -> None:
        """Write down one more run."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([[told.scenario, told.kind] for told in run]) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Run the features and tell of what flaked; the exit code is 0 when something passed and nothing ever was red."""
    parser = argparse.ArgumentParser(prog="support.suite.flakes", allow_abbrev=False)
    parser.add_argument("--runs", type=int, default=50, help="how many in all")
    parser.add_argument("--resume", action="store_true", help="go on after the runs that are kept")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--time-limit", type=float, default=1800.0)
    own, behaves = parser.parse_known_args(arguments)
    if own.runs < 1:
        parser.error("--runs must be 1 or more")
    tally = Tally(_FOLDER / "tally.jsonl", behaves)
    try:
        runs = tally.read() if own.resume else []
    except (OSError, ValueError) as error:
        parser.error(f"there is nothing to go on with: {error}")
    if not own.resume:
        shutil.rmtree(_FOLDER, ignore_errors=True)
        tally.begin()
    interrupts.listen()
    try:
        for number in range(len(runs) + 1, own.runs + 1):
            runs.append(run_once(_FOLDER / f"{number:03}", behaves, own.workers, own.time_limit))
            tally.add(runs[-1])
            say(f"run {number} of {own.runs}: {sum(told.kind in RED for told in runs[-1])} of {len(runs[-1])} red")
    except KeyboardInterrupt:
        say(f"interrupted; --resume goes on with run {len(runs) + 1} of {own.runs}")
        return INTERRUPTED
    finally:
        sys.stdout.write("\n".join(lines_of(runs)) + "\n")
    found = [told.kind for run in runs for told in run]
    return 0 if PASSED in found and not RED.intersection(found) else 1


def run_once(build: Path, arguments: Sequence[str], workers: int, time_limit: float) -> list[Told]:
    """Run the features once, with what they leave below `build`; what a red scenario said is in `summary.txt`.

    Raises:
        FileNotFoundError: a path names nothing.
        KeyboardInterrupt: a signal came; what was running has cleaned up.
    """
    shutil.rmtree(build, ignore_errors=True)  # of a run that did not come to its end
    (build / "records").mkdir(parents=True)
    options, paths = split_arguments(arguments)
    history = History(build.parent / "durations.json")
    shards = plan(paths, history, workers)
    with tempfile.TemporaryDirectory(prefix="ggen-flakes-", ignore_cleanup_errors=True) as temporary:
        pool = Workers(build, Path(temporary), options, time_limit)
        try:
            verdicts = [verdict for finished in pool.run(shards, workers) for verdict in finished.verdicts]
        except KeyboardInterrupt:
            interrupts.ignore()
            pool.stop()
            raise
    history.remember(verdicts)
    (build / "summary.txt").write_text(summary(verdicts, " ".join(options)), encoding="utf-8")
    if not any(verdict.kind in RED for verdict in verdicts):
        shutil.rmtree(build)
    return [Told(f"{verdict.name} ({verdict.location})", verdict.kind) for verdict in verdicts]


def lines_of(runs: Sequence[Sequence[Told]]) -> Iterator[str]:
    """Yield a line for each scenario that was red in a run, and one that counts them all."""
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for run in runs:
        for told in run:
            kinds[told.scenario][told.kind] += 1
    red = {name: counts for name, counts in kinds.items() if RED.intersection(counts)}
    for name, counts in sorted(red.items()):
        times = ", ".join(f"{kind} {counts[kind]}" for kind in sorted(RED.intersection(counts)))
        yield f"{times} of {sum(counts.values())}: {name}"
    green = sum(not any(told.kind in RED for told in run) for run in runs)
    total = sum(told.kind != SKIPPED for run in runs for told in run)
    yield f"{len(runs)} runs, {green} of them green; {len(red)} of {len(kinds)} scenarios flaked; {total} scenario runs"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
