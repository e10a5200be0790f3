"""What is on the pages, read from a registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from marketplace.errors import NotFoundError
from marketplace.index import relations
from marketplace.insights.suggestions import SIMILAR, TOGETHER, TRENDING, Suggestion
from marketplace.model.ids import PackageId
from marketplace.model.manifest import Manifest
from marketplace.model.package import ListedRelease, Package
from marketplace.model.release import Release
from marketplace.model.version import Version
from marketplace.registry.base import Quality
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import FACETS, SearchPage, SearchQuery
from marketplace.server.web.chart import Bar, bars
from marketplace.server.web.markdown import MAX_CHARACTERS, render
from marketplace.server.web.publishers import KeyState, state_of
from marketplace.storage.base import read_tree

_SHOWN = 8
"""Packages in a list of the front page."""
_DAYS = 30
_DEPENDENTS = 20
_FACET_VALUES = 8


@dataclass(frozen=True, slots=True)
class Front:
    """The first page: how much there is, what is new, what is trending, and the categories."""

    packages: int
    releases: int
    newest: SearchPage
    trending: Sequence[Suggestion]
    categories: Mapping[str, int]


def front(registry: LocalRegistry) -> Front:
    """Read what is on the first page."""
    facts = registry.metadata()
    newest = registry.engine.search(SearchQuery(sort="updated", limit=_SHOWN, highlight=False))
    trending = registry.recommend_to_others((), _SHOWN, kinds={TRENDING})
    return Front(facts.packages, facts.releases, newest, trending, registry.categories())


@dataclass(frozen=True, slots=True)
class Facet:
    """A value by which a search can be narrowed, or widened again where it `is_chosen`."""

    name: str
    value: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results, and the addresses of what is beside it."""

    query: SearchQuery
    page: SearchPage
    facets: Mapping[str, Sequence[Facet]]
    before: str
    after: str


def results(query: SearchQuery, page: SearchPage) -> Results:
    """Return what is shown of an answer to a search."""
    last = query.offset + len(page.hits)
    before = address(query._replace(offset=max(0, query.offset - query.limit))) if query.offset else ""
    after = address(query._replace(offset=last)) if page.hits and last < page.total else ""
    facets = {name: _facets(query, name, page.facets.get(name, {})) for name in FACETS}
    return Results(query, page, {name: found for name, found in facets.items() if found}, before, after)


def _facets(query: SearchQuery, name: str, counts: Mapping[str, int]) -> list[Facet]:
    chosen = getattr(query, name)
    found = []
    for value, count in [item for item in counts.items() if item[0]][:_FACET_VALUES]:
        is_chosen = chosen is not None and chosen.casefold() == value.casefold()
        narrowed: dict[str, Any] = {name: None if is_chosen else value, "offset": 0}
        found.append(Facet(name, value, count, address(query._replace(**narrowed)), is_chosen))
    return found


def address(query: SearchQuery) -> str:
    """Return the address of the page that answers a search."""
    defaults = SearchQuery()._asdict() | {"highlight": query.highlight, "limit": query.limit}
    given = {name: value for name, value in query._asdict().items() if value != defaults[name]}
    return "/?" + urlencode({"q": given.pop("text", ""), **given})


@dataclass(frozen=True, slots=True)
class PackageView:
    """The page of a package, or of one version of it. `readme` is safe HTML, None when there is none to show."""

    package: Package
    shown: ListedRelease
    manifest: Manifest
    readme: str | None
    quality: Quality | None
    downloads: Sequence[Bar]
    in_days: int
    dependents: Sequence[str]
    more_dependents: bool
    suggestions: Sequence[Suggestion]
    signed: KeyState

    @property
    def release(self) -> Release:
        """The release that is shown."""
        return self.shown.release


def package(registry: LocalRegistry, id_: PackageId, version: Version | None) -> PackageView:
    """Read the page of a package.

    Raises:
        NotFoundError: `package-not-found` or `version-not-found`.
        IntegrityError: `trust-store-damaged`.
    """
    found = registry.get_package(id_)
    shown = registry.get_release(id_, version) if version else found.latest
    counted = {day: counts["downloads"] for day, counts in registry.statistics(id_, _DAYS).days.items()}
    dependents = relations.dependents(registry.index, str(id_), limit=_DEPENDENTS + 1)
    manifest = registry.manifest(shown.release)
    return PackageView(
        found, shown, manifest, _readme(registry, shown.release, manifest), registry.quality(shown.release),
        bars(counted), sum(counted.values()), dependents[:_DEPENDENTS], len(dependents) > _DEPENDENTS,
        registry.recommend_to_others([id_], _SHOWN // 2, kinds={TOGETHER, SIMILAR}),
        state_of(registry.trust, id_.namespace, shown.release.key),
    )  # fmt: skip


def _readme(registry: LocalRegistry, release: Release, manifest: Manifest) -> str | None:
    """Return the README of a release as HTML; None when there is none, or its content is not here."""
    try:
        entry = read_tree(registry.store, release.content_id).get(manifest.readme or "README.md")
        if entry is None:
            return None
        with registry.store.open(entry.digest) as file:
            return render(file.read(4 * MAX_CHARACTERS).decode("utf-8", "replace"))
    except NotFoundError:
        return None


def quality_points(quality: Quality) -> list[tuple[str, int, int, Sequence[Any]]]:
    """Return each dimension of a report with what it earned, what it could earn, and its points."""
    return [
        (name, sum(point.earned for point in points), sum(point.points for point in points), points)
        for name, points in quality.report.dimensions.items()
    ]
