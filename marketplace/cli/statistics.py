"""stats: what a registry has counted."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from marketplace.cli import render
from marketplace.cli.completion import complete_id
from marketplace.cli.options import offline_option, registry_option, with_session
from marketplace.cli.session import Session

if TYPE_CHECKING:
    from marketplace.insights.statistics import Statistics

_MAX_DAYS = 366


@click.command("stats")
@click.argument("package", metavar="[ID]", required=False, shell_complete=complete_id)
@click.option(
    "--days",
    type=click.IntRange(1, _MAX_DAYS),
    default=30,
    show_default=True,
    help="Days (UTC) that are told, today last.",
)
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def stats_command(session: Session, package: str | None, days: int) -> None:
    """Show what was counted of a package, or of the registry as a whole, day by day.

    Example: ggen market stats io.ggen.rust.axum --days 7
    """
    from marketplace.model.ids import PackageId

    registry = session.registry
    id_ = PackageId.parse(package) if package else None
    found = registry.statistics(id_, days)
    name = registry.source_of(id_) if id_ else registry.name
    session.out.result({"registry": name, **found.to_json()}, lambda: _text(name, found))


def _text(name: str, found: "Statistics") -> Iterator[str]:
    yield f"{render.bold(found.id or 'all packages')}  counted by {render.printable(name)} since {found.since}"
    yield ""
    yield from render.fields([(word, f"{count:,}") for word, count in found.totals.items()])
    if rows := [(day, *map(str, counts.values())) for day, counts in found.days.items() if any(counts.values())]:
        yield ""
        yield from render.table(("DAY", *(word.upper() for word in found.totals)), rows)
    yield render.dim(
        f"nothing on {'' if not rows else 'the other '}{len(found.days) - len(rows)} of {len(found.days)} days"
    )
    if found.versions:
        yield ""
        versions = [(version, *map(str, counts.values())) for version, counts in found.versions.items()]
        yield from render.table(("VERSION", "DOWNLOADS", "INSTALLS"), versions)
