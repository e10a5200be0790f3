"""Opening the home and its index: time as a process, and peak memory, beside the least that SQLite takes."""

import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.homes import registry_of, searchable
from benchmarks.measuring import Contestant, Row, Stage, contest
from benchmarks.processes import environment, product, run

_LEAST = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT max(seq) FROM log').fetchone()"
_LOADING = """
import sys
from pathlib import Path
from marketplace.registry.local import LocalRegistry
from marketplace.security.trust import TrustStore
home = Path(sys.argv[1])
LocalRegistry(home / "registry", trust=lambda: TrustStore(home / "keys" / "trust.json")).metadata()
"""
_RUNNING = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
_MEMORY_GOAL = 100.0
"""Megabytes: what the first design promised."""


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows."""
    installed, rounds = product(stage), stage.pick(15, 3)
    env = environment(stage.scratch)
    for size in [1_000, 20_000] if stage.quick else [1_000, 20_000, 100_000]:
        home = searchable(stage, size)
        index = home / "registry" / "index.sqlite"
        loading = [installed.python, "-c", _LOADING, home]
        ours = Contestant("open the registry, count it", lambda c=loading: run(c, env))  # type: ignore[misc]
        least = [installed.python, "-c", _LEAST, index]
        floor = Contestant("floor: python and one SQLite query", lambda c=least: run(c, env))  # type: ignore[misc]
        yield from contest(f"load {size:,} packages, process", ours, [floor], rounds)
        inside = Contestant("open in process", lambda h=home: _open(h))  # type: ignore[misc]
        bare = Contestant("floor: one SQLite query", lambda i=index: _query(i))  # type: ignore[misc]
        yield from contest(f"load {size:,} packages, in process", inside, [bare], rounds)
        search = [installed.ggen, "market", "search", "kora"]
        used = peak_memory(search, installed.environment(home))
        least_used = peak_memory([installed.python, "-c", "pass"], env)
        what = f"search of {size:,} packages, peak memory"
        yield Row(what, used, "python -c pass", least_used, _MEMORY_GOAL, "MB", "at most")


def _open(home: Path) -> None:
    registry = registry_of(home)
    registry.metadata()
    registry.index.close()


def _query(index: Path) -> None:
    database = sqlite3.connect(index)
    database.execute("SELECT max(seq) FROM log").fetchone()
    database.close()


def peak_memory(command: Sequence[object], env: Mapping[str, str]) -> float:
    """Run a command to its end; return the most memory it had resident, in megabytes.

    Its parent must be small: the kernel counts what the parent had when it forked.
    """
    return float(run([sys.executable, "-c", _RUNNING, *command], env)) * (1e-6 if sys.platform == "darwin" else 1e-3)
