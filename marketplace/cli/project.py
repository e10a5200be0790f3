"""add, remove, install, update, outdated, list, verify: packages in a project."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from marketplace.cli import render
from marketplace.cli.checking import inspector
from marketplace.cli.completion import complete_id
from marketplace.cli.installing import installed_already, show
from marketplace.cli.options import offline_option, registry_option, with_session
from marketplace.cli.session import Session, split_spec
from marketplace.errors import IntegrityError, NotFoundError

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId
    from marketplace.model.requirement import Requirement
    from marketplace.project.actions import Outdated, Verified, Workshop
    from marketplace.project.content import Problem

copy_option = click.option("--copy", is_flag=True, default=None, help="Install copies instead of links.")
force_option = click.option("--force", is_flag=True, help="Discard local edits in installed packages.")
pre_option = click.option("--pre", is_flag=True, help="Allow pre-releases where no requirement names one.")


@contextmanager
def _workshop(session: Session, *, copy: bool | None = None, make: bool = False) -> "Iterator[Workshop]":
    from marketplace.project.actions import Workshop
    from marketplace.project.project import Project

    try:
        project = Project.find(session.folder)
    except NotFoundError:
        if not make:
            raise
        project = Project(session.folder.absolute())
    with session.out.progress("working") as advance:
        yield Workshop(
            project, session.registry, session.trust, store=session.store,
            copy=bool(copy) or session.settings.value("link_mode") == "copy",
            lock_timeout=session.lock_timeout, notify=session.out.note, advance=advance, inspect=inspector(session),
        )  # fmt: skip


@click.command("add")
@click.argument("packages", metavar="ID[@REQ]...", nargs=-1, required=True, shell_complete=complete_id)
@click.option("--no-install", is_flag=True, help="Only edit ggen.toml and ggen.lock.")
@pre_option
@copy_option
@force_option
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def add_command(
    session: Session, *, packages: tuple[str, ...], no_install: bool, copy: bool | None, force: bool, pre: bool
) -> None:
    """Add packages to ggen.toml, resolve, lock and install them.

    Example: ggen market add io.ggen.rust.axum io.ggen.rust.cli@^1.2
    """
    with _workshop(session, copy=copy, make=True) as workshop:
        report = workshop.add(dict(map(_wish, packages)), install=not no_install, force=force, prereleases=pre)
    show(session, report)


def _wish(spec: str) -> "tuple[PackageId, Requirement | None]":
    from marketplace.model.ids import PackageId
    from marketplace.model.requirement import Requirement

    id_, requirement = split_spec(spec)
    return PackageId.parse(id_), None if requirement is None else Requirement.parse(requirement)


@click.command("remove")
@click.argument("packages", metavar="ID...", nargs=-1, required=True)
@force_option
@with_session()
def remove_command(session: Session, packages: tuple[str, ...], force: bool) -> None:
    """Remove packages from ggen.toml, and from the project what nothing needs any more.

    Example: ggen market remove io.ggen.rust.axum
    """
    from marketplace.model.ids import PackageId

    with _workshop(session) as workshop:
        report = workshop.remove([PackageId.parse(text) for text in packages], force=force)
    show(session, report)


@click.command("install")
@click.option("--locked", is_flag=True, help="Refuse to change ggen.lock.")
@pre_option
@copy_option
@force_option
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def install_command(session: Session, locked: bool, copy: bool | None, force: bool, pre: bool) -> None:
    """Install what ggen.lock says; resolve first when it does not answer ggen.toml.

    Example: ggen market install --locked
    """
    if installed_already(session):
        return
    with _workshop(session, copy=copy) as workshop:
        report = workshop.install(locked=locked, force=force, prereleases=pre)
    show(session, report)


@click.command("update")
@click.argument("packages", metavar="[ID]...", nargs=-1)
@pre_option
@force_option
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def update_command(session: Session, packages: tuple[str, ...], force: bool, pre: bool) -> None:
    """Choose the newest allowed versions of the packages named, or of all.

    Example: ggen market update io.ggen.rust.axum
    """
    from marketplace.model.ids import PackageId

    with _workshop(session) as workshop:
        report = workshop.update([PackageId.parse(text) for text in packages], force=force, prereleases=pre)
    show(session, report)


@click.command("outdated")
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def outdated_command(session: Session) -> None:
    """List locked packages that have newer versions.

    Example: ggen market outdated
    """
    with _workshop(session) as workshop:
        rows = workshop.outdated()
    document = {"packages": [{"id": r.id, "current": r.current, "wanted": r.wanted, "latest": r.latest} for r in rows]}
    session.out.result(document, lambda: _outdated_text(rows))


def _outdated_text(rows: "tuple[Outdated, ...]") -> Iterator[str]:
    if not rows:
        yield "Every package is at its newest version."
        return
    cells = [(row.id, row.current, row.wanted, row.latest) for row in rows]
    yield from render.table(("PACKAGE", "CURRENT", "WANTED", "LATEST"), cells)


@click.command("list")
@with_session()
def list_command(session: Session) -> None:
    """List the installed packages.

    Example: ggen market list --json
    """
    from marketplace.project.project import Project

    project = Project.find(session.folder)
    keys = {str(id_): item.release.key for id_, item in project.lock().by_id().items()}
    rows = [
        {
            "id": id_, "version": item["version"], "content_id": item["content_id"], "registry": item["source"],
            "path": str(project.packages / id_), "key": keys.get(id_), "verified": None,
        }
        for id_, item in sorted(project.installed().items())
    ]  # fmt: skip
    session.out.result({"packages": rows}, lambda: _list_text(rows))


def _list_text(rows: list[dict[str, str | None]]) -> Iterator[str]:
    if not rows:
        yield "No package is installed; `ggen market add ID` adds one."
        return
    cells = [(str(row["id"]), str(row["version"]), str(row["registry"]), str(row["path"])) for row in rows]
    yield from render.table(("PACKAGE", "VERSION", "REGISTRY", "FOLDER"), cells)


@click.command("verify")
@click.option("--fix", is_flag=True, help="Restore what differs from the content store.")
@offline_option
@with_session("offline", "prefer_offline")
def verify_command(session: Session, fix: bool) -> int:
    """Re-hash every installed file and re-check signatures and pins. A difference gives exit code 3.

    Example: ggen market verify --fix
    """
    with _workshop(session) as workshop:
        verdicts = workshop.verify(fix=fix)
    sound = not any(verdict.problems for verdict in verdicts)
    document = {"ok": sound, "packages": [_verdict_json(verdict) for verdict in verdicts]}
    session.out.result(document, lambda: _verify_text(verdicts, sound=sound))
    return 0 if sound else IntegrityError.exit_code


def _verdict_json(verdict: "Verified") -> dict[str, object]:
    problems = [{"path": p.path, "kind": p.kind, "expected": p.expected, "actual": p.actual} for p in verdict.problems]
    return {"id": verdict.id, "version": verdict.version, "ok": not problems, "problems": problems}


def _problem_text(problem: "Problem") -> str:
    where = render.printable(problem.path) or "the package itself"
    return f"{where}: {render.printable(problem.actual)}" if problem.kind == "unsafe" else where


def _verify_text(verdicts: "tuple[Verified, ...]", *, sound: bool) -> Iterator[str]:
    for verdict in verdicts:
        mark = render.bad("!!") if verdict.problems else render.good("ok")
        yield f"{mark}  {verdict.id} {verdict.version}"
        yield from (f"      {problem.kind}: {_problem_text(problem)}" for problem in verdict.problems)
    if any(problem.kind == "unsafe" for verdict in verdicts for problem in verdict.problems):
        yield render.dim("plugins refuse what was installed: `ggen market remove ID`, or choose another version")
    elif sound:
        yield f"{render.good('Verified')}: {render.plural(len(verdicts), 'package')}, every file and signature"
    else:
        yield render.dim("`ggen market verify --fix` restores the files from the content store")
