"""init, publish, yank, unyank: the publisher's verbs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import click

from marketplace.cli import render
from marketplace.cli.checking import check_source, mended
from marketplace.cli.completion import complete_id
from marketplace.cli.options import key_option, registry_option, with_session
from marketplace.cli.session import Session, split_spec
from marketplace.errors import InvalidInputError

if TYPE_CHECKING:
    from marketplace.importer import ImportPlan, ImportReport, Problem
    from marketplace.insights.quality import Report
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import PackageSource
    from marketplace.model.release import Release
    from marketplace.model.tree import Tree
    from marketplace.registry.base import Receipt


class Watched:
    """A package's content that tells `advance` of each file that is read."""

    def __init__(self, source: "PackageSource", advance: render.Advance) -> None:
        self._source = source
        self._advance = advance
        self._read: set[str] = set()

    @property
    def manifest(self) -> "Manifest":
        """The checked manifest."""
        return self._source.manifest

    @property
    def tree(self) -> "Tree":
        """The files."""
        return self._source.tree

    def open(self, path: str) -> BinaryIO:
        """Open one file of the tree by its path."""
        self._read.add(path)
        self._advance(path, len(self._read), len(self.tree))
        return self._source.open(path)


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--id", "id_text", metavar="ID", help="The package's id; otherwise example.<folder name>.")
@click.option("--title", default="", help="A short title.")
@with_session()
def init_command(session: Session, path: Path, id_text: str | None, title: str) -> None:
    """Make the folder PATH of a new package, ready to publish.

    Example: ggen market init my-template --id io.acme.my-template
    """
    from marketplace.scaffold import scaffold

    folder = session.folder / path
    id_, files = scaffold(folder, id_text, title)
    document = {"id": str(id_), "version": "0.1.0", "path": str(folder), "files": files}
    session.out.result(document, lambda: _init_text(str(id_), path, files))


def _init_text(id_: str, path: Path, files: list[str]) -> Iterator[str]:
    yield f"{render.good('Made')} {render.bold(id_)} in {path}"
    yield from (f"  {name}" for name in files)
    yield render.dim(f"next: edit the template, then `ggen market publish {path}`")


@click.command("pack")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The archive; else <id>-<version>.gpack.")
@with_session()
def pack_command(session: Session, path: Path, output: Path | None) -> None:
    """Build the .gpack archive of the package in PATH: the same files give the same bytes on any machine.

    Example: ggen market pack my-template -o my-template.gpack
    """
    from marketplace.archive import write_archive
    from marketplace.source import FolderSource

    source = FolderSource.read(session.folder / path)
    manifest, tree = source.manifest, source.tree
    target = session.folder / (output or Path(f"{manifest.id}-{manifest.version}.gpack"))
    with session.out.progress("packing") as advance:
        written = write_archive(Watched(source, advance), target)
    document = {
        "id": str(manifest.id), "version": str(manifest.version), "path": str(target), "bytes": written,
        "content_id": tree.content_id, "files": len(tree), "size": tree.size,
    }  # fmt: skip
    session.out.result(document, lambda: [
        f"{render.good('Packed')} {render.bold(str(manifest.id))} {manifest.version} into {target}",
        *render.fields([("content", tree.content_id), ("files", str(len(tree))),
                        ("size", f"{render.size(tree.size)}, {render.size(written)} packed")]),
    ])  # fmt: skip


@click.command("publish")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Do everything but publish.")
@key_option
@registry_option
@with_session("key", "registry")
def publish_command(session: Session, path: Path, dry_run: bool) -> None:
    """Check, score, sign and publish the package in PATH: a folder, or a .gpack archive.

    A dry run shows each point of the quality score, and what would earn those that are missing.

    Example: ggen market publish my-template
    """
    from marketplace.archive import open_source
    from marketplace.source import build_release
    from marketplace.storage.files import scratch_folder

    signer = session.signer()
    with scratch_folder(session.home) as scratch, open_source(session.folder / path, scratch) as given:
        _note_unknown(session, given)
        # what lies in an archive has its content id already
        source, changes = mended(session, given) if (session.folder / path).is_dir() else (given, [])
        findings = check_source(session, source)
        release = build_release(source, signer, session.now())
        if dry_run:
            report = session.registry.estimate(source, release)
        else:
            with session.out.progress("publishing") as advance:
                receipt = _publish(session, Watched(source, advance), release)
    if dry_run:
        document = {**_release_json(session, release), "quality": report.to_json(), "published": False}
        document |= {"findings": findings, "changes": changes}
        session.out.result(document, lambda: _dry_run_text(session, release, report))
        return
    document = {
        **_release_json(session, release), "quality": receipt.quality, "published": True, "findings": findings,
        "changes": changes, **receipt.extra,
    }  # fmt: skip
    session.out.result(document, lambda: _receipt_text(session, release, receipt))


def _note_unknown(session: Session, source: "PackageSource") -> None:
    for name in source.manifest.unknown:
        session.out.note(f"package.toml has {name}, which this version does not know; it is kept and ignored")


def _publish(session: Session, source: "PackageSource", release: "Release") -> "Receipt":
    known = session.trust.pin_of(release.id.namespace)
    receipt = session.registry.publish(source, release)
    if known is None:
        session.out.note(f"{release.id.namespace} is now pinned to the key {release.key} (first use)")
    return receipt


def _release_json(session: Session, release: "Release") -> dict[str, object]:
    return {
        "id": str(release.id), "version": str(release.version), "content_id": release.content_id,
        "registry": session.registry.name, "key": release.key, "files": release.files, "size": release.size,
    }  # fmt: skip


