"""The embedded registry: an index, a content store and a search view in one folder of the home."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.errors import MarketError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from datetime import datetime

    from marketplace.clock import Clock
    from marketplace.index.local import LocalIndex
    from marketplace.insights.facts import Facts
    from marketplace.insights.quality import Report
    from marketplace.insights.statistics import Statistics
    from marketplace.insights.suggestions import Suggestion
    from marketplace.model.ids import PackageId
    from marketplace.model.manifest import Manifest
    from marketplace.model.package import ListedRelease, Package, PackageSource
    from marketplace.model.release import Release, YankRecord
    from marketplace.model.version import Version
    from marketplace.registry.base import Advance, Fetched, Quality, Receipt, RegistryInfo
    from marketplace.registry.counting import Counting
    from marketplace.registry.publishing import Publishing
    from marketplace.registry.recommending import Recommending
    from marketplace.search.base import SearchPage, SearchQuery, Source
    from marketplace.search.engine import TantivySearch
    from marketplace.security.trust import TrustStore
    from marketplace.storage.base import BlobStore
    from marketplace.storage.filesystem import FilesystemStore


def system_time() -> "datetime":
    """Return the machine's time; the module that tells it is loaded when it is asked."""
    from marketplace.clock import system_clock

    return system_clock()


class LocalRegistry:
    """A `Registry` in the folder `root`: `index.sqlite`, `store/`, `search/`.

    Each part is imported and opened when it is first used: a search needs neither the store nor the pins.

    Args:
        trust: opens the pins that publishing and yanking are checked against.
        notify: told what the user should know, such as that the search view was rebuilt.
        lock_timeout: seconds that publishers and the garbage collection wait for each other.
        clock: by which it is told when a release was taken.
        minimum: the least grade of quality that is taken (A to D), None for any.
    """

    def __init__(
        self,
        root: Path,
        *,
        trust: "Callable[[], TrustStore]",
        name: str = "local",
        notify: Callable[[str], None] = lambda _text: None,
        lock_timeout: float = 30.0,
        clock: "Clock" = system_time,
        minimum: str | None = None,
    ) -> None:
        self._root = root
        self.index_path = root / "index.sqlite"
        self._open_trust = trust
        self._name = name
        self._notify = notify
        self._lock_timeout = lock_timeout
        self._clock = clock
        self._minimum = minimum

    @property
    def name(self) -> str:
        """The name that locks and reports use."""
        return self._name

    @property
    def folder(self) -> Path:
        """The registry's own folder."""
        return self._root

    @property
    def archives(self) -> Path:
        """Where archives that were asked for are kept; they can be made again at any time."""
        return self._root / "archives"

    @cached_property
    def trust(self) -> "TrustStore":
        """Who may sign for which namespace here."""
        return self._open_trust()

    @cached_property
    def store(self) -> "FilesystemStore":
        """The content store."""
        from marketplace.storage.filesystem import FilesystemStore

        return FilesystemStore(self._root / "store", lock_timeout=self._lock_timeout, notify=self._notify)

    @cached_property
    def index(self) -> "LocalIndex":
        """The index, opened when it is first used.

        Raises:
            IntegrityError: `index-corrupt`; it is missing or empty although the store is not: taking it for a new one
                would let the garbage collection delete everything.
        """
        from marketplace.index.local import LocalIndex

        return LocalIndex(self.index_path, may_create=lambda: not any(self.store.digests()))

    @cached_property
    def engine(self) -> "TantivySearch":
        """The search engine."""
        from marketplace.search.engine import TantivySearch

        return TantivySearch(self._root / "search", self.index, self._notify)

    @cached_property
    def counting(self) -> "Counting":
        """What is counted here."""
        from marketplace.registry.counting import Counting

        return Counting(self._root, lambda: self.index, self._clock, self._notify)

    def search(self, query: "SearchQuery") -> "SearchPage":
        """Answer a search and count it, if that can be; see `Registry`. The next pages of one search are no others."""
        page = self.engine.search(query)
        if not query.offset:
            with suppress(OSError, MarketError):
                self.counting.searched(found=page.total > 0)
        return page

    # --- publishing --------------------------------------------------------------------------------------------------

    def publish(self, source: "PackageSource", release: "Release") -> "Receipt":
        """Verify, store, then append: the append makes it visible; see `Registry`.

        A version that is there with the same content is refused too, but its blobs are put again: so a damaged store
        is mended by publishing from the source.
        """
        (outcome,) = self.publish_many([(source, release)])
        if isinstance(outcome, MarketError):
            raise outcome
        return outcome

    def publish_many(self, packages: "Sequence[tuple[PackageSource, Release]]") -> "list[Receipt | MarketError]":
        """Publish several releases with few syncs and one transaction; see `Registry`."""
        return self._publishing().publish_many(packages)

    def _publishing(self) -> "Publishing":
        from marketplace.registry.publishing import Publishing

        return Publishing(self.store, self.index, self.trust, self._name, clock=self._clock, minimum=self._minimum)

    def estimate(self, source: "PackageSource", release: "Release") -> "Report":
        """Measure a release as publishing it now would; see `Registry`."""
        return self._publishing().estimate(source, release)

    def yank(self, record: "YankRecord") -> None:
        """Append a yank; see `Registry`."""
        self._append_yank(record)

    def unyank(self, record: "YankRecord") -> None:
        """Append an unyank; see `Registry`."""
        self._append_yank(record)

    def _append_yank(self, record: "YankRecord") -> None:
        from marketplace.model.release import check_length

        publisher = self.get_release(record.id, record.version).release.key
        check_length(record)
        self.trust.check_yank(record, publisher)
        with self.store.writing(f"{record.action}ing {record.id}@{record.version}"):
            self.index.append_yank(record)

    # --- reading -----------------------------------------------------------------------------------------------------

    def get_package(self, id_: "PackageId") -> "Package":
        """Return all releases of a package; see `Registry`."""
        from marketplace.model.package import Package

        return Package(id_, self.list_versions(id_), self.index.downloads(id_))

    def get_release(self, id_: "PackageId", version: "Version") -> "ListedRelease":
        """Return one release; see `Registry`."""
        try:
            return self.index.release(id_, version)
        except NotFoundError as error:
            if error.code == "package-not-found":
                raise self.unknown(id_) from None
            raise

    def list_versions(self, id_: "PackageId") -> "tuple[ListedRelease, ...]":
        """Return the releases of a package from the highest version to the lowest; see `Registry`."""
        found = self.index.releases(id_)
        if not found:
            raise self.unknown(id_)
        return found

    def prefetch(self, ids: "Sequence[PackageId]") -> "Mapping[PackageId, MarketError]":
        """Look which packages there are: nothing needs to be fetched; see `Registry`."""
        there = self.index.known(ids)
        return {id_: _absent(id_) for id_ in ids if str(id_) not in there}

    def unknown(self, id_: "PackageId") -> NotFoundError:
        """Return the error `package-not-found` for an id, with `suggestions`."""
        return _absent(id_, self.engine.suggest(str(id_)))

    def exists(self, id_: "PackageId", version: "Version | None" = None) -> bool:
        """Tell whether the package (or that version of it) is there; see `Registry`."""
        found = self.index.releases(id_)
        return any(version is None or item.release.version.precedence == version.precedence for item in found)

    def metadata(self) -> "RegistryInfo":
        """Return facts about the registry; see `Registry`."""
        from marketplace.registry.base import RegistryInfo

        packages, releases = self.index.counts()
        head = self.index.head()
        return RegistryInfo(self._name, "local", str(self._root), packages, releases, head.size, head.root)

    def manifest(self, release: "Release") -> "Manifest":
        """Return the manifest of a release; see `Registry`."""
        return self.index.manifest(release)

    def quality(self, release: "Release") -> "Quality | None":
        """Return what was measured when a release was taken; one of which nothing is kept is measured now."""
        from marketplace.registry.base import Quality
        from marketplace.registry.scoring import decoded

        kept = self.index.score(release)
        report = decoded(kept.report) if kept else self._measured(release)
        return Quality(report, self._name, is_ours=True) if report else None

    def _measured(self, release: "Release") -> "Report | None":
        """Measure a release that was taken before scores were kept, and keep it if the index can be written."""
        from marketplace.registry.scoring import Scoring

        facts = self._stored_facts(release)
        if facts is None:
            return None
        scoring = Scoring(self.index, self._clock)
        report = scoring.report(release, facts, self.index.place_of(release))
        with suppress(UnavailableError):
            self.index.keep_score(release, scoring.found(report, facts), facts.prose.marks)
        return report

    def _stored_facts(self, release: "Release") -> "Facts | None":
        """Read the content of a release, None when it is not here."""
        from marketplace.registry.scoring import stored_facts
        from marketplace.storage.base import read_tree

        try:
            return stored_facts(self.manifest(release), read_tree(self.store, release.content_id), self.store.open)
        except NotFoundError:
            return None

    def yanked(self, releases: "Sequence[Release]") -> "Mapping[PackageId, str]":
        """Return the reasons of those of `releases` that are yanked by now; see `Registry`."""
        reasons = self.index.yanked()
        found = ((release.id, reasons.get((str(release.id), str(release.version)))) for release in releases)
        return {id_: reason for id_, reason in found if reason is not None}

    def recommend(self, asked: "Sequence[PackageId]", limit: int) -> "tuple[Suggestion, ...]":
        """Return what goes with the packages `asked`, in the projects of this machine too; see `Registry`."""
        from marketplace.registry.recommending import Recommending

        ids = self._asked(asked, limit)
        own = Recommending(self.index, self.engine, self.counting, own_projects=True)
        return tuple(own.recommend(ids, limit))

    def recommend_to_others(
        self, asked: "Sequence[PackageId]", limit: int, *, kinds: "Collection[str] | None" = None
    ) -> "tuple[Suggestion, ...]":
        """Return what goes with the packages `asked` for whoever asks, of some kinds alone if these are named.

        What projects of this machine use is not told.

        Raises:
            InvalidInputError: `page-invalid`.
            NotFoundError: `package-not-found`.
        """
        from marketplace.insights.suggestions import KINDS

        ids = self._asked(asked, limit)
        return tuple(self.recommending.recommend(ids, limit, KINDS if kinds is None else kinds))

    def _asked(self, asked: "Sequence[PackageId]", limit: int) -> list[str]:
        from marketplace.insights.suggestions import check

        check(len(asked), limit)
        known = self.index.known(asked)
        for id_ in asked:
            if str(id_) not in known:
                raise self.unknown(id_)
        return [str(id_) for id_ in asked]

    @cached_property
    def recommending(self) -> "Recommending":
        """What answers questions for recommendations to whoever asks."""
        from marketplace.registry.recommending import Recommending

        return Recommending(self.index, self.engine, self.counting)

    def categories(self) -> Mapping[str, int]:
        """Return how many packages each category has; see `Registry`."""
        return self.index.categories()

    def ids(self) -> "tuple[PackageId, ...]":
        """Return every package id, sorted; see `Registry`."""
        from marketplace.model.ids import PackageId

        return tuple(PackageId(text) for text in self.index.ids())

    def fetch(self, release: "Release", store: "BlobStore") -> "Fetched":
        """Copy what `store` lacks of a release into it, verified; see `Registry`."""
        from marketplace.registry.base import Fetched
        from marketplace.storage.base import NewBlob, read_tree

        if store is self.store:
            return Fetched(0, 0)
        tree = read_tree(self.store, release.content_id)
        lacking = {entry.digest: entry.size for entry in tree if not store.has(entry.digest)}
        store.put_many(NewBlob(digest, size, partial(self.store.open, digest)) for digest, size in lacking.items())
        store.put_bytes(tree.encoded)
        return Fetched(len(lacking), sum(lacking.values()))

    def fetch_many(
        self, releases: "Sequence[Release]", store: "BlobStore", *, have: "Mapping[PackageId, str] | None" = None,  # noqa: ARG002 - for those who must be told
        advance: "Advance" = lambda _what, _done, _total: None,
    ) -> "Fetched":  # fmt: skip
        """Copy what `store` lacks of several releases into it; see `Registry`."""
        from marketplace.registry.base import Fetched

        fetched = []
        for done, release in enumerate(releases):
            advance(str(release), done, len(releases))
            fetched.append(self.fetch(release, store))
        return Fetched(sum(one.files for one in fetched), sum(one.bytes for one in fetched))

    def prove(self, releases: "Sequence[Release]") -> None:
        """Do nothing: the log is this registry's own index; see `Registry`."""

    def asked(self) -> "tuple[Source, ...]":
        """Return this registry alone; see `Registry`."""
        from marketplace.search.base import Source

        return (Source(self._name, "found"),)

    @property
    def degraded(self) -> bool:
        """False: it answers, or it fails; see `Registry`."""
        return False

    def source_of(self, _id: "PackageId") -> str:
        """Return this registry's name; see `Registry`."""
        return self._name

    def count_installs(self, releases: "Sequence[Release]", roots: "Mapping[PackageId, bool]") -> None:
        """Count installs, best effort; see `Registry`."""
        try:
            self.counting.installed(releases, {str(id_): is_new for id_, is_new in roots.items()})
        except (OSError, MarketError) as error:
            self._notify(f"the installs were not counted: {error}")

    def statistics(self, id_: "PackageId | None", days: int) -> "Statistics":
        """Return what was counted here; see `Registry`."""
        if id_ and not self.index.releases(id_):
            raise self.unknown(id_)
        return self.counting.counters.of(str(id_) if id_ else None, days)

    def reopen(self) -> None:
        """Forget the opened index: another one is in its place."""
        for part in ("index", "engine", "counting", "recommending"):
            self.__dict__.pop(part, None)


def _absent(id_: "PackageId", close: Sequence[str] = ()) -> NotFoundError:
    hint = f"did you mean {' or '.join(close)}?" if close else "`ggen market search WORDS` finds packages"
    return NotFoundError(
        "package-not-found", f"there is no package {id_}", hint=hint, id=str(id_), suggestions=list(close)
    )
