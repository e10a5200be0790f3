"""Two ways to run a command line of a scenario: the real executable in a process, or the same code in this process.

The first is what a user has, the second is faster and can be stepped through with a debugger. `-D driver=` chooses.
"""

import contextlib
import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line did: its exit code and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


class Driver(Protocol):
    """A way to run a command line."""

    @property
    def name(self) -> str:
        """Return the name by which it is chosen."""

    def run(self, args: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Ran:
        """Run `args`, the program's path first, without standard input, and return what it did."""


class ProcessDriver:
    """Runs the program in a process of its own."""

    name = "process"

    def run(self, args: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Ran:
        """Run the program.

        Raises:
            subprocess.TimeoutExpired: it took longer than two minutes.
        """
        done = subprocess.run(
            args, cwd=cwd, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_TIMEOUT, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)


class InProcessDriver:
    """Calls the entry point of `ggen` in this process; any other program is run in a process after all.

    So is a command with folders of its own to import from: this process has imported already.
    """

    name = "inprocess"

    def run(self, args: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Ran:
        """Run the entry point with the folder, the environment and the streams that a process would have."""
        if Path(args[0]).name != "ggen" or environ.get("PYTHONPATH") != os.environ.get("PYTHONPATH"):
            return ProcessDriver().run(args, cwd, environ)
        from marketplace.cli.main import run_cli

        with _surroundings(cwd, environ) as (stdout, stderr):
            try:
                code: object = run_cli(args[1:])
            except SystemExit as stop:
                code = stop.code
            sys.stdout.flush()
            sys.stderr.flush()
        gc.collect()  # an error refers to itself: it would hold the files open that a process closes when it ends
        return Ran(code if isinstance(code, int) else int(code is not None), _text(stdout), _text(stderr))


def driver(name: str) -> Driver:
    """Return the driver of a name.

    Raises:
        ValueError: there is no such driver.
    """
    drivers: dict[str, Driver] = {"process": ProcessDriver(), "inprocess": InProcessDriver()}
    if name not in drivers:
        raise ValueError(f"there is no driver {name!r}: {' or '.join(drivers)}")
    return drivers[name]


@contextlib.contextmanager
def _surroundings(cwd: Path, environ: Mapping[str, str]) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Put folder, environment and streams in place, and this process's own back afterwards."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    folder, before, stdin = Path.cwd(), dict(os.environ), sys.stdin
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in (stdout, stderr))
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        try:
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(environ)
            sys.stdin = nothing
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                yield stdout, stderr
        finally:
            out.detach()  # else the wrappers close the streams below when they are collected
            err.detach()
            sys.stdin = stdin
            os.environ.clear()
            os.environ.update(before)
            os.chdir(folder)


def _text(stream: io.BytesIO) -> str:
    return stream.getvalue().decode("utf-8")
