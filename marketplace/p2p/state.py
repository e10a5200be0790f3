"""What a node knows and has: its logs, the index that shows them, blobs, and its opinion of others. No network here."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import trio

from marketplace.errors import ConflictError, IntegrityError, MarketError, NotFoundError
from marketplace.index.local import refuse_idle_yank
from marketplace.model.entry import Entry
from marketplace.model.release import LogRecord, Release
from marketplace.model.tree import MAGIC
from marketplace.p2p import sync
from marketplace.p2p.announce import Announcement
from marketplace.p2p.limits import CHUNK
from marketplace.p2p.logs import Offered, PublisherLogs
from marketplace.p2p.logstore import LogStore
from marketplace.p2p.replica import Replica
from marketplace.p2p.reputation import Reputation
from marketplace.registry.local import LocalRegistry
from marketplace.security.trust import TrustStore
from marketplace.security.verifier import Ed25519Verifier
from marketplace.storage.files import write_atomic
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.locks import FileLock

_LISTS_KEPT = 64


class NodeState:
    """The part of a home that its node writes: the folder `node`. One process at a time may have it.

    Args:
        home: the home.
        now: returns seconds since 1970.
    """

    def __init__(self, home: Path, now: Callable[[], float]) -> None:
        self.folder = home / "node"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(self.folder / "node.lock", purpose="running the node", timeout=0.0)
        self._lock.__enter__()
        self.trust = TrustStore(home / "keys" / "trust.json")
        self.registry = LocalRegistry(self.folder, trust=lambda: self.trust, name="p2p")
        self._sources = (self.registry.store, FilesystemStore(home / "registry" / "store"))
        self._store = LogStore(self.folder / "logs.sqlite")
        self.registry.index.defer_syncs()  # the logs are synced, and what the index lacks of them is shown at the start
        self.replica = Replica(self.registry.index, self._records, self._store.manifest, self.trust)
        self.replica.reload()
        self._now = now
        self.reputation = self._read_reputation()
        self.verifier = Ed25519Verifier()
        self._lists: dict[str, tuple[int, tuple[str, ...]]] = {}

    def close(self) -> None:
        """Write what is kept, and let another process have the folder."""
        self.save_reputation()
        self._store.close()
        self.registry.index.close()
        self._lock.__exit__(None, None, None)

    # --- logs --------------------------------------------------------------------------------------------------------

    @property
    def logs(self) -> PublisherLogs:
        """The publisher logs."""
        return self._store.logs

    def _records(self) -> Iterable[LogRecord]:
        return (entry.record for entry in self._store.logs.entries())

    def verify(self, data: bytes) -> Entry:
        """Read an entry and check its signatures. Safe in any thread.

        Raises:
            IntegrityError: it is malformed, or a signature is not its author's.
        """
        entry = Entry.decode(data)
        entry.verify(self.verifier.verify)
        return entry

    async def verify_all(self, batch: Sequence[bytes]) -> list[Entry]:
        """Read entries and check their signatures, in a thread: it is what most of a sync's time is spent on.

        Raises:
            As `verify`.
        """
        return await trio.to_thread.run_sync(lambda: [self.verify(data) for data in batch])

    def admit(self, entries: Sequence[Entry], manifests: Iterable[tuple[str, bytes]] = ()) -> list[Offered]:
        """Keep verified entries and show them; return what became of each.

        Args:
            manifests: manifests that came with them, by digest, which was checked.

        Raises:
            UnavailableError: the disk is full or cannot be written; nothing was kept.
        """
        outcomes = self._store.offer(entries, manifests)
        if Offered.FORK in outcomes:
            self.replica.reload()
        else:
            pairs = zip(entries, outcomes, strict=True)
            self.replica.add(entry.record for entry, outcome in pairs if outcome is Offered.ADDED)
        return outcomes

    def refuse_repeated(self, records: Iterable[LogRecord]) -> None:
        """Hold that records of this home say something new: two releases of one version would hide each other.

        Raises:
            ConflictError: `version-exists`, `already-yanked` or `not-yanked`.
        """
        for record in records:
            if isinstance(record, Release):
                self._refuse_repeated_release(record)
            else:
                refuse_idle_yank(record, yanked=self.replica.is_yanked(record))

    def _refuse_repeated_release(self, release: Release) -> None:
        if self.replica.has(release):
            self.registry.index.refuse_existing(release)
            hint = "raise the version in package.toml; `ggen market node status` tells what is hidden, and why"
            raise ConflictError("version-exists", f"{release} is in the log of this key, and not shown", hint=hint)

    def admit_announced(self, announcements: Sequence[Announcement]) -> list[Offered]:
        """Keep what was announced, entries and manifests, as `admit`."""
        manifests = [
            (item.entry.record.manifest, item.manifest)
            for item in announcements
            if item.manifest and isinstance(item.entry.record, Release)
        ]
        return self.admit([item.entry for item in announcements], manifests)

    @property
    def awaits(self) -> bool:
        """Whether releases cannot be shown yet, since their manifests are missing."""
        return bool(self.replica.awaited)

    def wanted_manifests(self) -> list[str]:
        """Return the digests of manifests without which a release cannot be shown."""
        wanted = {release.manifest for release in self.replica.awaited.values()}
        found = []
        for digest in wanted:
            data = self.read_blob(digest)
            if data is not None:
                found.append((digest, data))
        self.add_manifests(found)
        return sorted(wanted - {digest for digest, _ in found})

    def add_manifests(self, found: Sequence[tuple[str, bytes]]) -> None:
        """Keep manifests, whose digests were checked, and show their releases."""
        if found:
            self._store.add_manifests(found)
            self.replica.manifests_came()

    # --- blobs -------------------------------------------------------------------------------------------------------

    def read_blob(self, digest: str) -> bytes | None:
        """Return a verified blob of at most one chunk from the stores or the manifests; None when it is not here."""
        for store in self._sources:
            with suppress(NotFoundError, IntegrityError):
                return store.read(digest, CHUNK)
        return self._store.manifest(digest)

    def size_of(self, digest: str) -> int | None:
        """Return the size of a blob in bytes, None when it is not here."""
        path = self._path_of(digest)
        if path:
            return path.stat().st_size
        manifest = self._store.manifest(digest)
        return None if manifest is None else len(manifest)

    def _path_of(self, digest: str) -> Path | None:
        paths = (store.path_of(digest) for store in self._sources)
        return next((path for path in paths if path.is_file()), None)

    def chunks_of(self, digest: str) -> tuple[int, tuple[str, ...]] | None:
        """Return the size and the chunk digests of a blob. Reads all of it, once: to be called in a thread."""
        if digest not in self._lists:
            path = self._path_of(digest)
            if path is None:
                return None
            with path.open("rb") as file:
                hashes = tuple(hashlib.sha256(data).hexdigest() for data in iter(lambda: file.read(CHUNK), b""))
            while len(self._lists) >= _LISTS_KEPT:
                del self._lists[next(iter(self._lists))]
            self._lists[digest] = (path.stat().st_size, hashes)
        return self._lists[digest]

    def read_chunk(self, digest: str, index: int) -> bytes | None:
        """Return one chunk of a blob as it is on disk; None when the blob is not here."""
        path = self._path_of(digest)
        if path is None:
            return None
        with path.open("rb") as file:
            return os.pread(file.fileno(), CHUNK, index * CHUNK)

    def count_sent(self, digest: str, data: bytes) -> None:
        """Count a download when what is sent begins a tree: everybody who wants a package asks for that first."""
        if data.startswith(MAGIC):
            with suppress(OSError, MarketError):  # a full disk: no answer fails for it
                self.registry.counting.count_sent(digest)

    def releases(self) -> list[Release]:
        """Return the releases shown."""
        views = self.replica.views.values()
        return [release for view in views for release in view.releases.values()]

    def digest(self) -> str:
        """Return a digest of the logs: nodes that know the same have the same."""
        return sync.digest(self.logs.summary())

    def quarantined(self) -> list[dict[str, object]]:
        """Return what is hidden because its author has contradicted itself, with the proof: both signed records."""
        found: list[dict[str, object]] = []
        for author, fork in self.logs.forks().items():
            why = f"its author signed two entries with the number {fork[0].seq}"
            found.append({"what": author, "why": why, "proof": [entry.encode().decode() for entry in fork]})
        for view in self.replica.views.values():
            for (id_, version), several in view.quarantined.items():
                why = "its author signed it twice, with different content"
                proof = [release.encode().decode() for release in several]
                found.append({"what": f"{id_}@{version}", "why": why, "proof": proof})
        return found

    # --- reputation --------------------------------------------------------------------------------------------------

    def _read_reputation(self) -> Reputation:
        try:
            document = json.loads((self.folder / "reputation.json").read_bytes())
            return Reputation.from_json(document, self._now)
        except FileNotFoundError:
            return Reputation(self._now)
        except ValueError as error:
            hint = f"restore {self.folder / 'reputation.json'} from a backup, or move it away: bans are lost with it"
            raise IntegrityError(
                "node-reputation-damaged", f"the list of scores is damaged: {error}", hint=hint
            ) from error

    def save_reputation(self) -> None:
        """Keep the scores."""
        data = json.dumps(self.reputation.to_json()).encode()
        write_atomic(self.folder / "reputation.json", data, mode=0o600)
