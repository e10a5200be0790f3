"""The cold start of the command line against `npm --version` and bare Python.

Run as `python -m benchmarks.start_bench`. A home with packages is made first; then all contestants take turns
(A B A B …), each as a process of its own. The table has the medians of CPU time (which other programs on the machine
disturb less) and of wall time, with ratios to npm. GOALS.md asks for at most 0.35.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

_ROUNDS = 21
_BIN = Path(sys.executable).parent
_PACKAGES = Path(__file__).parent.parent / "examples"

Contest = Mapping[str, Sequence[str]]


def contestants() -> Contest:
    """Return the command lines by name; npm only where it is installed."""
    ggen, python = str(_BIN / "ggen"), str(_BIN / "python")
    peers = {"npm --version": ["npm", "--version"]} if shutil.which("npm") else {}
    return {
        **peers,
        "python -c pass": [python, "-c", "pass"],
        "search": [ggen, "market", "search", "rust"],
        "search, no shortcut": [python, "-m", "marketplace.cli", "market", "search", "rust"],
        "search --help": [ggen, "market", "search", "--help"],
        "add --help": [ggen, "market", "add", "--help"],
        "add --help, no shortcut": [python, "-m", "marketplace.cli", "market", "add", "--help"],
        "versions": [ggen, "market", "versions", "io.ggen.rust.axum"],
    }


def measure(contest: Contest, environ: Mapping[str, str], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the medians of CPU and wall time in seconds of each contestant."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contest}
    for _ in range(rounds):
        for name, command in contest.items():
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            times[name].append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
    return {name: (median(cpu for cpu, _ in rows), median(wall for _, wall in rows)) for name, rows in times.items()}


def main() -> None:
    """Make the home, measure and print the table."""
    with tempfile.TemporaryDirectory() as home:
        unset = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}  # without byte code this would time the compiler
        environ = {**{k: v for k, v in os.environ.items() if k not in unset}, "GGEN_HOME": home}
        ggen = str(_BIN / "ggen")
        for command in (["key", "new"], *(["publish", str(path.parent)] for path in _PACKAGES.glob("**/package.toml"))):
            subprocess.run([ggen, "market", *command, "--quiet"], env=environ, stdout=subprocess.DEVNULL, check=True)
        found = measure(contestants(), environ, _ROUNDS)
    base_cpu, base_wall = next(iter(found.values()))
    print(f"{'':26} {'CPU ms':>8} {'ratio':>6} {'wall ms':>8} {'ratio':>6}")
    for name, (cpu, wall) in found.items():
        print(f"{name:26} {cpu * 1000:8.1f} {cpu / base_cpu:6.2f} {wall * 1000:8.1f} {wall / base_wall:6.2f}")


if __name__ == "__main__":
    main()
