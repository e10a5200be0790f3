"""The registry of the peers: the node's synced index is read in place, and the node does what needs the network."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.errors import ConflictError, MarketError, NotFoundError, UnavailableError
from marketplace.registry.local import LocalRegistry, system_time
from marketplace.registry.node_client import MAX_LINE, NodeClient

if TYPE_CHECKING:
    from marketplace.clock import Clock
    from marketplace.index.local import LocalIndex
    from marketplace.insights.quality import Report
    from marketplace.insights.statistics import Statistics
    from marketplace.model.ids import PackageId
    from marketplace.model.package import ListedRelease, PackageSource
    from marketplace.model.release import LogRecord, Release, YankRecord
    from marketplace.registry.base import Fetched, Receipt, RegistryInfo
    from marketplace.security.keys import Signer
    from marketplace.security.trust import TrustStore
    from marketplace.storage.base import BlobStore

_APPEND_TRIES = 50
"""How often a log may have moved before one gives up; each time another process of this user has come through."""


class P2PRegistry(LocalRegistry):
    """A `Registry` that is the folder `node` of a home, written by the node that runs there.

    A search never leaves the machine. Every method may raise UnavailableError `node-not-running`.

    Args:
        home: the home.
        signer: loads the key that signs what is appended to the publisher's log.
        clock: by which quality is measured.
    """

    def __init__(
        self,
        home: Path,
        *,
        signer: "Callable[[], Signer]",
        trust: "Callable[[], TrustStore]",
        notify: Callable[[str], None] = lambda _text: None,
        lock_timeout: float = 30.0,
        clock: "Clock" = system_time,
    ) -> None:
        super().__init__(home / "node", trust=trust, name="p2p", notify=notify, lock_timeout=lock_timeout, clock=clock)
        self._node = NodeClient(home)
        self._signer = signer
        self._keeps_index = True

    @cached_property
    def index(self) -> "LocalIndex":
        """The synced index; there is one only while a node runs, since only that keeps it in sync."""
        from marketplace.index.local import LocalIndex

        self._keeps_index = not self._node.ask("hello")["light"]
        return LocalIndex(self.index_path, may_create=lambda: False)

    def list_versions(self, id_: "PackageId") -> "tuple[ListedRelease, ...]":
        """Return the releases of a package; a light node looks the package up first. See `Registry`."""
        if not self.index.releases(id_) and not self._keeps_index:
            self._node.ask("lookup", id=str(id_))
        return super().list_versions(id_)

    def prefetch(self, ids: "Sequence[PackageId]") -> "Mapping[PackageId, MarketError]":
        """Tell nothing of a light node, which has yet to look a package up; see `Registry`."""
        missed = super().prefetch(ids)
        return missed if self._keeps_index else {}

    def publish_many(self, packages: "Sequence[tuple[PackageSource, Release]]") -> "list[Receipt | MarketError]":
        """Publish releases, each checked by itself; those that are taken are appended and spread together.

        Raises:
            UnavailableError: `publish-unreached`, they are in this node's log but no peer has them yet; and as
                `Registry`.
        """
        from marketplace.registry.base import Receipt

        outcomes: list[Receipt | MarketError | None] = [None] * len(packages)
        taken: list[tuple[int, Release, str, dict[str, int], dict[str, object]]] = []
        with self.store.writing(f"publishing {len(packages)} packages"):
            for number, (source, release) in enumerate(packages):
                try:
                    taken.append((number, release, *self._store(source, release, [item[1] for item in taken])))
                except UnavailableError:
                    raise
                except MarketError as error:
                    outcomes[number] = error
            if taken:
                numbers, extra = self._append([(release, manifest) for _, release, manifest, _, _ in taken])
        for place, (number, release, _, stored, quality) in enumerate(taken):
            outcomes[number] = Receipt(
                release, self.name, numbers[place], len(stored), sum(stored.values()), extra, quality
            )  # fmt: skip
        return [outcome for outcome in outcomes if outcome is not None]

    def _store(
        self, source: "PackageSource", release: "Release", earlier: "Iterable[Release]"
    ) -> tuple[str, dict[str, int], dict[str, object]]:
        """Check a release, store its content, and return its manifest, the sizes of new blobs and its quality."""
        from marketplace.registry.publishing import blobs_of, checked
        from marketplace.registry.scoring import estimate, facts_of

        self.trust.check_release(release, pin=False)
        _, manifest = checked(source, release)
        quality = estimate(facts_of(source), release, self._clock).summary()
        if any(release.id == other.id and release.version.precedence == other.version.precedence for other in earlier):
            raise ConflictError("version-exists", f"{release} is published twice at once", id=str(release.id))
        self.index.refuse_existing(release)
        stored = self.store.put_many(blobs_of(source))
        self.trust.check_release(release)
        return manifest.decode("utf-8"), stored, quality

    def _append(self, records: "Sequence[tuple[LogRecord, str]]") -> tuple[list[int], dict[str, int]]:
        """Sign the next entries of the publisher's log, each with its manifest, and have the node spread them.

        Returns the numbers of the entries and the reach of the last of them.
        """
        numbers: list[int] = []
        moved = 0
        while len(numbers) < len(records):
            try:
                reach = self._append_next(records, numbers)
            except ConflictError as error:
                moved += 1  # another process of this user has appended between the question for the head and ours
                if error.code != "log-moved" or moved == _APPEND_TRIES:
                    raise
        if not reach["peers"]:
            hint = "it spreads by itself as soon as a peer connects; `ggen market node peers` shows who is connected"
            what = f"{records[0][0].id}@{records[0][0].version}" if len(records) == 1 else f"{len(records)} packages"
            message = f"what was published ({what}) is in the log of this node, but no peer has it yet"
            raise UnavailableError("publish-unreached", message, hint=hint, **reach)
        return numbers, reach

    def _append_next(self, records: "Sequence[tuple[LogRecord, str]]", numbers: list[int]) -> dict[str, int]:
        """Append the records that have no number yet, and note their numbers; return the reach of the last ones.

        Raises:
            ConflictError: `log-moved`.
        """
        from marketplace.model.entry import Entry

        signer = self._signer()
        head = self._node.ask("head", author=signer.public)
        length, last = int(head["length"]), str(head["hash"])
        entries = []
        for number, (record, manifest) in enumerate(records[len(numbers) :], length + 1):
            entry = Entry(signer.public, number, last, record).signed(signer.sign)
            last = entry.hash
            entries.append({"entry": entry.encode().decode("utf-8"), "manifest": manifest})
        for some in _slices(entries):
            answer = self._node.ask("append", entries=some)
            numbers.extend(range(length + 1, length + len(some) + 1))
            length += len(some)
        return {name: int(answer[name]) for name in ("peers", "provider_records")}

    def estimate(self, source: "PackageSource", release: "Release") -> "Report":
        """Measure what the content tells: among peers nobody keeps when a release was taken. See `Registry`."""
        from marketplace.registry.publishing import checked
        from marketplace.registry.scoring import estimate, facts_of

        self.trust.check_release(release, pin=False)
        checked(source, release)
        self.index.refuse_existing(release)
        return estimate(facts_of(source), release, self._clock)

    def _measured(self, release: "Release") -> "Report | None":
        """Measure what is here of a release, and keep nothing of it: peers keep no scores."""
        from marketplace.registry.scoring import estimate

        facts = self._stored_facts(release)
        return estimate(facts, release, self._clock) if facts else None

    def _append_yank(self, record: "YankRecord") -> None:
        listed = self.get_release(record.id, record.version)
        self.trust.check_yank(record, listed.release.key)
        self._append([(record, "")])

    def fetch(self, release: "Release", store: "BlobStore") -> "Fetched":
        """Have the node fetch what is lacking from its peers, verified; see `Registry`.

        Raises:
            UnavailableError: `content-unreachable`, no peer could serve it.
        """
        from marketplace.registry.base import Fetched

        answer = self._node.ask("fetch", content_id=release.content_id)
        if store is not self.store:
            super().fetch(release, store)
        return Fetched(int(answer["files"]), int(answer["bytes"]))

    def statistics(self, id_: "PackageId | None", days: int) -> "Statistics":
        """Return what this node counted: others tell nothing. See `Registry`."""
        found = super().statistics(id_, days)
        if any(found.totals.values()):
            return found
        hint = "ask a registry that serves and counts: ggen market stats --registry NAME"
        raise NotFoundError("statistics-none", "this node has counted nothing, and knows of no release", hint=hint)

    def metadata(self) -> "RegistryInfo":
        """Return facts about the registry; see `Registry`."""
        from dataclasses import replace

        return replace(super().metadata(), kind="p2p")


def _slices(entries: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Yield entries in parts that a request to the node can hold."""
    part: list[dict[str, str]] = []
    size = 0
    for entry in entries:
        length = sum(map(len, entry.values()))
        if part and size + length > MAX_LINE // 4:  # JSON escapes what it quotes
            yield part
            part, size = [], 0
        part.append(entry)
        size += length
    yield part
