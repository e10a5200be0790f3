"""Several registries in an order, each a shelf of files behind a recording proxy, or in a folder of this machine."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from marketplace.errors import MarketError
from marketplace.http.breaker import Breaker
from marketplace.http.cache import Cache
from marketplace.http.client import Client
from marketplace.http.connections import Connections
from marketplace.http.redirects import Redirecting
from marketplace.http.retry import Policy
from marketplace.model.ids import PackageId
from marketplace.model.package import PackageSource
from marketplace.model.version import Version
from marketplace.protocol import documents, paths
from marketplace.protocol.documents import PackageEntry, RegistryDocument
from marketplace.registries import Known, order_of
from marketplace.registry.base import Registry
from marketplace.registry.centralized import CentralizedRegistry
from marketplace.registry.chain import ChainRegistry
from marketplace.registry.local import LocalRegistry
from marketplace.registry.log_check import LogCheck
from marketplace.registry.log_state import LogState
from marketplace.search.base import SearchQuery
from marketplace.security.trust import TrustStore
from marketplace.storage.memory import MemoryStore
from support.centralized.asking import Time
from support.centralized.shelf import Shelf
from support.cleanroom.proxy.running import FaultProxy
from support.cleanroom.proxy.schedules import Schedule
from support.market.signing import release_by

_FAULTS = {"denied": "403", "unavailable": "501", "invalid": "garbage-body"}


@dataclass
class Place:
    """A registry of a scenario: over HTTP with its interface or as files alone, or in a folder."""

    folder: Path
    kind: str
    packages: list[str] = field(default_factory=list)
    shelf: Shelf | None = None
    proxy: FaultProxy | None = None

    def put(self, spec: str) -> None:
        """Let the registry have the release `ID@VERSION` of Alice's."""
        self.packages.append(spec)
        id_ = PackageId.parse(spec.partition("@")[0])
        own = [other for other in self.packages if other.startswith(f"{id_}@")]
        entries = [PackageEntry(release_by("Alice", other), place) for place, other in enumerate(own, 1)]
        if self.shelf:
            self.shelf.documents[f"/{paths.package(id_)}"] = documents.encode_package(id_, entries)

    def offer_logs(self, shelf: Shelf) -> None:
        """Let the interface recommend the package `log` of its namespace for each package that is there."""
        for id_ in {spec.partition("@")[0] for spec in self.packages}:
            other = f"{id_.rpartition('.')[0]}.log"
            fields = {"kind": "together", "id": other, "version": "1.0.0", "title": "", "score": 1.0, "because": id_}
            answer = json.dumps({"results": [{**fields, "reason": "is"}]}).encode()
            shelf.documents[f"/api/v1/recommendations?based_on={id_}&limit=5"] = answer

    def damage(self) -> None:
        """Let the registry's own data be wrong."""
        index = self.folder / "registry" / "index.sqlite"
        index.parent.mkdir(parents=True)
        index.write_bytes(b"this is no index")

    def requests(self, part: str) -> list[str]:
        """Return the requests whose address has `part` in it."""
        assert self.proxy is not None
        return [path for (path,) in self.proxy.received(["path"]) if part in path]


class Chains:
    """The registries of a scenario, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = Time()
        self.places: dict[str, Place] = {}
        self.known: dict[str, Known] = {}
        self.notes: list[str] = []
        self._connections = Connections({})

    def close(self) -> None:
        """End everything."""
        self._connections.close()
        for place in self.places.values():
            if place.proxy:
                place.proxy.close()
            if place.shelf:
                place.shelf.close()

    def add(self, name: str, kind: str, namespaces: tuple[str, ...] = ()) -> Place:
        """Make a registry: `interface`, `files` or `local`."""
        folder = self.folder / name
        folder.mkdir()
        place = self.places[name] = Place(folder, kind)
        if kind != "local":
            place.shelf = Shelf()
            root = RegistryDocument(name, "", "", paths.API if kind == "interface" else None)
            place.shelf.documents[f"/{paths.REGISTRY}"] = documents.encode_registry(root)
            place.proxy = FaultProxy(folder, place.shelf.netloc)
            self.known[name] = Known(name, f"{place.proxy.url}/", namespaces)
        return place

    def says(self, name: str, outcome: str) -> None:
        """Let a registry answer every question about a package in one way."""
        place = self.places[name]
        if outcome == "found":
            place.put("io.acme.web@1.0.0")
        elif place.kind == "local" and outcome == "invalid":
            place.damage()
        elif outcome in _FAULTS:
            assert place.proxy, f"{outcome} cannot be made of a registry in a folder"
            place.proxy.follow(Schedule().always("*", _FAULTS[outcome]))

    def chain(self, order: str) -> ChainRegistry:
        """Return the registries in an order, as a command opens them."""
        return ChainRegistry(order_of(order), self.known, self._opened, self.notes.append)

    def _opened(self, name: str) -> Registry:
        place = self.places[name]
        trust = TrustStore(self.folder / "trust.json")
        if place.kind == "local":
            return LocalRegistry(place.folder / "registry", trust=lambda: trust, name=name)
        policy = Policy(self.time.clock, self.time.monotonic, self.time.sleep, random.Random(0).uniform)
        client = Client(
            name, self.known[name].url, transport=Redirecting(self._connections), policy=policy,
            cache=Cache(place.folder / "cache", clock=self.time.clock), notify=self.notes.append,
            breaker=Breaker(place.folder / "cache", self.time.clock),
        )  # fmt: skip
        return CentralizedRegistry(
            client, place.folder, trust=lambda: trust, store=lambda: MemoryStore(1 << 20), notify=self.notes.append,
            log=lambda: LogCheck(client, LogState(place.folder / "log.json"), max_age=14, notify=self.notes.append),
        )  # fmt: skip

    def look_up(self, order: str, id_: str = "io.acme.web") -> str:
        """Look a package up in an order; return the name of who has it, or what the answer is instead."""
        self.last = self.chain(order)
        name, _, version = id_.partition("@")
        try:
            if version:
                self.last.get_release(PackageId.parse(name), Version.parse(version))
            else:
                self.last.list_versions(PackageId.parse(name))
        except MarketError as error:
            self.error = error
            return error.code
        return next(source.registry for source in self.last.asked() if source.outcome == "found")

    def publish(self, spec: str, order: str) -> str:
        """Publish a package without content; return what the answer is."""
        release = release_by("Alice", spec)
        try:
            self.chain(order).publish(cast(PackageSource, None), release)  # it must be refused before it is looked at
        except MarketError as error:
            return error.code
        return "published"

    def search(self, text: str, order: str) -> str:
        """Search in an order; return how much was found, or what the answer is instead."""
        try:
            return str(self.chain(order).search(SearchQuery(text)).total)
        except MarketError as error:
            return error.code

    def recommend(self, ids: Sequence[str], order: str) -> str:
        """Ask for what goes with packages; a registry that has one says that its namespace's `log` does."""
        for place in self.places.values():
            if place.shelf:
                place.offer_logs(place.shelf)
        found = self.chain(order).recommend([PackageId.parse(text) for text in ids], 5)
        return " ".join(item.id for item in found)

    def told(self) -> str:
        """Return who was asked in the last look-up, and what each said."""
        return ", ".join(f"{source.registry} {source.outcome}" for source in self.last.asked())
