"""recommend: packages that go with others, each with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from marketplace.cli import render
from marketplace.cli.completion import complete_id
from marketplace.cli.options import offline_option, registry_option, with_session
from marketplace.cli.session import Session
from marketplace.errors import NotFoundError

if TYPE_CHECKING:
    from marketplace.insights.suggestions import Suggestion
    from marketplace.model.ids import PackageId

_MOST = 50
_HEADINGS: Mapping[str, str] = {
    "together": "Used together with them", "similar": "Similar", "trending": "Downloaded more than before",
    "popular": "Downloaded most",
}  # fmt: skip


@click.command("recommend")
@click.option(
    "--based-on", metavar="ID", multiple=True, shell_complete=complete_id,
    help="Recommend what goes with this package; several times for several. Else with what the project requires.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1, _MOST), default=5, show_default=True, help="Packages of each kind.")
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def recommend_command(session: Session, based_on: tuple[str, ...], limit: int) -> None:
    """Recommend packages, each with its reason: used together, similar, or popular where nothing is known.

    Example: ggen market recommend --based-on io.ggen.rust.axum
    """
    from marketplace.model.ids import PackageId

    asked = [PackageId.parse(text) for text in dict.fromkeys(based_on)] or _required(session)
    found = session.registry.recommend(asked, limit)
    document = {
        "based_on": list(map(str, asked)),
        "results": [item.to_json() for item in found],
        "registry": session.registry.name,
        "sources": [source.to_json() for source in session.registry.asked()],
        "degraded": session.registry.degraded,
    }
    session.out.result(document, lambda: _text(asked, found))


def _required(session: Session) -> "list[PackageId]":
    """Return those packages that the project requires and the registry has; none where there is no project."""
    from marketplace.project.project import Project, requirements_of

    try:
        wanted = sorted(requirements_of(Project.find(session.folder).manifest_text()))
    except NotFoundError:
        return []
    missed = session.registry.prefetch(wanted)
    return [id_ for id_ in wanted if id_ not in missed][:_MOST]


def _text(asked: "Sequence[PackageId]", found: "Sequence[Suggestion]") -> Iterator[str]:
    if asked:
        yield render.dim(f"for who has {', '.join(map(str, asked))}")
    if not found:
        yield "There is nothing to recommend: the registry has no other package."
        return
    for kind, heading in _HEADINGS.items():
        of_kind = [item for item in found if item.kind == kind]
        if of_kind:
            yield ""
            yield render.bold(heading)
            yield from render.table(
                ("PACKAGE", "VERSION", "WHY"), [(item.id, item.version, f"it {item.reason}") for item in of_kind]
            )
