"""Run benchmarks: `python -m benchmarks [--quick] [NAME[.PART]…]`; without a name, all of them.

Prints a table for each and writes `build/bench/NAME.json`, or `NAME.PART.json` for one part of a long one. Exit code 0
when all were run, whatever they measured.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Row, Stage, table
from benchmarks.watchdog import watched

NAMES = {
    "start": "the command as a cold process",
    "search": "search in process at 1,000 to 100,000 packages",
    "relevance": "the order of results on the golden queries",
    "publish": "publishing: one, many, eight at once",
    "install": "installing 105 packages: cold, warm, nothing to do",
    "http": "the server beside nginx, Verdaccio and pypiserver; installs and searches over HTTP; overload",
    "graphql": "a search in GraphQL beside the bare library and REST",
    "web": "pages to the first byte, beside documents and a bare framework",
    "stats": "what counting costs a request",
    "verify": "verifying 10,000 installed files",
    "archive": "packing and unpacking",
    "resolve": "resolving 200 roots of the real dependency graph",
    "cleanroom": "rooms beside the bare engine and testcontainers-python",
    "p2p": "nodes: start and memory, publications, blobs, and how that grows with the network",
    "recommend": "recommendations on the real dependency graph, beside what is popular",
    "load": "opening the home and its index",
}
PARTS = {
    "p2p": ("start", "publications", "lost", "meeting", "blobs", "5", "10", "20", "most"),
    "web": ("1000", "20000", "100000"),
}  # fmt: skip
"""Benchmarks that take long, with the parts that can be run alone: `p2p.blobs`, `web.20000`."""

KEPT = Path(__file__).resolve().parents[1] / "build" / "bench"


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name."""
    listed = "\n".join(f"  {name:10} {what}" for name, what in NAMES.items())
    parts = [f"{name}.{part}" for name, some in PARTS.items() for part in some]
    listed += f"\n\nParts that can be run alone: {', '.join(parts)}"
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure speed as ratios to peers and floors.", epilog=listed,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME[.PART]", help="benchmarks to run; all when none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: to see that it works")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in (*NAMES, *parts)]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join([*NAMES, *parts])}")
    results = [_run(name, quick=given.quick) for name in given.names or NAMES]
    return 0 if all(results) else 1


def _run(name: str, *, quick: bool) -> bool:
    whole, _, part = name.partition(".")
    print(f"\n== {name}: {NAMES[whole]}{' (quick)' if quick else ''}", flush=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"benchmarks.{whole}_bench")
    measure = module.PARTS[part] if part else module.measure
    with tempfile.TemporaryDirectory(prefix="ggen-bench-") as scratch:
        try:
            rows: list[Row] = list(measure(Stage(Path(scratch), KEPT, quick)))
        except Exception:  # noqa: BLE001 - the other benchmarks are run all the same; the exit code tells
            traceback.print_exc()
            return False
    print(table(rows), flush=True)
    (KEPT / f"{name}.json").write_text(json.dumps(_document(name, rows, quick=quick), indent=1) + "\n", "utf-8")
    return True


def _document(name: str, rows: Sequence[Row], *, quick: bool) -> dict[str, object]:
    return {
        "schema": 1, "benchmark": name, "quick": quick, "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version(),
            "load": os.getloadavg(),
        },
        "rows": [asdict(row) | {"ratio": row.ratio, "verdict": row.verdict} for row in rows],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(watched(lambda: main(sys.argv[1:])))
