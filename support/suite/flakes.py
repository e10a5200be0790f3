"""Flakiness, measured: features are run N times in a row.

    python -m support.suite.flakes --runs N [--workers N] [FEATURE…]

Every scenario that was not green in every run is named, with how often and in what way. What each red one said is kept
below `build/flakes/`. Other options are behave's: `--tags=@cleanroom -D engine=host`.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from support.suite.run_suite import say
from support.suite.shards import History, plan, split_arguments
from support.suite.summary import summary
from support.suite.verdicts import PASSED, RED, SKIPPED, Verdict
from support.suite.workers import Workers

_FOLDER = Path("build/flakes")


def main(arguments: Sequence[str]) -> int:
    """Run the features and tell of what flaked; the exit code is 0 when something passed and nothing ever was red."""
    parser = argparse.ArgumentParser(prog="support.suite.flakes", allow_abbrev=False)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--time-limit", type=float, default=1800.0)
    own, behaves = parser.parse_known_args(arguments)
    if own.runs < 1:
        parser.error("--runs must be 1 or more")
    options, paths = split_arguments(behaves)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    runs: list[Sequence[Verdict]] = []
    for number in range(1, own.runs + 1):
        verdicts = run_once(_FOLDER / f"{number:03}", paths, options, own.workers, own.time_limit)
        runs.append(verdicts)
        red = sum(verdict.kind in RED for verdict in verdicts)
        say(f"run {number} of {own.runs}: {red} of {len(verdicts)} red")
    sys.stdout.write("\n".join(told(runs)) + "\n")
    found = [verdict.kind for verdicts in runs for verdict in verdicts]
    return 0 if PASSED in found and not RED.intersection(found) else 1


def run_once(
    build: Path, paths: Sequence[str], options: Sequence[str], workers: int, time_limit: float
) -> list[Verdict]:
    """Run the features once, with what they leave below `build`; what a red scenario said is in `summary.txt`.

    Raises:
        FileNotFoundError: a path names nothing.
    """
    (build / "records").mkdir(parents=True)
    shards = plan(paths, History(build / "durations.json"), workers)
    with tempfile.TemporaryDirectory(prefix="ggen-flakes-", ignore_cleanup_errors=True) as temporary:
        pool = Workers(build, Path(temporary), options, time_limit)
        verdicts = [verdict for finished in pool.run(shards, workers) for verdict in finished.verdicts]
    (build / "summary.txt").write_text(summary(verdicts, " ".join(options)), encoding="utf-8")
    if not any(verdict.kind in RED for verdict in verdicts):
        shutil.rmtree(build)
    return verdicts


def told(runs: Sequence[Sequence[Verdict]]) -> Iterator[str]:
    """Yield a line for each scenario that was red in a run, and one that counts them all."""
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for verdicts in runs:
        for verdict in verdicts:
            kinds[f"{verdict.name} ({verdict.location})"][verdict.kind] += 1
    red = {name: counts for name, counts in kinds.items() if RED.intersection(counts)}
    for name, counts in sorted(red.items()):
        times = ", ".join(f"{kind} {counts[kind]}" for kind in sorted(RED.intersection(counts)))
        yield f"{times} of {sum(counts.values())}: {name}"
    green = sum(not any(verdict.kind in RED for verdict in verdicts) for verdicts in runs)
    total = sum(verdict.kind != SKIPPED for verdicts in runs for verdict in verdicts)
    yield f"{len(runs)} runs, {green} of them green; {len(red)} of {len(kinds)} scenarios flaked; {total} scenario runs"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
