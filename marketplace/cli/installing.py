"""What `install` does when nothing is to be done, and how every change of a project is told: without click."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from marketplace.cli import render
from marketplace.cli.session import Session

if TYPE_CHECKING:
    from marketplace.project.report import Report


def installed_already(session: Session) -> bool:
    """Tell the user if nothing is to be done, and return whether that is so. All that installing needs is not loaded.

    Raises:
        NotFoundError: `no-project`.
        IntegrityError: `installed-state-damaged`.
    """
    from marketplace.project.project import Project

    settled = Project.find(session.folder).settled()
    if settled:
        show(session, settled)
    return settled is not None


def show(session: Session, report: "Report") -> None:
    """Print what a change of a project did."""
    for namespace in dict.fromkeys(report.pinned):
        session.out.note(f"{namespace} is now pinned to its publisher's key (first use)")
    for id_, reason in report.yanked.items():
        session.out.warn(f"{id_} is yanked: {reason}; it stays because it is locked")
    changes = {
        name: [{"id": id_, "version": version} for id_, version in getattr(report, name)]
        for name in ("installed", "updated", "removed", "unchanged")
    }
    asked = [source.to_json() for source in report.sources]
    sources = asked or [{"registry": str(session.settings.value("registry")), "outcome": "found"}]
    document = {
        **changes, "bytes_fetched": report.bytes_fetched, "sources": sources, "degraded": report.degraded,
    }  # fmt: skip
    session.out.result(document, lambda: _report_text(report))


def _report_text(report: "Report") -> Iterator[str]:
    for sign, rows in (("+", report.installed), ("~", report.updated), ("-", report.removed)):
        yield from (f"{sign} {id_} {version}" for id_, version in rows)
    changed = len(report.installed) + len(report.updated) + len(report.removed)
    if changed:
        yield f"{render.good('Done')}: {render.plural(changed, 'package')} changed, {len(report.unchanged)} unchanged"
    else:
        yield f"{render.good('Nothing to install')}: {render.plural(len(report.unchanged), 'package')} in place"
