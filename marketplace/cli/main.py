"""The entry point: finds the verb, runs it, turns errors into one message and an exit code."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from marketplace.cli.verbs import MARKET_VERBS, TOP_VERBS, Verb
from marketplace.errors import InvalidInputError, MarketError

_INTERRUPTED = 130
"""Exit code of a command that the user stopped, as shells count it: 128 + SIGINT."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run: `--help` of the group imports none of them."""

    def __init__(self, verbs: Mapping[str, Verb], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of the table."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a verb."""
        verb = self._verbs.get(cmd_name)
        if verb is None:
            return None
        command: click.Command = getattr(importlib.import_module(verb.module), verb.attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; an unknown one is answered with the closest spellings."""
        if args and not args[0].startswith("-") and args[0] not in self._verbs:
            raise _unknown_verb(args[0], self._verbs, ctx.command_path)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of verbs, family by family, from the summaries alone."""
        families: dict[str, list[tuple[str, str]]] = {}
        for name, verb in self._verbs.items():
            families.setdefault(verb.family, []).append((name, verb.summary))
        for family, rows in families.items():
            with formatter.section(family):
                formatter.write_dl(rows)


def _unknown_verb(name: str, verbs: Mapping[str, Verb], path: str) -> InvalidInputError:
    from marketplace.search.base import close_matches

    close = close_matches(name, verbs)
    hint = f"did you mean {' or '.join(close)}?" if close else f"`{path} --help` lists the verbs"
    return InvalidInputError("unknown-verb", f"{path} has no verb {name!r}", hint=hint, suggestions=close)


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from marketplace import __version__

        click.echo(f"ggen {__version__}")
        ctx.exit()


ggen = LazyGroup(
    TOP_VERBS,
    name="ggen",
    help="Code generation from packages of templates, ontologies and queries.",
    params=[
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_print_version,
            help="Print the version and exit.",
        )
    ],
)  # fmt: skip
market = LazyGroup(
    MARKET_VERBS,
    name="market",
    help="Search, install, verify and publish packages.\n\nExample: ggen market search 'rust web'",
)


def run_cli(argv: Sequence[str]) -> int:
    """Run `ggen` with `argv` (without the program's name) and return its exit code. Prints to sys.stdout and stderr."""
    try:
        code = ggen.main(args=list(argv), prog_name="ggen", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - the outermost frame: every error becomes a message and a code
        return _failed(error, as_json="--json" in argv)
    except KeyboardInterrupt:
        click.echo("\nstopped", err=True)
        return _INTERRUPTED
    return code if isinstance(code, int) else 0


def _failed(error: Exception, *, as_json: bool) -> int:
    from marketplace.cli.failures import as_market_error, report

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return InvalidInputError.exit_code
    if isinstance(error, click.Abort):
        click.echo("stopped", err=True)
        return _INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader (head, a pager) has seen enough; Python must not complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    known = error if isinstance(error, MarketError) else as_market_error(error)
    report(known, error, as_json=as_json)
    return known.exit_code


def run() -> None:
    """The `ggen` command."""
    sys.exit(run_cli(sys.argv[1:]))
