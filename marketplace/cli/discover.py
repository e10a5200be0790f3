"""search, info, versions, categories: finding packages."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from marketplace.cli import render
from marketplace.cli.completion import complete_id
from marketplace.cli.session import Session, registry_option, split_spec, with_session
from marketplace.search.base import SORTS, SearchHit, SearchPage, SearchQuery

if TYPE_CHECKING:
    from marketplace.model.manifest import Manifest
    from marketplace.registry.base import ListedRelease, Package


@click.command("search")
@click.argument("query", nargs=-1)
@click.option("--category", help="Only packages of this category.")
@click.option("--keyword", help="Only packages with this keyword.")
@click.option("--tag", help="Only packages with this tag.")
@click.option("--author", help="Only packages by this author.")
@click.option("--license", help="Only packages under this licence.")
@click.option("--min-downloads", type=click.IntRange(min=0), default=0, help="Only packages with so many downloads.")
@click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True, help="The order.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Results on a page.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Results to leave out before the page.")
@registry_option
@with_session("registry")
def search_command(session: Session, query: tuple[str, ...], **filters: Any) -> None:
    """Find packages. Typing errors are forgiven; the best match comes first.

    Example: ggen market search 'rust web' --category web --sort downloads
    """
    wanted = SearchQuery(text=" ".join(query), **filters)
    start = time.perf_counter()
    page = session.registry.search(wanted)
    took = (time.perf_counter() - start) * 1000
    for note in page.notes:
        session.out.warn(note)
    session.out.result(_page_json(session, wanted, page, took), lambda: _page_text(wanted, page))


def _page_json(session: Session, wanted: SearchQuery, page: SearchPage, took: float) -> dict[str, object]:
    return {
        "query": wanted.text,
        "total": page.total,
        "took_ms": round(took, 3),
        "results": [_hit_json(hit, session.registry.name) for hit in page.hits],
        "facets": page.facets,
        "degraded": False,
        "sources": [{"registry": session.registry.name, "outcome": "found" if page.total else "absent"}],
    }


def _hit_json(hit: SearchHit, registry: str) -> dict[str, object]:
    document = hit.document
    return {
        "id": document.id,
        "version": document.version,
        "title": document.title,
        "description": document.description,
        "category": document.category,
        "tags": document.tags,
        "keywords": document.keywords,
        "authors": document.authors,
        "license": document.license,
        "downloads": document.downloads,
        "quality": document.quality,
        "score": round(hit.score, 4),
        "registry": registry,
        "updated_at": document.updated_at,
        "highlights": hit.highlights,
    }


def _page_text(wanted: SearchQuery, page: SearchPage) -> Iterator[str]:
    if not page.hits:
        about = f" match {wanted.text!r}" if wanted.text else " match these filters"
        yield f"No packages{about}." if page.total == 0 else f"No results beyond {wanted.offset}."
        return
    rows = [(hit.document.id, hit.document.version, f"{hit.document.downloads:,}", _about(hit)) for hit in page.hits]
    yield from render.table(("PACKAGE", "VERSION", "DOWNLOADS", "ABOUT"), rows)
    last = wanted.offset + len(page.hits)
    if page.total > len(page.hits):
        more = f"; --offset {last} shows the next" if last < page.total else ""
        yield render.dim(f"{wanted.offset + 1}-{last} of {page.total:,}{more}")


def _about(hit: SearchHit) -> str:
    return hit.document.title or hit.document.description


@click.command("info")
@click.argument("package", metavar="ID[@VER]", shell_complete=complete_id)
@registry_option
@with_session("registry")
def info_command(session: Session, package: str) -> None:
    """Show a package, or one version of it.

    Example: ggen market info io.ggen.rust.axum@1.0.0
    """
    from marketplace.model.ids import PackageId
    from marketplace.model.version import Version

    id_text, version = split_spec(package)
    found = session.registry.get_package(PackageId.parse(id_text))
    shown = session.registry.get_release(found.id, Version.parse(version)) if version else found.latest
    manifest = session.registry.manifest(shown.release)
    session.out.result(_info_json(session, found, shown, manifest), lambda: _info_text(found, shown, manifest))


def _info_json(session: Session, package: "Package", shown: "ListedRelease", manifest: "Manifest") -> dict[str, object]:
    return {
        "id": str(package.id),
        "version": str(shown.release.version),
        "yanked": shown.yanked,
        "release": {**shown.release.body(), "signature": shown.release.signature},
        "manifest": _manifest_json(manifest),
        "versions": [_version_json(item) for item in package.releases],
        "quality": None,
        "stats": {"downloads": package.downloads},
        "registry": session.registry.name,
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


def _info_text(package: "Package", shown: "ListedRelease", manifest: "Manifest") -> Iterator[str]:
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
        ("versions", others),
    ])  # fmt: skip
    yield ""
    yield render.dim(f"add it to a project: ggen market add {release.id}")


@click.command("versions")
@click.argument("package", metavar="ID", shell_complete=complete_id)
@registry_option
@with_session("registry")
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
@registry_option
@with_session("registry")
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
