"""Errors as users see them: one message and a next step, or one JSON object."""

import errno
import json
import os
import traceback

import click

from marketplace.cli.render import printable
from marketplace.errors import InvalidInputError, MarketError, UnavailableError


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


def report(error: MarketError, cause: Exception, *, as_json: bool) -> None:
    """Print `error` to stderr; with GGEN_DEBUG set, the traceback of `cause` too."""
    if os.environ.get("GGEN_DEBUG"):
        traceback.print_exception(cause)
    if as_json:
        click.echo(json.dumps({"error": error.to_json()}, ensure_ascii=False, default=str), err=True)
        return
    click.echo(click.style("error: ", fg="red", bold=True) + printable(f"{error.message} [{error.code}]"), err=True)
    if error.hint:
        click.echo(click.style("hint: ", fg="cyan") + printable(error.hint), err=True)
