"""`make coverage`: runs the suite with branch coverage of every process, and prints the coverage map.

    python -m support.suite.run_coverage [--check] [--again] [--build FOLDER] [arguments of support.suite.run_suite]

`--check` makes the exit code 1 when a critical function is not covered in full, or the whole less than the table asks;
it makes sense for the whole suite. `--again` draws the map of what the last run measured, and runs nothing. The exit
code is the suite's when that is not 0.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from coverage.exceptions import NoDataError

from support.cleanroom.measuring import combine, environment, load, nothing, prepare
from support.suite import run_suite
from support.suite.coverage_map import CoverageMap, Table, TableError, make_map, terminal
from support.suite.coverage_page import attach, page

_ODD = 1


def main(arguments: Sequence[str]) -> int:
    """Run the suite measured, write the map, and return the exit code."""
    parser = argparse.ArgumentParser(prog="support.suite.run_coverage", allow_abbrev=False)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--build", type=Path, default=Path("build"))
    own, rest = parser.parse_known_args(arguments)
    folder = (own.build / "coverage").resolve()
    code = 0
    try:
        table = Table.read()
        if not own.again:
            code = _measure(table, folder, [f"--build={own.build}", *rest])
        whole = load(folder) if own.again else combine(folder, table.package, run_suite.say)
        found = make_map(whole, table, folder / "coverage.json")
    except (TableError, NoDataError) as error:
        run_suite.say(f"no coverage map: {error}")
        return code or _ODD
    _write(found, own.build, f"the last run, with {' '.join(rest) or 'the whole suite'}", checked=own.check)
    return code or (_ODD if own.check and found.shortcomings() else 0)


def _measure(table: Table, folder: Path, arguments: Sequence[str]) -> int:
    """Run the suite; whatever it starts inherits the variables by which coverage.py measures.

    Raises:
        TableError: the table does not fit the code; nothing was run.
    """
    prepare(folder, table.package)
    make_map(nothing(table.package), table, folder / "coverage.json")  # a table that does not fit is told at once
    os.environ.update(environment(folder))
    try:
        return run_suite.main(arguments)
    finally:
        for name in environment(folder):
            del os.environ[name]


def _write(found: CoverageMap, build: Path, how: str, *, checked: bool) -> None:
    text, html = terminal(found), page(found, how)
    place = build / "coverage" / "index.html"
    place.write_text(html, encoding="utf-8")
    place.with_name("map.txt").write_text(text, encoding="utf-8")
    attach(found, html, build / "allure-results", checked=checked, clock=time.time)
    sys.stdout.write(f"{text}{place}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
