"""The options that verbs share, as click reads them."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from marketplace.cli.session import MISSING, make_session, offline_miss, working_folder
from marketplace.errors import MarketError

_Verb = TypeVar("_Verb", bound=Callable[..., Any])

_COMMON = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="Print no notes and no progress."),
    click.option(
        "-C", "--directory", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None,
        help="Work in this folder instead of the current one.",
    ),
    click.option("--home", type=click.Path(file_okay=False, path_type=Path), default=None,
                 help="Use this home instead of GGEN_HOME."),
)  # fmt: skip


def with_session(*setting_flags: str) -> Callable[[_Verb], Callable[..., Any]]:
    """Give a verb the common options and a `Session` as its first argument.

    `setting_flags` name the verb's own options that are settings (such as `registry`): they are taken out of its
    arguments and override the settings.
    """

    def decorate(verb: _Verb) -> Callable[..., Any]:
        @wraps(verb)
        def call(*, as_json: bool, quiet: bool, directory: Path | None, home: Path | None, **arguments: Any) -> Any:
            flags = {name: arguments.pop(name) for name in setting_flags}
            flags |= {"home": home, "json": as_json or None, "quiet": quiet or None}
            session = make_session(directory or working_folder(), flags, os.environ)
            try:
                return verb(session, **arguments)
            except MarketError as error:
                if error.code in MISSING and session.offline:
                    raise offline_miss(error) from error
                raise
            finally:
                session.close()

        wrapped: Callable[..., Any] = call
        for option in reversed(_COMMON):
            wrapped = option(wrapped)
        return wrapped

    return decorate


registry_option = click.option("--registry", metavar="NAME", default=None, help="The registry to ask.")
key_option = click.option("--key", metavar="NAME", default=None, help="The signing key, when there are several.")


def offline_option(verb: _Verb) -> _Verb:
    """Give a verb the options that say how far the network may be asked."""
    prefer = click.option(
        "--prefer-offline", is_flag=True, default=None, help="Ask the network only for what is not on this machine."
    )
    never = click.option("--offline", is_flag=True, default=None, help="Never ask the network.")
    return never(prefer(verb))
