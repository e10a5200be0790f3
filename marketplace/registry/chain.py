"""Several registries in an order: who is asked for what, and what crosses from one to the next.

`a, b` goes on to b only when a does not have it; `a | b` also when a cannot answer. A refusal and an answer that is
wrong never cross. A package of a bound namespace is asked of its registry and of no other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from marketplace.errors import (
    ConflictError,
    DeniedError,
    IntegrityError,
    MarketError,
    NotFoundError,
    UnavailableError,
)
from marketplace.model.ids import PackageId
from marketplace.registries import Known, Member, binding_of, namespaces_in
from marketplace.registry.base import Advance, Fetched, Quality, Receipt, Registry, RegistryInfo
from marketplace.search.base import FACETS, SearchHit, SearchPage, SearchQuery, Source

if TYPE_CHECKING:
    from marketplace.insights.quality import Report
    from marketplace.insights.statistics import Statistics
    from marketplace.insights.suggestions import Suggestion
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import ListedRelease, Package, PackageSource
    from marketplace.model.release import Release, YankRecord
    from marketplace.model.version import Version
    from marketplace.storage.base import BlobStore

_T = TypeVar("_T")

_PRESENT = ("version-not-found",)
"""Codes that say that a registry has the package: the first that has it wins."""

_PAGE = 100


class ChainRegistry:
    """A `Registry` of the `members`, in their order.

    Args:
        known: the registries with their namespaces.
        opened: returns the registry of a name; it is called once for each.
        notify: told what the user should know.
    """

    def __init__(
        self, members: Sequence[Member], known: Mapping[str, Known], opened: Callable[[str], Registry],
        notify: Callable[[str], None] = lambda _text: None,
    ) -> None:  # fmt: skip
        self._members = tuple(members)
        self._known = known
        self._opened = opened
        self._notify = notify
        self._open: dict[str, Registry] = {}
        self._outcomes: dict[str, str] = {}
        self._holders: dict[PackageId, str] = {}
        self._crossed = False

    @property
    def name(self) -> str:
        """The order, as it is written."""
        signs = [" | " if member.crosses else ", " for member in self._members[:-1]]
        return "".join(name + sign for (name, _), sign in zip(self._members, [*signs, ""], strict=True))

    # --- asking ------------------------------------------------------------------------------------------------------

    def _registry(self, name: str) -> Registry:
        if name not in self._open:
            self._open[name] = self._opened(name)
        return self._open[name]

    def _route(self, id_: PackageId) -> tuple[Member, ...]:
        bound = binding_of(self._known, str(id_))
        return (Member(bound),) if bound else self._members

    def _ask(self, id_: PackageId, question: Callable[[Registry], _T]) -> _T:
        """Ask for something of a package: the first registry that has the package answers.

        Raises:
            MarketError: the most helpful of what they said; its `sources` say who was asked.
        """
        holder = self._holders.get(id_)
        route = (Member(holder),) if holder else self._route(id_)
        for name, value in self._answers(route, question):
            self._holders[id_] = name
            return value
        raise AssertionError  # pragma: no cover - a route that nobody answers raises

    def _answers(self, route: Sequence[Member], question: Callable[[Registry], _T]) -> Iterator[tuple[str, _T]]:
        """Yield each registry of a route that answers, with its answer, as far as the order lets the question go."""
        errors: list[MarketError] = []
        answered = False
        for name, crosses in route:
            try:
                value = question(self._registry(name))
            except MarketError as error:
                self._outcomes[name] = "found" if error.code in _PRESENT else outcome_of(error)
                if error.code in _PRESENT or not isinstance(error, NotFoundError | UnavailableError):
                    raise self._with_sources(error) from error
                errors.append(error)
                stops = isinstance(error, UnavailableError) and not crosses
                self._crossed |= isinstance(error, UnavailableError) and (answered or not stops)
                if stops:
                    break
            else:
                self._outcomes[name] = "found"
                answered = True
                yield name, value
        if not answered:
            raise self._with_sources(most_helpful(errors))

    def _with_sources(self, error: MarketError) -> MarketError:
        error.details.setdefault("sources", [source.to_json() for source in self.asked()])
        return error

    # --- packages ----------------------------------------------------------------------------------------------------

    def get_package(self, id_: PackageId) -> "Package":
        """Return all releases of a package; see `Registry`."""
        return self._ask(id_, lambda registry: registry.get_package(id_))

    def get_release(self, id_: PackageId, version: "Version") -> "ListedRelease":
        """Return one release; see `Registry`. The first registry that has the package decides."""
        return self._ask(id_, lambda registry: registry.get_release(id_, version))

    def list_versions(self, id_: PackageId) -> "tuple[ListedRelease, ...]":
        """Return the releases of a package from the highest version to the lowest; see `Registry`."""
        return self._ask(id_, lambda registry: registry.list_versions(id_))

    def prefetch(self, ids: "Sequence[PackageId]") -> Mapping[PackageId, MarketError]:
        """Let each registry prefetch what those before it do not have; see `Registry`."""
        routes: dict[tuple[Member, ...], list[PackageId]] = {}
        for id_ in ids:
            routes.setdefault(self._route(id_), []).append(id_)
        missed: dict[PackageId, MarketError] = {}
        for route, left in routes.items():
            missed |= self._prefetch_along(route, left)
        return missed

    def _prefetch_along(self, route: Sequence[Member], ids: "Sequence[PackageId]") -> Mapping[PackageId, MarketError]:
        left, missed = ids, dict[PackageId, MarketError]()
        for name, crosses in route:
            try:
                missed = dict(self._registry(name).prefetch(left))
            except MarketError as error:
                return missed | dict.fromkeys(left, error)
            kinds = (NotFoundError, UnavailableError) if crosses else (NotFoundError,)
            left = [id_ for id_, error in missed.items() if isinstance(error, kinds)]
            if not left:
                break
        return missed

    def exists(self, id_: PackageId, version: "Version | None" = None) -> bool:
        """Tell whether the package (or that version of it) is there; see `Registry`."""
        try:
            listed = self.list_versions(id_)
        except NotFoundError:
            return False
        return any(version is None or item.release.version.precedence == version.precedence for item in listed)

    def manifest(self, release: "Release") -> "Manifest":
        """Return the manifest of a release; see `Registry`."""
        return self._ask(release.id, lambda registry: registry.manifest(release))

    def quality(self, release: "Release") -> "Quality | None":
        """Return what the registry that has a release says of its quality; see `Registry`."""
        return self._ask(release.id, lambda registry: registry.quality(release))

    def yanked(self, releases: "Sequence[Release]") -> Mapping[PackageId, str]:
        """Return the reasons of those of `releases` that are yanked by now; see `Registry`."""
        shares: dict[str, list[Release]] = {}
        for release in releases:
            for member in self._route(release.id):
                shares.setdefault(member.name, []).append(release)
        found: dict[PackageId, str] = {}
        for name, share in shares.items():
            found = {**self._registry(name).yanked(share), **found}
        return found

    def source_of(self, id_: PackageId) -> str:
        """Return the name that a lock has for where a package comes from; see `Registry`.

        Registries with `|` between them stand in for one another: the first of them is named whoever answered, so that
        the lock does not depend on which of them was up.
        """
        holder = self._holders.get(id_) or self._route(id_)[0].name
        names = [member.name for member in self._members]
        place = names.index(holder) if holder in names else 0
        while place and self._members[place - 1].crosses:
            place -= 1
        return names[place] if holder in names else holder

    def prove(self, releases: "Sequence[Release]") -> None:
        """Check every log, and that each release is in that of the registry that it was chosen from; see `Registry`."""
        shares: dict[str, list[Release]] = {}
        for release in releases:
            shares.setdefault(self._holders.get(release.id) or self._route(release.id)[0].name, []).append(release)
        for name in sorted({*self._open, *shares}):
            self._registry(name).prove(shares.get(name, ()))

    # --- searching ---------------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> SearchPage:
        """Search all registries and merge what they find; a package that several have is the first one's.

        What names a bound namespace is asked of its registry alone.
        """
        bound = sorted(namespaces_in(self._known, f"{query.text} {query.keyword or ''} {query.tag or ''}"))
        route = tuple(Member(name) for name in bound) or self._members
        last = query.offset + query.limit
        pages = [
            (name, page) for name, page in self._answers(route, lambda registry: _all_pages(registry, query, last))
        ]
        for name, page in pages:
            self._outcomes[name] = "found" if page.total else "absent"
        return self._merged(query, pages)

    def _merged(self, query: SearchQuery, pages: Sequence[tuple[str, SearchPage]]) -> SearchPage:
        hits: dict[str, SearchHit] = {}
        repeated = 0
        for name, page in pages:
            for hit in page.hits:
                bound = binding_of(self._known, hit.document.id)
                if hit.document.id in hits or (bound and bound != name):
                    repeated += 1
                else:
                    hits[hit.document.id] = hit._replace(registry=hit.registry or name)
        ordered = sorted(hits.values(), key=lambda hit: _place(query, hit))
        facets = {facet: _summed([page.facets.get(facet, {}) for _, page in pages]) for facet in FACETS}
        notes = tuple(note for _, page in pages for note in page.notes)
        total = sum(page.total for _, page in pages) - repeated
        shown = tuple(ordered[query.offset : query.offset + query.limit])
        return SearchPage(total, shown, facets, notes, self.asked(), self.degraded)

    def recommend(self, asked: "Sequence[PackageId]", limit: int) -> "tuple[Suggestion, ...]":
        """Ask each registry about those packages that come from it, and about none of the others; see `Registry`."""
        from marketplace.insights.suggestions import merged

        if not asked:
            pages = [page for _, page in self._answers(self._members, lambda registry: registry.recommend((), limit))]
            return merged((item for page in pages for item in page), limit)
        shares: dict[str, list[PackageId]] = {}
        for id_ in asked:
            self.list_versions(id_)
            shares.setdefault(self._holders[id_], []).append(id_)
        found = [self._registry(name).recommend(share, limit) for name, share in shares.items()]
        return merged((item for page in found for item in page), limit)

    def categories(self) -> Mapping[str, int]:
        """Return how many packages each category has, in all registries together; see `Registry`."""
        return _summed([counts for _, counts in self._answers(self._members, lambda registry: registry.categories())])

    def ids(self) -> tuple[PackageId, ...]:
        """Return every package id of all registries, sorted; see `Registry`."""
        found = [ids for _, ids in self._answers(self._members, lambda registry: registry.ids())]
        return tuple(sorted({id_ for ids in found for id_ in ids}))

    def metadata(self) -> RegistryInfo:
        """Return facts about the first registry; see `Registry`."""
        return self._registry(self._members[0].name).metadata()

    # --- content -----------------------------------------------------------------------------------------------------

    def fetch(self, release: "Release", store: "BlobStore") -> Fetched:
        """Fetch what `store` lacks of a release; see `Registry`."""
        return self.fetch_many([release], store)

    def fetch_many(
        self, releases: "Sequence[Release]", store: "BlobStore", *, have: Mapping[PackageId, str] | None = None,
        advance: Advance = lambda _what, _done, _total: None,
    ) -> Fetched:  # fmt: skip
        """Fetch what `store` lacks of several releases; see `Registry`.

        The digests are known, so any registry may send the bytes, whatever stands between them; one that sends wrong
        bytes is followed by one more, then it is an error.
        """
        groups: dict[tuple[str, ...], list[Release]] = {}
        for release in releases:
            groups.setdefault(self._senders(release.id), []).append(release)
        fetched = [
            self._fetch_from(names, group, lambda registry, group=group: registry.fetch_many(  # type: ignore[misc]
                group, store, have=have, advance=advance
            ))
            for names, group in groups.items()
        ]  # fmt: skip
        return Fetched(sum(one.files for one in fetched), sum(one.bytes for one in fetched))

    def _senders(self, id_: PackageId) -> tuple[str, ...]:
        names = [member.name for member in self._route(id_)]
        holder = self._holders.get(id_)
        return tuple(dict.fromkeys([*([holder] if holder in names and holder else []), *names]))

    def _fetch_from(
        self, names: Sequence[str], releases: "Sequence[Release]", fetch: Callable[[Registry], Fetched]
    ) -> Fetched:
        errors: list[MarketError] = []
        wrong: IntegrityError | None = None
        for name in names:
            try:
                fetched = fetch(self._registry(name))
            except (NotFoundError, UnavailableError) as error:
                self._outcomes[name] = outcome_of(error)
                errors.append(error)
                self._crossed |= isinstance(error, UnavailableError)
            except IntegrityError as error:
                self._outcomes[name] = "invalid"
                if wrong:
                    break
                wrong = error
                self._notify(f"{name} sent wrong bytes for {releases[0]}: {error.message}; another one is asked once")
            else:
                self._outcomes[name] = "found"
                return fetched
        raise self._with_sources(wrong or most_helpful(errors))

    def count_installs(self, releases: "Sequence[Release]") -> None:
        """Count installs where each package came from; see `Registry`."""
        shares: dict[str, list[Release]] = {}
        for release in releases:
            shares.setdefault(self._holders.get(release.id) or self._route(release.id)[0].name, []).append(release)
        for name, share in shares.items():
            self._registry(name).count_installs(share)

    def statistics(self, id_: PackageId | None, days: int) -> "Statistics":
        """Return what the registry that has a package counted of it, or the first registry of everything."""
        if id_ is None:
            return self._registry(self._members[0].name).statistics(None, days)
        package = id_
        self._ask(package, lambda registry: registry.list_versions(package))
        return self._ask(package, lambda registry: registry.statistics(package, days))

    # --- publishing --------------------------------------------------------------------------------------------------

    def _home_of(self, id_: PackageId) -> Registry:
        """Return the registry that a package is published to: the one it is bound to, else the first.

        Raises:
            ConflictError: `namespace-bound`, to one that is not in the order.
        """
        bound = binding_of(self._known, str(id_))
        if bound and bound not in [member.name for member in self._members]:
            hint = f"publish with --registry {bound}"
            message = f"{id_} is in a namespace that is bound to {bound}: it is not sent to {self.name}"
            raise ConflictError("namespace-bound", message, hint=hint, registry=bound, id=str(id_))
        return self._registry(bound or self._members[0].name)

    def publish(self, source: "PackageSource", release: "Release") -> Receipt:
        """Publish to the first registry, or to the one that the namespace is bound to; see `Registry`."""
        return self._home_of(release.id).publish(source, release)

    def estimate(self, source: "PackageSource", release: "Release") -> "Report":
        """Measure a release as where it is published does; see `Registry`."""
        return self._home_of(release.id).estimate(source, release)

    def publish_many(self, packages: "Sequence[tuple[PackageSource, Release]]") -> list[Receipt | MarketError]:
        """Publish several releases, each to its registry; see `Registry`."""
        shares: dict[str, list[int]] = {}
        outcomes: dict[int, Receipt | MarketError] = {}
        for place, (_, release) in enumerate(packages):
            try:
                shares.setdefault(self._home_of(release.id).name, []).append(place)
            except ConflictError as error:
                outcomes[place] = error
        for name, places in shares.items():
            done = self._registry(name).publish_many([packages[place] for place in places])
            outcomes |= dict(zip(places, done, strict=True))
        return [outcomes[place] for place in range(len(packages))]

    def yank(self, record: "YankRecord") -> None:
        """Append a yank where packages of that name are published; see `Registry`."""
        self._home_of(record.id).yank(record)

    def unyank(self, record: "YankRecord") -> None:
        """Append an unyank there; see `Registry`."""
        self._home_of(record.id).unyank(record)

    # --- who was asked -----------------------------------------------------------------------------------------------

    @property
    def degraded(self) -> bool:
        """Whether another registry, or an old answer, stood in for one that did not answer."""
        return self._crossed or any(registry.degraded for registry in self._open.values())

    def asked(self) -> tuple[Source, ...]:
        """Return the registries that were asked and what each said; see `Registry`."""
        return tuple(Source(name, outcome, self._age(name)) for name, outcome in self._outcomes.items())

    def _age(self, name: str) -> int | None:
        registry = self._open.get(name)
        return registry.asked()[0].age if registry else None


def outcome_of(error: MarketError) -> str:
    """Return what a registry said by raising `error`."""
    kinds = ((NotFoundError, "absent"), (DeniedError, "denied"), (UnavailableError, "unavailable"))
    return next((outcome for kind, outcome in kinds if isinstance(error, kind)), "invalid")


def most_helpful(errors: Sequence[MarketError]) -> MarketError:
    """Return the error that helps most: that somebody could not answer, else one with suggestions, else the first."""
    for error in errors:
        if isinstance(error, UnavailableError):
            return error
    return next((error for error in errors if error.details.get("suggestions")), errors[0])


def _all_pages(registry: Registry, query: SearchQuery, last: int) -> SearchPage:
    """Return the first `last` results of a registry as one page."""
    first = registry.search(query._replace(offset=0, limit=min(last, _PAGE)))
    hits = list(first.hits)
    while len(hits) < min(last, first.total):
        page = registry.search(query._replace(offset=len(hits), limit=min(last - len(hits), _PAGE)))
        if not page.hits:
            break
        hits += page.hits
    return first._replace(hits=tuple(hits))


def _place(query: SearchQuery, hit: SearchHit) -> tuple[object, ...]:
    """Return what results of several registries are sorted by; equal ones by id."""
    document = hit.document
    rank = -1 if document.quality is None else document.quality
    if query.sort == "name":
        return (document.id,)
    if query.sort == "updated":
        return (tuple(-ord(char) for char in document.updated_at), -rank, document.id)
    if query.sort == "quality":
        return (-rank, -document.downloads, document.id)
    if query.sort == "downloads" or not query.text.strip():
        return (-document.downloads, -rank, document.id)
    return (-hit.score, -rank, document.id)


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in counts:
        for name, count in part.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
