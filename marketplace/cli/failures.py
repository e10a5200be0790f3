"""Errors as users see them: one message and a next step, or one JSON object."""

import errno
import json
import os
import sys
import traceback

import click

from marketplace.cli.render import bad, bold, discard, echo, printable
from marketplace.errors import InvalidInputError, MarketError, UnavailableError

INTERRUPTED = 130
"""Exit code of a command that the user stopped, as shells count it: 128 + SIGINT."""


def as_market_error(error: Exception) -> MarketError:
    """Give an error from outside this product a code: bad usage (2), the disk's troubles (6), else unexpected (1)."""
    if isinstance(error, click.UsageError):
        hint = f"`{error.ctx.command_path} --help` shows the usage" if error.ctx else None
        return InvalidInputError("usage", _sentence(error.format_message()), hint=hint)
    if isinstance(error, click.ClickException):
        return InvalidInputError("usage", _sentence(error.format_message()))
    if isinstance(error, OSError):
        return _from_os(error)
    hint = "this is a defect: please report it with the output of the same command under GGEN_DEBUG=1"
    return MarketError("unexpected", f"{type(error).__name__}: {error}", hint=hint)


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _from_os(error: OSError) -> MarketError:
    where = f": {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "free some space (`ggen market cache gc` removes what no release needs) and run the command again"
        return UnavailableError("disk-full", f"the disk is full{where}", hint=hint)
    hint = "check that the path exists and that you may read and write it"
    return UnavailableError("file-access", f"{error.strerror or error}{where}", hint=hint)


def failed(error: Exception, *, as_json: bool) -> int:
    """Tell the user about an error that ended a command; return the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return InvalidInputError.exit_code
    if isinstance(error, click.Abort):
        click.echo("stopped", err=True)
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        discard(sys.stdout)
        return 0
    known = error if isinstance(error, MarketError) else as_market_error(error)
    report(known, error, as_json=as_json)
    return known.exit_code


def report(error: MarketError, cause: Exception, *, as_json: bool) -> None:
    """Print `error` to stderr; with GGEN_DEBUG set, the traceback of `cause` too."""
    if os.environ.get("GGEN_DEBUG"):
        traceback.print_exception(cause)
    if as_json:
        echo(json.dumps({"error": error.to_json()}, default=str), sys.stderr)
        return
    color = _color()
    echo(bold(bad("error: ")) + printable(f"{error.message} [{error.code}]"), sys.stderr, color=color)
    if error.hint:
        echo(bold("hint: ") + printable(error.hint), sys.stderr, color=color)


def _color() -> bool | None:
    """Return the setting `color`; the automatic choice when the settings are what is wrong."""
    from marketplace.cli.session import make_session, working_folder

    try:
        return make_session(working_folder(), {}, os.environ).color
    except (MarketError, OSError):
        return False if os.environ.get("NO_COLOR") else None
