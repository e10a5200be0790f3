"""The tree of click commands, each imported when it is run."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from marketplace.cli.verbs import MARKET_VERBS, TOP_VERBS, Verb
from marketplace.errors import InvalidInputError


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
        refuse_unknown_verb(ctx, args, self._verbs)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of verbs, family by family, from the summaries alone."""
        families: dict[str, list[tuple[str, str]]] = {}
        for name, verb in self._verbs.items():
            families.setdefault(verb.family, []).append((name, verb.summary))
        for family, rows in families.items():
            with formatter.section(family):
                formatter.write_dl(rows)


class FamilyGroup(click.Group):
    """A verb with sub-verbs, such as `key new`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the sub-verb; an unknown one is answered with the closest spellings."""
        refuse_unknown_verb(ctx, args, self.commands)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of sub-verbs with the first paragraph of each one's help, uncut."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_paragraph(command)) for name, command in self.commands.items()])


def _first_paragraph(command: click.Command) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())


def refuse_unknown_verb(ctx: click.Context, args: list[str], verbs: Mapping[str, object]) -> None:
    """Raise InvalidInputError `unknown-verb` when `args` does not begin with one of `verbs` or an option."""
    if not args or args[0].startswith("-") or args[0] in verbs:
        return
    from marketplace.search.base import close_matches

    close = close_matches(args[0], verbs)
    hint = f"did you mean {' or '.join(close)}?" if close else f"`{ctx.command_path} --help` lists the verbs"
    message = f"{ctx.command_path} has no verb {args[0]!r}"
    raise InvalidInputError("unknown-verb", message, hint=hint, suggestions=close)


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from marketplace import __version__

        click.echo(f"ggen {__version__}")
        ctx.exit()


ggen = LazyGroup(
    TOP_VERBS,
    name="ggen",
    help="Code generation from packages of templates, ontologies and queries.\n\nExample: ggen market --help",
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
