"""`make test`: runs the suite in several behave processes, and ends with `N passed, N failed, N skipped`.

    python -m support.suite.run_suite [--workers N] [--build FOLDER] [--time-limit SECONDS] [--metrics] [behave's …]

Paths of features, `--tags`, `--name` and `-D` are behave's. A value is written behind its option with `=`, or behind
one of `-t -n -D -i -e` and their long forms.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from support.cleanroom.rooms import describe_engines
from support.suite import interrupts
from support.suite.allure import write_context
from support.suite.prepare import build, images_wanted
from support.suite.settings import Settings, userdata_of
from support.suite.shards import History, plan, split_arguments
from support.suite.summary import summary
from support.suite.verdicts import RED, Verdict
from support.suite.workers import Finished, Workers

_ODD = 1
INTERRUPTED = 130
"""The exit code of a run that a signal has ended: 128 and the number of SIGINT, as shells have it."""

_WORKERS = (os.cpu_count() or 1) + 1
"""How many features run at the same time: with one for each core, 29 of 50 core minutes were used, for much of the
suite waits for servers, time-outs and daemons."""


def main(arguments: Sequence[str]) -> int:
    """Run the suite and return the exit code: 0 when at least one scenario ran, and none is red."""
    parser = argparse.ArgumentParser(prog="support.suite.run_suite", allow_abbrev=False)
    parser.add_argument("--workers", type=int, default=int(os.environ.get("SUITE_WORKERS", "0")) or _WORKERS)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--metrics", action="store_true")
    parser.add_argument("--time-limit", type=float, default=900.0)
    own, behaves = parser.parse_known_args(arguments)
    options, paths = split_arguments(behaves)
    options = [*options, "-Dmetrics=yes"] if own.metrics else options
    try:
        settings = Settings.of(userdata_of(options))
    except ValueError as error:
        parser.error(f"-D {error}")
    interrupts.listen()
    return Run(own.build, own.workers, own.time_limit, options, settings).run(paths)


class Run:
    """One run of the suite; what it makes is below `build`."""

    def __init__(
        self, build: Path, workers: int, time_limit: float, options: Sequence[str], settings: Settings
    ) -> None:
        self._build = build
        self._workers = workers
        self._time_limit = time_limit
        self._options = list(options)
        self._settings = settings
        self._verdicts: list[Verdict] = []

    def run(self, paths: Sequence[str]) -> int:
        """Run what the paths name and return the exit code."""
        self._clear()
        history = History(self._build / "durations.json")
        try:
            shards = plan(paths, history, self._workers)
        except FileNotFoundError as error:
            say(str(error))
            return self._close("nothing was run", history)
        start, interrupted = time.monotonic(), False
        with tempfile.TemporaryDirectory(prefix="ggen-suite-", ignore_cleanup_errors=True) as temporary:
            workers = Workers(self._build, Path(temporary), self._options, self._time_limit)
            try:
                build(images_wanted(paths, self._options), self._settings.engine, say)
                for number, finished in enumerate(workers.run(shards, self._workers), start=1):
                    self._verdicts += finished.verdicts
                    say(f"[{number}/{len(shards)}] {_progress(finished)}")
            except KeyboardInterrupt:
                interrupted = True
                interrupts.ignore()
                self._verdicts += workers.stop()
        how = f"driver {self._settings.driver}, {self._workers} workers, "
        how += f"{time.monotonic() - start:.1f} s" + (", interrupted" if interrupted else "")
        code = self._close(how, history)
        return INTERRUPTED if interrupted else code

    def _clear(self) -> None:
        self._build.mkdir(parents=True, exist_ok=True)
        for name in ("allure-results", "records", "artefacts"):
            shutil.rmtree(self._build / name, ignore_errors=True)
        for name in ("allure-results", "records"):
            (self._build / name).mkdir()

    def _close(self, how: str, history: History) -> int:
        history.remember(self._verdicts)
        engines = describe_engines(self._settings.engine)
        context = {"run": how, "python": sys.version.split()[0], "engines": engines}
        write_context(self._build / "allure-results", context)
        how += f"; {engines}"
        text = summary(self._verdicts, how)
        (self._build / "summary.txt").write_text(text, encoding="utf-8")
        sys.stdout.write(text)
        sys.stdout.flush()
        good = any(verdict.kind == "passed" for verdict in self._verdicts)
        if not self._verdicts:
            say("no scenario was selected: nothing is proved")
        return 0 if good and not any(verdict.kind in RED for verdict in self._verdicts) else _ODD


def _progress(finished: Finished) -> str:
    counts = dict.fromkeys(("passed", "failed", "broken", "skipped"), 0)
    for verdict in finished.verdicts:
        counts[verdict.kind] += 1
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing selected"
    return f"{finished.shard.name}: {told} ({finished.seconds:.1f} s)"


def say(text: str) -> None:
    """Print a line of progress at once."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
