"""search, info, versions, categories: finding packages."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from marketplace.cli import render
from marketplace.cli.completion import complete_id
from marketplace.cli.options import offline_option, registry_option, with_session
from marketplace.cli.scores import quality_json, quality_line, quality_text
from marketplace.cli.searching import FILTERS, search
from marketplace.cli.session import Session, split_spec

if TYPE_CHECKING:
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import ListedRelease, Package
    from marketplace.registry.base import Quality


def _filter_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    for written, entry in reversed(tuple(FILTERS.items())):
        kind: click.ParamType[Any] = click.Choice(entry.choices) if entry.choices else click.STRING
        if entry.low is not None:
            kind = click.IntRange(entry.low, entry.high)
        verb = click.option(written, type=kind, help=entry.help)(verb)
    return verb


@click.command("search")
@click.argument("query", nargs=-1)
@_filter_options
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def search_command(session: Session, query: tuple[str, ...], **filters: Any) -> None:
    """Find packages. Typing errors are forgiven; the best match comes first.

    Example: ggen market search 'rust web' --category web --sort downloads
    """
    search(session, query, {name: value for name, value in filters.items() if value is not None})


@click.command("info")
@click.argument("package", metavar="ID[@VER]", shell_complete=complete_id)
@click.option(
    "--quality", "with_quality", is_flag=True, help="Show each point of the quality score, with its evidence."
)
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def info_command(session: Session, package: str, *, with_quality: bool) -> None:
    """Show a package, or one version of it.

    Example: ggen market info io.ggen.rust.axum@1.0.0
    """
    from marketplace.model.ids import PackageId
    from marketplace.model.version import Version

    id_text, version = split_spec(package)
    found = session.registry.get_package(PackageId.parse(id_text))
    shown = session.registry.get_release(found.id, Version.parse(version)) if version else found.latest
    manifest = session.registry.manifest(shown.release)
    quality = session.registry.quality(shown.release)
    document = _info_json(found, shown, manifest)
    document |= {"quality": quality_json(quality, full=with_quality), "registry": session.registry.name}
    session.out.result(document, lambda: (
        _quality_text(shown, quality) if with_quality else _info_text(found, shown, manifest, quality_line(quality))
    ))  # fmt: skip


def _quality_text(shown: "ListedRelease", quality: "Quality | None") -> Iterator[str]:
    yield f"{render.bold(str(shown.release.id))} {shown.release.version}"
    yield from quality_text(quality)


def _info_json(package: "Package", shown: "ListedRelease", manifest: "Manifest") -> dict[str, object]:
    return {
        "id": str(package.id),
        "version": str(shown.release.version),
        "yanked": shown.yanked,
        "release": {**shown.release.body(), "signature": shown.release.signature},
        "manifest": _manifest_json(manifest),
        "versions": [_version_json(item) for item in package.releases],
        "stats": {"downloads": package.downloads},
    }


def _manifest_json(manifest: "Manifest") -> dict[str, object]:
    return {
        "title": manifest.title,
        "description": manifest.description,
        "license": manifest.license,
        "authors": manifest.authors,
        "category": manifest.category,
        "tags": manifest.tags,
        "keywords": manifest.keywords,
        "homepage": manifest.homepage,
        "repository": manifest.repository,
        "readme": manifest.readme,
        "templates": [
            {"path": t.path, "description": t.description, "variables": [v.name for v in t.variables]}
            for t in manifest.templates
        ],
    }


def _info_text(package: "Package", shown: "ListedRelease", manifest: "Manifest", quality: str) -> Iterator[str]:
    release = shown.release
    yield f"{render.bold(str(release.id))} {release.version}"
    yield render.printable(manifest.description)
    if shown.yanked is not None:
        yield render.bad(f"yanked: {render.printable(shown.yanked)}")
    yield ""
    others = ", ".join(str(item.release.version) + (" (yanked)" if item.yanked is not None else "")
                       for item in package.releases)  # fmt: skip
    yield from render.fields([
        ("title", manifest.title),
        ("licence", manifest.license),
        ("authors", ", ".join(manifest.authors)),
        ("category", manifest.category),
        ("tags", ", ".join(manifest.tags)),
        ("homepage", manifest.homepage),
        ("repository", manifest.repository),
        ("requires", ", ".join(f"{id_} {requirement}" for id_, requirement in release.dependencies)),
        ("templates", ", ".join(template.path for template in manifest.templates)),
        ("content", f"{render.plural(release.files, 'file')}, {render.size(release.size)}, {release.content_id}"),
        ("signed by", release.key),
        ("published", release.published_at),
        ("downloads", f"{package.downloads:,}"),
        ("quality", quality),
        ("versions", others),
    ])  # fmt: skip
    yield ""
    yield render.dim(f"add it to a project: ggen market add {release.id}")


@click.command("versions")
@click.argument("package", metavar="ID", shell_complete=complete_id)
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def versions_command(session: Session, package: str) -> None:
    """List the versions of a package, highest first.

    Example: ggen market versions io.ggen.rust.axum
    """
    from marketplace.model.ids import PackageId

    id_ = PackageId.parse(package)
    listed = session.registry.list_versions(id_)
    document = {"id": str(id_), "versions": [_version_json(item) for item in listed]}
    session.out.result(document, lambda: _versions_text(listed))


def _version_json(item: "ListedRelease") -> dict[str, object]:
    release = item.release
    return {
        "version": str(release.version),
        "yanked": item.yanked,
        "content_id": release.content_id,
        "published_at": release.published_at,
        "size": release.size,
    }


def _versions_text(listed: "tuple[ListedRelease, ...]") -> Iterator[str]:
    rows = [
        (
            str(item.release.version), item.release.published_at, render.size(item.release.size),
            "" if item.yanked is None else f"yanked: {item.yanked}",
        )
        for item in listed
    ]  # fmt: skip
    yield from render.table(("VERSION", "PUBLISHED", "SIZE", ""), rows)


@click.command("categories")
@offline_option
@registry_option
@with_session("registry", "offline", "prefer_offline")
def categories_command(session: Session) -> None:
    """List the categories and how many packages each has.

    Example: ggen market categories --json
    """
    counts = session.registry.categories()
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    document = {"categories": [{"category": name, "packages": count} for name, count in rows]}
    session.out.result(document, lambda: _categories_text(rows))


def _categories_text(rows: list[tuple[str, int]]) -> Iterator[str]:
    if not rows:
        yield "No package has a category yet."
        return
    yield from render.table(("CATEGORY", "PACKAGES"), [(name or "(none)", str(count)) for name, count in rows])
