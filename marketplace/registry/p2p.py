"""The registry of the peers: the node's synced index is read in place, and the node does what needs the network."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.errors import ConflictError, MarketError, UnavailableError
from marketplace.registry.local import LocalRegistry
from marketplace.registry.node_client import NodeClient

if TYPE_CHECKING:
    from marketplace.index.local import LocalIndex
    from marketplace.model.ids import PackageId
    from marketplace.model.package import ListedRelease, PackageSource
    from marketplace.model.release import LogRecord, Release, YankRecord
    from marketplace.registry.base import Fetched, Receipt, RegistryInfo
    from marketplace.security.keys import Signer
    from marketplace.security.trust import TrustStore
    from marketplace.storage.base import BlobStore


class P2PRegistry(LocalRegistry):
    """A `Registry` that is the folder `node` of a home, written by the node that runs there.

    A search never leaves the machine. Every method may raise UnavailableError `node-not-running`.

    Args:
        home: the home.
        signer: loads the key that signs what is appended to the publisher's log.
    """

    def __init__(
        self,
        home: Path,
        *,
        signer: "Callable[[], Signer]",
        trust: "Callable[[], TrustStore]",
        notify: Callable[[str], None] = lambda _text: None,
        lock_timeout: float = 30.0,
    ) -> None:
        super().__init__(home / "node", trust=trust, name="p2p", notify=notify, lock_timeout=lock_timeout)
        self._node = NodeClient(home)
        self._signer = signer
        self._keeps_index = True

    @cached_property
    def index(self) -> "LocalIndex":
        """The synced index; there is one only while a node runs, since only that keeps it in sync."""
        from marketplace.index.local import LocalIndex

        self._keeps_index = not self._node.ask("hello")["light"]
        return LocalIndex(self._index_path, may_create=lambda: False)

    def list_versions(self, id_: "PackageId") -> "tuple[ListedRelease, ...]":
        """Return the releases of a package; a light node looks the package up first. See `Registry`."""
        if not self.index.releases(id_) and not self._keeps_index:
            self._node.ask("lookup", id=str(id_))
        return super().list_versions(id_)

    def publish_many(self, packages: "Sequence[tuple[PackageSource, Release]]") -> "list[Receipt | MarketError]":
        """Publish releases one after the other; see `Registry`.

        Raises:
            UnavailableError: `publish-unreached`, the release is in this node's log but no peer has it yet; and as
                `Registry`.
        """
        outcomes: list[Receipt | MarketError] = []
        for source, release in packages:
            try:
                outcomes.append(self._publish(source, release))
            except UnavailableError:
                raise
            except MarketError as error:
                outcomes.append(error)
        return outcomes

    def _publish(self, source: "PackageSource", release: "Release") -> "Receipt":
        from marketplace.registry.base import Receipt
        from marketplace.registry.publishing import blobs_of, checked

        self._trust.check_release(release, pin=False)
        _, manifest = checked(source, release)
        self.index.refuse_existing(release)
        with self.store.writing(f"publishing {release}"):
            stored = self.store.put_many(blobs_of(source))
            self._trust.check_release(release)
            position, extra = self._append(release, manifest.decode("utf-8"))
        return Receipt(release, self.name, position, len(stored), sum(stored.values()), extra)

    def _append(self, record: "LogRecord", manifest: str = "") -> tuple[int, dict[str, int]]:
        """Sign the next entry of the publisher's log and have the node spread it; return its number and its reach."""
        from marketplace.model.entry import Entry

        signer = self._signer()
        head = self._node.ask("head", author=signer.public)
        entry = Entry(signer.public, int(head["length"]) + 1, str(head["hash"]), record).signed(signer.sign)
        answer = self._node.ask("append", entry=entry.encode().decode("utf-8"), manifest=manifest)
        reach = {name: int(answer[name]) for name in ("peers", "provider_records")}
        if not reach["peers"]:
            hint = "it spreads by itself as soon as a peer connects; `ggen market node peers` shows who is connected"
            message = f"{record.id}@{record.version} is in the log of this node, but no peer has it yet"
            raise UnavailableError("publish-unreached", message, hint=hint, **reach)
        return entry.seq, reach

    def _append_yank(self, record: "YankRecord") -> None:
        listed = self.get_release(record.id, record.version)
        self._trust.check_yank(record, listed.release.key)
        if (listed.yanked is not None) == (record.action == "yank"):
            code, text = (
                ("already-yanked", "yanked already") if listed.yanked is not None else ("not-yanked", "not yanked")
            )
            raise ConflictError(code, f"{record.id}@{record.version} is {text}")
        self._append(record)

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

    def metadata(self) -> "RegistryInfo":
        """Return facts about the registry; see `Registry`."""
        from dataclasses import replace

        return replace(super().metadata(), kind="p2p")
