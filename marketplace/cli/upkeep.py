"""cache, index, config: looking after a machine's home."""

from collections.abc import Iterator
from pathlib import Path

import click

from marketplace.cli import render
from marketplace.cli.app import FamilyGroup
from marketplace.cli.options import with_session
from marketplace.cli.session import Session
from marketplace.errors import IntegrityError


@click.group("cache", cls=FamilyGroup)
def cache_command() -> None:
    """Show, check and shrink the content store, and what was fetched from registries.

    Example: ggen market cache stats
    """


@cache_command.command("stats")
@with_session()
def stats_command(session: Session) -> None:
    """Show how many blobs the content store holds and how large they are, and what is kept of registries over HTTP.

    Example: ggen market cache stats --json
    """
    stats, copies = session.local.store.stats(), session.copies.amount()
    info = session.local.metadata()
    document = {
        "blobs": stats.blobs, "bytes": stats.bytes, "packages": info.packages, "releases": info.releases,
        "fetched": copies._asdict(),
    }  # fmt: skip
    session.out.result(document, lambda: render.fields([
        ("blobs", f"{stats.blobs:,}"), ("size", render.size(stats.bytes)),
        ("packages", f"{info.packages:,}"), ("releases", f"{info.releases:,}"),
        ("folder", str(session.home / "registry" / "store")),
        ("fetched", f"{render.plural(copies.blobs, 'blob')}, {render.size(copies.bytes)}"),
        ("answers", render.size(copies.answers_bytes)), ("cache", str(session.home / "cache")),
    ]))  # fmt: skip


@cache_command.command("verify")
@with_session()
def verify_command(session: Session) -> None:
    """Re-hash every blob of the content store, and look for missing ones. Damage gives exit code 3.

    Damaged copies of what was fetched are removed: they are fetched again when they are needed.

    Example: ggen market cache verify
    """
    with session.out.progress("checking the content store"):
        damaged = list(session.upkeep.verify_store())
        removed = session.copies.drop_damaged()
    if removed:
        told = f"{render.plural(removed, 'fetched file')} damaged: removed, and fetched again when needed"
        session.out.note(told)
    if damaged:
        shown = [{"digest": item.digest, "kind": item.kind, "detail": item.detail} for item in damaged]
        message = f"{render.plural(len(damaged), 'blob')} of the content store damaged: " + ", ".join(
            f"{item.digest} ({item.kind})" for item in damaged[:3]
        )
        hint = "publish the packages concerned again from their sources, or restore the store from a backup"
        raise IntegrityError("store-damaged", message, hint=hint, damaged=shown)
    stats = session.local.store.stats()
    session.out.result({"ok": True, "blobs": stats.blobs, "fetched_removed": removed}, lambda: [
        f"{render.good('Sound')}: {render.plural(stats.blobs, 'blob')}, {render.size(stats.bytes)}"
    ])  # fmt: skip


@cache_command.command("gc")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@with_session()
def gc_command(session: Session, dry_run: bool) -> None:
    """Remove blobs that no published release needs, and what interrupted commands left behind.

    Of what was fetched from registries, what no project has used for three months goes too.

    Example: ggen market cache gc --dry-run
    """
    import time

    from marketplace.storage.files import STALE_AFTER, remove_stale

    freed, copies = session.upkeep.collect_garbage(dry_run=dry_run), session.copies.collect_garbage(dry_run=dry_run)
    if not dry_run:
        for folder in (session.home, session.home / "keys", session.home / "registry"):
            remove_stale(folder, time.time() - STALE_AFTER)
    verb = "Would free" if dry_run else "Freed"
    document = {"blobs": freed.blobs, "bytes": freed.bytes, "fetched": copies._asdict(), "dry_run": dry_run}
    session.out.result(document, lambda: [
        f"{verb} {render.plural(freed.blobs, 'blob')}, {render.size(freed.bytes)}",
        f"{verb} {render.plural(copies.blobs, 'fetched blob')}, {render.size(copies.bytes)}, and "
        f"{render.size(copies.answers_bytes)} of answers",
    ])  # fmt: skip


