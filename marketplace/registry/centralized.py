"""A registry over HTTP: with its interface, or as files alone. Nothing here knows which kind of server answers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.clock import Clock, system_clock
from marketplace.errors import ConflictError, InvalidInputError, MarketError, NotFoundError, UnavailableError
from marketplace.http.client import Client, Mode, Wanted, offline_miss
from marketplace.model.ids import PackageId
from marketplace.model.manifest import MAX_BYTES, Manifest
from marketplace.model.package import ListedRelease, Package, PackageSource
from marketplace.model.release import Release, YankRecord
from marketplace.model.tree import digest_of
from marketplace.model.version import Version
from marketplace.protocol import documents, paths
from marketplace.protocol.documents import PackageEntry, RegistryDocument
from marketplace.registry.base import Advance, Fetched, Quality, Receipt, RegistryInfo
from marketplace.registry.discovery import Discovery
from marketplace.registry.package_documents import PackageDocuments
from marketplace.search.base import SearchPage, SearchQuery, Source

if TYPE_CHECKING:
    from marketplace.insights.quality import Report
    from marketplace.insights.statistics import Statistics
    from marketplace.insights.suggestions import Suggestion
    from marketplace.registry.log_check import LogCheck
    from marketplace.registry.uploading import Uploading
    from marketplace.security.trust import TrustStore
    from marketplace.storage.base import BlobStore


class CentralizedRegistry:
    """A `Registry` at the address of `client`.

    Args:
        folder: this machine's own files about it: unfinished transfers, the index of its catalog.
        trust: opens the pins that releases and yanks are checked against.
        store: opens the store that fetched content is kept in.
        log: opens what checks its log.
        notify: told what the user should know.
        clock: by which quality is measured here.
    """

    def __init__(
        self, client: Client, folder: Path, *, trust: "Callable[[], TrustStore]", store: "Callable[[], BlobStore]",
        log: "Callable[[], LogCheck]", notify: Callable[[str], None] = lambda _text: None, clock: Clock = system_clock,
    ) -> None:  # fmt: skip
        self._client = client
        self._folder = folder
        self._open_trust = trust
        self._open_store = store
        self._notify = notify
        self._open_log = log
        self._clock = clock
        self._documents = PackageDocuments(client, self._unknown, self._withdrawn, notify)
        self._discovery = Discovery(client, folder / "search", notify)
        self._outcome = ""

    @property
    def name(self) -> str:
        """The name that locks and reports use."""
        return self._client.name

    @cached_property
    def _trust(self) -> "TrustStore":
        return self._open_trust()

    @cached_property
    def _store(self) -> "BlobStore":
        return self._open_store()

    @cached_property
    def _root(self) -> RegistryDocument:
        return self._client.document(
            Wanted(paths.REGISTRY, "the root document", "ggen market registry ping"), documents.decode_registry
        )

    @property
    def _api(self) -> str:
        """The path of the interface.

        Raises:
            InvalidInputError: `registry-read-only`, there are files alone.
        """
        if self._root.api is None:
            hint = "publish to the registry that it is a mirror of"
            message = f"{self.name} is files alone: it can be read and not written"
            raise InvalidInputError("registry-read-only", message, hint=hint, registry=self.name)
        return self._root.api

    # --- reading -----------------------------------------------------------------------------------------------------

    def list_versions(self, id_: PackageId) -> tuple[ListedRelease, ...]:
        """Return the releases of a package from the highest version to the lowest; see `Registry`."""
        return tuple(self._listed(entry.release, entry.yank) for entry in self._documents.of(id_).entries)

    def prefetch(self, ids: Sequence[PackageId]) -> Mapping[PackageId, MarketError]:
        """Fetch the documents of packages together; see `Registry`."""
        return self._documents.prefetch(ids)

    def _unknown(self, id_: PackageId, error: NotFoundError) -> NotFoundError:
        given = error.details.get("suggestions")
        close = [str(item)[:200] for item in given[:3]] if isinstance(given, list) else []
        close = close or self._discovery.suggest(id_)
        hint = f"did you mean {' or '.join(close)}?" if close else "`ggen market search WORDS` finds packages"
        message = f"{self.name} has no package {id_}"
        return NotFoundError(
            "package-not-found", message, hint=hint, id=str(id_), suggestions=close, registry=self.name
        )

    def _listed(self, release: Release, yank: YankRecord | None) -> ListedRelease:
        return ListedRelease(release, yank.reason if yank and self._is_good(yank, release) else None)

    def _is_good(self, yank: YankRecord, release: Release) -> bool:
        try:
            self._trust.check_yank(yank, release.key)
        except MarketError as error:
            self._notify(f"{self.name}: the {yank.action} of {release} does not count: {error.message}")
            return False
        return True

    def _withdrawn(self, entry: PackageEntry, now: PackageEntry | None) -> None:
        from marketplace.registry.withdrawn import refuse

        refuse(self.name, entry, now, trust=self._trust, check_log=lambda: self._open_log().check(self._root))

    def get_package(self, id_: PackageId) -> Package:
        """Return all releases of a package; see `Registry`. Downloads that cannot be had are 0."""
        releases = self.list_versions(id_)
        wanted = Wanted(paths.downloads(id_), f"the downloads of {id_}", f"ggen market info {id_}")
        try:
            downloads = self._client.document(wanted, lambda data: documents.decode_downloads(data, id_))
        except (NotFoundError, UnavailableError):
            downloads = 0
        return Package(id_, releases, downloads)

    def get_release(self, id_: PackageId, version: Version) -> ListedRelease:
        """Return one release; see `Registry`."""
        listed = self.list_versions(id_)
        for item in listed:
            if item.release.version.precedence == version.precedence:
                return item
        available = [str(item.release.version) for item in listed]
        raise NotFoundError(
            "version-not-found", f"{id_} has no version {version}", hint=f"it has {', '.join(available[:10])}",
            id=str(id_), version=str(version), available=available,
        )  # fmt: skip

    def exists(self, id_: PackageId, version: Version | None = None) -> bool:
        """Tell whether the package (or that version of it) is there; see `Registry`."""
        try:
            listed = self.list_versions(id_)
        except NotFoundError:
            return False
        return any(version is None or item.release.version.precedence == version.precedence for item in listed)

    def manifest(self, release: Release) -> Manifest:
        """Return the manifest of a release; see `Registry`."""
        with suppress(NotFoundError):
            return Manifest.parse(self._store.read(release.manifest, MAX_BYTES))
        if self._client.mode is Mode.OFFLINE:
            raise offline_miss(self.name, f"the manifest of {release}", f"ggen market info {release}")
        data = self._client.bytes_of(paths.blob(release.manifest), MAX_BYTES)
        if digest_of(data) != release.manifest:
            from marketplace.registry.fetching import wrong_bytes

            raise wrong_bytes(self.name, digest_of(data), release.manifest)
        self._store.put_bytes(data)
        return Manifest.parse(data)

    def quality(self, release: Release) -> Quality | None:
        """Return what the registry says that it measured; see `Registry`. None too when it cannot be asked now."""
        from marketplace.insights.quality import Report

        wanted = Wanted(
            paths.quality(release.id, release.version), f"the quality of {release}", f"ggen market info {release}"
        )
        try:
            found = self._client.document(
                wanted, lambda data: Report.of_json(documents.decode_quality(data, release.id, release.version))
            )
        except (NotFoundError, UnavailableError):
            return None
        return Quality(found, self.name, is_ours=False)

    def estimate(self, source: PackageSource, release: Release) -> "Report":
        """Measure what the content tells, after the checks of `publish` that are made here; see `Registry`."""
        from marketplace.registry.publishing import checked
        from marketplace.registry.scoring import estimate, facts_of

        self._trust.check_release(release, pin=False)
        checked(source, release)
        if self.exists(release.id, release.version):
            hint = "raise the version in package.toml"
            raise ConflictError("version-exists", f"{release} is already published", hint=hint,
                                id=str(release.id), version=str(release.version))  # fmt: skip
        return estimate(facts_of(source), release, self._clock)

    def yanked(self, releases: Sequence[Release]) -> Mapping[PackageId, str]:
        """Return the reasons of those of `releases` that are yanked by now; see `Registry`.

        A locked project keeps working: when nobody can tell, none is yanked, and the user is told so.
        """
        wanted = Wanted(paths.YANKED, "the list of yanks", "ggen market outdated")
        try:
            yanks, _ = self._client.document(wanted, documents.decode_yanked)
        except UnavailableError as error:
            self._notify(f"whether locked versions were yanked is not known: {error.message}")
            return {}
        of = {(record.id, record.version.precedence): record for record in yanks}
        found = ((release, of.get((release.id, release.version.precedence))) for release in releases)
        return {r.id: record.reason for r, record in found if record and self._is_good(record, r)}

    def recommend(self, asked: Sequence[PackageId], limit: int) -> "tuple[Suggestion, ...]":
        """Return what goes with the packages `asked`; files alone do not tell what is required beside them."""
        from marketplace.insights.suggestions import check

        check(len(asked), limit)
        for id_ in asked:
            self._documents.of(id_)
        return self._discovery.recommend(self._root.api, asked, limit)

    def categories(self) -> Mapping[str, int]:
        """Return how many packages each category has; see `Registry`."""
        return self._discovery.categories()

    def ids(self) -> tuple[PackageId, ...]:
        """Return every package id, sorted; see `Registry`."""
        return self._discovery.ids()

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer a search; see `Registry`."""
        page = self._discovery.search(self._root.api, query)
        self._outcome = "found" if page.total else "absent"
        return page._replace(sources=self.asked(), degraded=self.degraded)

    def metadata(self) -> RegistryInfo:
        """Return facts about the registry; see `Registry`."""

        if self._root.api is None:
            return RegistryInfo(self.name, "http", self._client.base, len(self.ids()), 0, 0, "", {"api": None})
        wanted = Wanted(f"{self._root.api}metadata", "the facts", "ggen market registry ping")
        facts = self._client.document(wanted, read_facts)
        return RegistryInfo(
            self.name, "http", self._client.base, *counts_in(facts), str(facts.get("log_root", "")), facts
        )

    def ping(self) -> Mapping[str, object]:
        """Ask the registry itself, now, whatever is kept and however often it failed before; return what it is.

        Raises:
            MarketError: it does not answer, refuses, or answers what is wrong.
        """
        reply = self._client.call("GET", paths.REGISTRY, past_breaker=True)
        root = documents.decode_registry(reply.body)
        return {"registry": root.name, "interface": root.api is not None, "url": self._client.base}

    def prove(self, releases: Sequence[Release]) -> None:
        """Check that releases are in this registry's log, and that it is the log that it was; see `Registry`."""
        wanted = {release.id: release for release in releases}
        entries = [entry for id_ in wanted for entry in self._documents.of(id_).entries if entry.release == wanted[id_]]
        if not self._documents:
            return  # nothing that it says was used
        self._open_log().check(self._root, [(entry.release, entry.position) for entry in entries])

    # --- content -----------------------------------------------------------------------------------------------------

    def fetch(self, release: Release, store: "BlobStore") -> Fetched:
        """Fetch what `store` lacks of a release; see `Registry`."""
        return self.fetch_many([release], store)

    def fetch_many(
        self, releases: Sequence[Release], store: "BlobStore", *, have: Mapping[PackageId, str] | None = None,
        advance: Advance = lambda _what, _done, _total: None,
    ) -> Fetched:  # fmt: skip
        """Fetch what `store` lacks of several releases, together; see `Registry`."""
        from marketplace.registry.fetching import Fetching

        fetching = Fetching(self._client, store, self._folder / "partial", have=have or {}, advance=advance)
        lacking = [release for release in releases if fetching.lacks(release)]
        if not lacking:
            return Fetched(0, 0)
        if self._client.mode is Mode.OFFLINE:
            raise offline_miss(self.name, f"the content of {lacking[0]}", "ggen market install")
        return fetching.fetch(lacking, self._root.api)

    def count_installs(self, releases: Sequence[Release], roots: Mapping[PackageId, bool]) -> None:
        """Do nothing: a registry counts what it sends, and is told nothing of what becomes of it."""

    def statistics(self, id_: PackageId | None, days: int) -> "Statistics":
        """Return what the registry says that it counted; see `Registry`."""
        from marketplace.registry.remote_statistics import ask

        return ask(self._client, self._root.api, id_, days, self._unknown)

    # --- publishing --------------------------------------------------------------------------------------------------

    @cached_property
    def _uploading(self) -> "Uploading":
        from marketplace.registry.uploading import Uploading

        if self._client.mode is Mode.OFFLINE:
            raise offline_miss(self.name, "the interface", "the same command")
        return Uploading(self._client, self._api)

    def publish(self, source: PackageSource, release: Release) -> Receipt:
        """Check here what the registry will check, then send it; see `Registry`."""
        from marketplace.registry.publishing import checked

        self._trust.check_release(release, pin=False)
        checked(source, release)
        receipt = self._uploading.publish(source, release)
        self._trust.check_release(release)
        self._changed(release.id)
        return receipt

    def publish_many(self, packages: Sequence[tuple[PackageSource, Release]]) -> list[Receipt | MarketError]:
        """Publish several releases one after another; see `Registry`."""
        outcomes: list[Receipt | MarketError] = []
        for source, release in packages:
            try:
                outcomes.append(self.publish(source, release))
            except UnavailableError as error:
                if not any(isinstance(outcome, Receipt) for outcome in outcomes):
                    raise
                outcomes.append(error)
            except MarketError as error:
                outcomes.append(error)
        return outcomes

    def yank(self, record: YankRecord) -> None:
        """Append a yank; see `Registry`."""
        self._append_yank(record)

    def unyank(self, record: YankRecord) -> None:
        """Append an unyank; see `Registry`."""
        self._append_yank(record)

    def _append_yank(self, record: YankRecord) -> None:
        self._trust.check_yank(record, self.get_release(record.id, record.version).release.key)
        self._uploading.yank(record)
        self._changed(record.id)

    def _changed(self, id_: PackageId) -> None:
        """Believe nothing any more that was kept before this machine changed the registry."""
        self._client.cache.invalidate()
        self._documents.forget(id_)

    # --- who was asked -----------------------------------------------------------------------------------------------

    @property
    def degraded(self) -> bool:
        """Whether an old answer stood in for one that could not be had."""
        return self._client.oldest is not None

    def asked(self) -> tuple[Source, ...]:
        """Return what this registry said; see `Registry`."""
        age = self._client.oldest
        return (Source(self.name, self._outcome or "found", None if age is None else int(age)),)

    def source_of(self, _id: PackageId) -> str:
        """Return the name that a lock has for where a package comes from; see `Registry`."""
        return self.name


def read_facts(data: bytes) -> Mapping[str, object]:
    """Read the facts that a registry tells of itself.

    Raises:
        IntegrityError: `document-too-large` or `document-malformed`.
    """
    from marketplace.protocol.strict import read_object

    return read_object(data, limit=documents.MAX_DOCUMENT, what="facts")


def counts_in(facts: Mapping[str, object]) -> tuple[int, int, int]:
    """Return the numbers of packages, releases and log entries; 0 for one that is missing."""
    packages, releases, entries = (
        value if isinstance(value := facts.get(name), int) else 0 for name in ("packages", "releases", "log_size")
    )
    return packages, releases, entries
