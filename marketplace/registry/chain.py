"""Several registries in an order: who is asked for what, and what crosses from one to the next.

`a, b` goes on to b only when a does not have it; `a | b` also when a cannot answer. A refusal and an answer that is
wrong never cross. A package of a bound namespace is asked of its registry and of no other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from marketplace.errors import (
    ConflictError,
    IntegrityError,
    MarketError,
    NotFoundError,
    UnavailableError,
)
from marketplace.model.ids import PackageId
from marketplace.registries import Known, Member, binding_of, namespaces_in
from marketplace.registry.base import Advance, Fetched, Quality, Receipt, Registry, RegistryInfo
from marketplace.registry.merging import all_pages, merged_page, summed
from marketplace.registry.order import Order, most_helpful
from marketplace.search.base import SearchPage, SearchQuery, Source

if TYPE_CHECKING:
    from marketplace.insights.quality import Report
    from marketplace.insights.statistics import Statistics
    from marketplace.insights.suggestions import Suggestion
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import ListedRelease, Package, PackageSource
    from marketplace.model.release import Release, YankRecord
    from marketplace.model.version import Version
    from marketplace.storage.base import BlobStore


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
        self._notify = notify
        self._order = Order(self._members, known, opened)

    @property
    def name(self) -> str:
        """The order, as it is written."""
        signs = [" | " if member.crosses else ", " for member in self._members[:-1]]
        return "".join(name + sign for (name, _), sign in zip(self._members, [*signs, ""], strict=True))

    # --- packages ----------------------------------------------------------------------------------------------------

    def get_package(self, id_: PackageId) -> "Package":
        """Return all releases of a package; see `Registry`."""
        return self._order.ask(id_, lambda registry: registry.get_package(id_))

    def get_release(self, id_: PackageId, version: "Version") -> "ListedRelease":
        """Return one release; see `Registry`. The first registry that has the package decides."""
        return self._order.ask(id_, lambda registry: registry.get_release(id_, version))

    def list_versions(self, id_: PackageId) -> "tuple[ListedRelease, ...]":
        """Return the releases of a package from the highest version to the lowest; see `Registry`."""
        return self._order.ask(id_, lambda registry: registry.list_versions(id_))

    def prefetch(self, ids: "Sequence[PackageId]") -> Mapping[PackageId, MarketError]:
        """Let each registry prefetch what those before it do not have; see `Registry`."""
        routes: dict[tuple[Member, ...], list[PackageId]] = {}
        for id_ in ids:
            routes.setdefault(self._order.route(id_), []).append(id_)
        missed: dict[PackageId, MarketError] = {}
        for route, left in routes.items():
            missed |= self._prefetch_along(route, left)
        return missed

    def _prefetch_along(self, route: Sequence[Member], ids: "Sequence[PackageId]") -> Mapping[PackageId, MarketError]:
        left, missed = ids, dict[PackageId, MarketError]()
        for name, crosses in route:
            try:
                missed = dict(self._order.registry(name).prefetch(left))
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
        return self._order.ask(release.id, lambda registry: registry.manifest(release))

    def quality(self, release: "Release") -> "Quality | None":
        """Return what the registry that has a release says of its quality; see `Registry`."""
        return self._order.ask(release.id, lambda registry: registry.quality(release))

    def yanked(self, releases: "Sequence[Release]") -> Mapping[PackageId, str]:
        """Return the reasons of those of `releases` that are yanked by now; see `Registry`."""
        shares: dict[str, list[Release]] = {}
        for release in releases:
            for member in self._order.route(release.id):
                shares.setdefault(member.name, []).append(release)
        found: dict[PackageId, str] = {}
        for name, share in shares.items():
            found = {**self._order.registry(name).yanked(share), **found}
        return found

    def source_of(self, id_: PackageId) -> str:
        """Return the name that a lock has for where a package comes from; see `Registry`.

        Registries with `|` between them stand in for one another: the first of them is named whoever answered, so that
        the lock does not depend on which of them was up.
        """
        holder = self._order.home_of(id_)
        names = [member.name for member in self._members]
        place = names.index(holder) if holder in names else 0
        while place and self._members[place - 1].crosses:
            place -= 1
        return names[place] if holder in names else holder

    def prove(self, releases: "Sequence[Release]") -> None:
        """Check every log, and that each release is in that of the registry that it was chosen from; see `Registry`."""
        shares: dict[str, list[Release]] = {}
        for release in releases:
            shares.setdefault(self._order.home_of(release.id), []).append(release)
        for name in sorted({*self._order.opened, *shares}):
            self._order.registry(name).prove(shares.get(name, ()))

    # --- searching ---------------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> SearchPage:
        """Search all registries and merge what they find; a package that several have is the first one's.

        What names a bound namespace is asked of its registry alone.
        """
        bound = sorted(namespaces_in(self._known, f"{query.text} {query.keyword or ''} {query.tag or ''}"))
        route = tuple(Member(name) for name in bound) or self._members
        last = query.offset + query.limit
        pages = [
            (name, page) for name, page in self._order.answers(route, lambda registry: all_pages(registry, query, last))
        ]
        for name, page in pages:
            self._order.said(name, "found" if page.total else "absent")
        page = merged_page(query, pages, lambda id_: binding_of(self._known, id_))
        return page._replace(sources=self.asked(), degraded=self.degraded)

    def recommend(self, asked: "Sequence[PackageId]", limit: int) -> "tuple[Suggestion, ...]":
        """Ask each registry about those packages that come from it, and about none of the others; see `Registry`."""
        from marketplace.insights.suggestions import merged

        if not asked:
            pages = [
                page for _, page in self._order.answers(self._members, lambda registry: registry.recommend((), limit))
            ]
            return merged((item for page in pages for item in page), limit)
        shares: dict[str, list[PackageId]] = {}
        for id_ in asked:
            self.list_versions(id_)
            shares.setdefault(self._order.home_of(id_), []).append(id_)
        found = [self._order.registry(name).recommend(share, limit) for name, share in shares.items()]
        return merged((item for page in found for item in page), limit)

    def categories(self) -> Mapping[str, int]:
        """Return how many packages each category has, in all registries together; see `Registry`."""
        return summed(
            [counts for _, counts in self._order.answers(self._members, lambda registry: registry.categories())]
        )

    def ids(self) -> tuple[PackageId, ...]:
        """Return every package id of all registries, sorted; see `Registry`."""
        found = [ids for _, ids in self._order.answers(self._members, lambda registry: registry.ids())]
        return tuple(sorted({id_ for ids in found for id_ in ids}))

    def metadata(self) -> RegistryInfo:
        """Return facts about the first registry; see `Registry`."""
        return self._order.registry(self._members[0].name).metadata()

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
        names = [member.name for member in self._order.route(id_)]
        holder = self._order.holder(id_)
        return tuple(dict.fromkeys([*([holder] if holder in names and holder else []), *names]))

    def _fetch_from(
        self, names: Sequence[str], releases: "Sequence[Release]", fetch: Callable[[Registry], Fetched]
    ) -> Fetched:
        errors: list[MarketError] = []
        wrong: IntegrityError | None = None
        for name in names:
            try:
                fetched = fetch(self._order.registry(name))
            except (NotFoundError, UnavailableError) as error:
                self._order.passed_over(name, error)
                errors.append(error)
            except IntegrityError as error:
                self._order.said(name, "invalid")
                if wrong:
                    break
                wrong = error
                self._notify(f"{name} sent wrong bytes for {releases[0]}: {error.message}; another one is asked once")
            else:
                self._order.said(name, "found")
                return fetched
        raise self._order.with_sources(wrong or most_helpful(errors))

    def count_installs(self, releases: "Sequence[Release]", roots: "Mapping[PackageId, bool]") -> None:
        """Count installs where each package came from; see `Registry`."""
        shares: dict[str, list[Release]] = {}
        for release in releases:
            shares.setdefault(self._order.home_of(release.id), []).append(release)
        for name, share in shares.items():
            own = {id_: is_new for id_, is_new in roots.items() if self._order.home_of(id_) == name}
            self._order.registry(name).count_installs(share, own)

    def statistics(self, id_: PackageId | None, days: int) -> "Statistics":
        """Return what the registry that has a package counted of it, or the first registry of everything."""
        if id_ is None:
            return self._order.registry(self._members[0].name).statistics(None, days)
        package = id_
        self._order.ask(package, lambda registry: registry.list_versions(package))
        return self._order.ask(package, lambda registry: registry.statistics(package, days))

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
        return self._order.registry(bound or self._members[0].name)

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
            done = self._order.registry(name).publish_many([packages[place] for place in places])
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
        return self._order.degraded

    def asked(self) -> tuple[Source, ...]:
        """Return the registries that were asked and what each said; see `Registry`."""
        return self._order.asked()
