"""Errors that end a command, as they come from the system, from click and from defects."""

import contextlib
import errno
import io
from collections.abc import Callable
from dataclasses import dataclass

import click

from marketplace.cli.failures import failed

_FILE = "/data/x"
_ERRORS: dict[str, Callable[[], Exception]] = {
    "a full disk": lambda: OSError(errno.ENOSPC, "No space left on device", _FILE),
    "a quota that is used up": lambda: OSError(errno.EDQUOT, "Disk quota exceeded", _FILE),
    "a file that may not be read": lambda: PermissionError(errno.EACCES, "Permission denied", _FILE),
    "an option that does not exist": lambda: click.UsageError("no such option\n--x."),
    "an argument that makes no sense": lambda: click.ClickException("not a number"),
    "a defect of the program": lambda: KeyError("colour"),
    "the user's wish": click.Abort,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What was written, and the exit code."""

    stdout: str
    stderr: str
    exit_code: int


def ended_by(what: str) -> Told:
    """Return how an error that ends a command is told."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = failed(_ERRORS[what](), as_json=False)
    return Told(out.getvalue(), err.getvalue(), code)