def _receipt_text(session: Session, release: "Release", receipt: "Receipt") -> Iterator[str]:
    yield f"{render.good('Published')} {render.bold(str(release.id))} {release.version} to {session.registry.name}"
    quality = receipt.quality
    yield from render.fields([
        ("content", release.content_id),
        ("files", f"{release.files}, {render.size(release.size)}, "
                  f"{render.plural(receipt.new_blobs, 'new blob')} ({render.size(receipt.new_bytes)})"),
        ("signed by", release.key),
        ("position", f"{receipt.position} in the log"),
        ("quality", f"{quality['grade']} ({quality['score']} of 100)" if quality else ""),
        *((name.replace("_", " "), str(count)) for name, count in receipt.extra.items()),
    ])  # fmt: skip


def _dry_run_text(session: Session, release: "Release", report: "Report") -> Iterator[str]:
    from marketplace.cli.scores import report_text

    yield f"Would publish {render.bold(str(release.id))} {release.version} to {session.registry.name}"
    yield from render.fields([
        ("content", release.content_id),
        ("files", f"{release.files}, {render.size(release.size)}"),
        ("signed by", release.key),
    ])  # fmt: skip
    yield ""
    yield from report_text(report)
    yield ""
    yield render.dim("nothing was published: this was a dry run")


@click.command("yank")
@click.argument("release", metavar="ID@VER", shell_complete=complete_id)
@click.option("--reason", required=True, help="Why, in a sentence that users will see.")
@key_option
@registry_option
@with_session("key", "registry")
def yank_command(session: Session, release: str, reason: str) -> None:
    """Ask users not to choose a version any more. Projects that have locked it keep working.

    Example: ggen market yank io.acme.web@1.2.0 --reason 'writes to the wrong folder'
    """
    _append_yank(session, "yank", release, reason)


@click.command("unyank")
@click.argument("release", metavar="ID@VER", shell_complete=complete_id)
@key_option
@registry_option
@with_session("key", "registry")
def unyank_command(session: Session, release: str) -> None:
    """Take a yank back.

    Example: ggen market unyank io.acme.web@1.2.0
    """
    _append_yank(session, "unyank", release, "")


def _append_yank(session: Session, action: Literal["yank", "unyank"], spec: str, reason: str) -> None:
    from marketplace.clock import timestamp
    from marketplace.model.ids import PackageId
    from marketplace.model.release import YankRecord
    from marketplace.model.version import Version

    id_text, version = split_spec(spec)
    if not version:
        hint = f"write ID@VERSION, such as {id_text}@1.0.0; `ggen market versions {id_text}` lists them"
        raise InvalidInputError("version-missing", f"{spec!r} names no version", hint=hint)
    signer = session.signer()
    unsigned = YankRecord(
        action, PackageId.parse(id_text), Version.parse(version), reason, timestamp(session.now()), signer.public
    )
    record = unsigned.signed(signer.sign(unsigned.statement()))
    (session.registry.yank if action == "yank" else session.registry.unyank)(record)
    document = {"action": action, "id": id_text, "version": version, "reason": reason, "key": signer.public}
    word = "Yanked" if action == "yank" else "Took back the yank of"
    session.out.result(document, lambda: [f"{render.good(word)} {render.bold(id_text)} {version}"])


@click.command("import")
@click.argument("catalog", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what can be taken and what cannot.")
@key_option
@registry_option
@with_session("key", "registry")
def import_command(session: Session, catalog: Path, dry_run: bool) -> int:
    """Publish the packages of a catalog of the older shape (ggen-index.json and manifests/).

    Each entry that cannot be taken is named with the reason; the rest is published.

    Example: ggen market import old-catalog --dry-run
    """
    from marketplace.importer import ImportReport, publish_plan, read_catalog

    def prepare(source: "PackageSource") -> "PackageSource":
        source, _ = mended(session, source)
        check_source(session, source)
        return source

    plan = read_catalog(session.folder / catalog)
    report = ImportReport((), (), (), 0)
    if not dry_run:
        with session.out.progress("importing") as advance:
            report = publish_plan(plan, session.registry, session.signer(), session.now(), advance, prepare=prepare)
    document = {
        "accepted": [str(package.id) for package in plan.accepted],
        "refused": [problem.to_json() for problem in plan.refused],
        "notes": [problem.to_json() for problem in plan.notes],
        "published": report.published,
        "unchanged": report.unchanged,
        "failed": [problem.to_json() for problem in report.failed],
    }
    session.out.result(document, lambda: _import_text(plan, report, dry_run=dry_run))
    return report.exit_code


def _import_text(plan: "ImportPlan", report: "ImportReport", *, dry_run: bool) -> Iterator[str]:
    yield from _problems("Refused", plan.refused)
    yield from _problems("Taken with changes", plan.notes)
    total = len(plan.accepted) + len(plan.refused)
    if dry_run:
        yield f"{len(plan.accepted)} of {total} packages can be imported; nothing was published: this was a dry run"
        return
    yield from _problems("Not published", report.failed)
    already = f", {len(report.unchanged)} were already there" if report.unchanged else ""
    yield f"{render.good('Imported')} {len(report.published)} of {total} packages{already}"


def _problems(heading: str, problems: "tuple[Problem, ...]") -> Iterator[str]:
    if not problems:
        return
    yield render.bold(heading)
    for problem in problems:
        where = problem.entry + (f", {problem.field}" if problem.field else "")
        yield f"  {render.printable(where)}: {render.printable(problem.message)} {render.dim(f'[{problem.code}]')}"
    yield ""