@cache_command.command("clear")
@with_session()
def clear_command(session: Session) -> None:
    """Remove what can be had again: the search index, copies kept for linking, what was fetched. No release is lost.

    Installing from a registry needs it to answer afterwards.

    Example: ggen market cache clear
    """
    freed = session.upkeep.clear_derived() + session.copies.clear()
    session.out.result({"bytes": freed}, lambda: [
        f"Freed {render.size(freed)}; it is made or fetched again when it is needed"
    ])  # fmt: skip


@click.group("index", cls=FamilyGroup)
def index_command() -> None:
    """Check, repair, back up and restore the local index.

    Example: ggen market index backup ~/index-backup.sqlite
    """


@index_command.command("verify")
@with_session()
def index_verify_command(session: Session) -> None:
    """Check the log against its Merkle root and the views against the log. Damage gives exit code 3.

    Example: ggen market index verify
    """
    session.local.index.verify()
    info = session.local.metadata()
    session.out.result({"ok": True, "log_size": info.log_size, "log_root": info.log_root}, lambda: [
        f"{render.good('Sound')}: {info.log_size} log entries, root {info.log_root}"
    ])  # fmt: skip


@index_command.command("repair")
@with_session()
def index_repair_command(session: Session) -> None:
    """Rebuild the views and the search index from the log and the stored manifests.

    Example: ggen market index repair
    """
    session.upkeep.repair()
    info = session.local.metadata()
    session.out.result({"ok": True, "packages": info.packages, "releases": info.releases}, lambda: [
        f"{render.good('Rebuilt')} from {info.log_size} log entries: "
        f"{render.plural(info.packages, 'package')}, {render.plural(info.releases, 'release')}"
    ])  # fmt: skip


@index_command.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_session()
def index_backup_command(session: Session, file: Path) -> None:
    """Write a consistent copy of the index to FILE, while others may publish.

    Example: ggen market index backup ~/index-backup.sqlite
    """
    target = session.folder / file
    session.upkeep.backup(target)
    session.out.result({"path": str(target)}, lambda: [f"{render.good('Backed up')} the index to {target}"])


@index_command.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Go back to FILE though the index has entries that FILE lacks.")
@with_session()
def index_restore_command(session: Session, file: Path, force: bool) -> None:
    """Check the backup in FILE and put it in the index's place.

    An index that is sound and has what the backup lacks is not replaced without --force.

    Example: ggen market index restore ~/index-backup.sqlite
    """
    session.upkeep.restore(session.folder / file, force=force)
    info = session.local.metadata()
    session.out.result({"log_size": info.log_size, "log_root": info.log_root}, lambda: [
        f"{render.good('Restored')} the index: {render.plural(info.releases, 'release')}, root {info.log_root}"
    ])  # fmt: skip


@click.command("config")
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Remove NAME from the home's config.toml.")
@click.option("--show-origin", is_flag=True, help="Tell where each value comes from.")
@with_session()
def config_command(session: Session, name: str | None, value: str | None, unset: bool, show_origin: bool) -> None:
    """Show all settings, show NAME, or set NAME to VALUE in the home's config.toml.

    Example: ggen market config link_mode copy
    """
    settings = session.settings
    if name and (unset or value is not None):
        path = settings.unset(name) if unset else settings.set(name, str(value))
        change = "removed" if unset else f"set to {value}"
        session.out.result({"name": name, "value": value, "path": str(path)}, lambda: [f"{name} {change} in {path}"])
        return
    names = [name] if name else settings.names()
    shown = {key: {"value": _plain(settings.value(key)), "origin": str(settings.origin(key))} for key in names}
    session.out.result({"settings": shown}, lambda: _config_text(shown, single=name, origin=show_origin))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _config_text(shown: dict[str, dict[str, object]], *, single: str | None, origin: bool) -> Iterator[str]:
    if single and not origin:
        yield _shown(shown[single]["value"])
    elif origin:
        rows = [(key, _shown(item["value"]), str(item["origin"])) for key, item in shown.items()]
        yield from render.table(("SETTING", "VALUE", "FROM"), rows)
    else:
        yield from render.table(("SETTING", "VALUE"), [(key, _shown(item["value"])) for key, item in shown.items()])


def _shown(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
