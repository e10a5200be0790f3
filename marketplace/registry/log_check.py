"""A registry's log, checked: its key pinned at first use, each checkpoint an extension of the last, releases in it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from marketplace.clock import Clock, system_clock
from marketplace.errors import IntegrityError, NotFoundError
from marketplace.http.cache import Entry
from marketplace.http.client import Client, Mode, Wanted, offline_miss
from marketplace.index import merkle
from marketplace.index.tiles import HASH, TiledTree
from marketplace.model.release import Release
from marketplace.protocol import paths
from marketplace.protocol.documents import RegistryDocument
from marketplace.protocol.notes import MAX_NOTE, Checkpoint, VerifierKey, read_checkpoint
from marketplace.registry import log_evidence
from marketplace.registry.log_state import KnownLog, LogState

_T = TypeVar("_T")

_DAY = 86_400
_COMMAND = "ggen market update"
_ASK = "do not use this registry until its operator explains"
_WANTED = Wanted(paths.CHECKPOINT, "the checkpoint of the log", _COMMAND, MAX_NOTE)


class Head(NamedTuple):
    """A checkpoint as it was signed, and what it says."""

    note: bytes
    checkpoint: Checkpoint


class LogCheck:
    """Checks the log of the registry that `client` asks.

    Args:
        state: what this home knows of the log.
        max_age: days after which a checkpoint is too old.
        notify: told what the user should know.
    """

    def __init__(
        self, client: Client, state: LogState, *, max_age: int,
        notify: Callable[[str], None] = lambda _text: None, clock: Clock = system_clock,
    ) -> None:  # fmt: skip
        self._client = client
        self._state = state
        self._max_age = max_age
        self._notify = notify
        self._clock = clock
        self._refused = b""

    def check(self, root: RegistryDocument, releases: Iterable[tuple[Release, int]] = ()) -> None:
        """Check the log's head, and that releases are in the log at their positions (from 1).

        A registry without a log is passed over while none is pinned. Offline the age of the head is not looked at.

        Raises:
            IntegrityError: `log-key-changed`, `log-missing`, `checkpoint-forked`, `checkpoint-rolled-back`,
                `log-frozen`, `log-tile-wrong`, `log-lacks-release`, or one of a checkpoint, a key or the state.
            UnavailableError: it cannot be had now.
        """
        if not root.key and self._state.load() is None:
            return
        wanted = list(releases)
        with self._state.alone():
            known = self._pinned(root)
            head = self._head(known, max((position for _, position in wanted), default=0))
            tree = _Tree(self._client, head.checkpoint)
            self._compare(known, head, tree)
            for release, position in wanted:
                self._show(release, position, tree)
            self._keep(known, head)

    # --- the key -----------------------------------------------------------------------------------------------------

    def _pinned(self, root: RegistryDocument) -> KnownLog:
        known = self._state.load()
        if known is None:
            return KnownLog(_key_of(root))
        if not root.key:
            raise self._error("log-missing", f"it has no log any more; {known.key} was pinned")
        if str(known.key) != root.key:
            message = f"its log has another key: {root.key[:300]}, and {known.key} was pinned"
            name = self._client.name
            hint = f"when its operator confirms the new key: `ggen market registry remove {name}`, and add it again"
            raise self._error("log-key-changed", message, hint)
        return known

    # --- the head ----------------------------------------------------------------------------------------------------

    def _head(self, known: KnownLog, least: int) -> Head:
        """Return the registry's head, signed, not too old, and not of fewer entries than are known of."""
        try:
            return self._client.document(_WANTED, lambda note: self._accepted(known, note, least))
        except NotFoundError as error:
            raise self._error("log-missing", "it has no checkpoint of its log") from error
        except IntegrityError as error:
            if error.code == "checkpoint-rolled-back":
                self._prove(error, log_evidence.written(known.key, known.checkpoint, self._refused))
            raise

    def _accepted(self, known: KnownLog, note: bytes, least: int) -> Head:
        checkpoint = read_checkpoint(note, known.key)
        last = _last(known)
        if last and checkpoint.size < last.size:
            self._refused = note
            message = f"its log has {checkpoint.size} entries, and had {last.size} before"
            raise self._error("checkpoint-rolled-back", message)
        age = self._clock().timestamp() - checkpoint.time
        if age > self._max_age * _DAY and self._client.mode is not Mode.OFFLINE:
            message = f"the newest head of its log is {age / _DAY:.0f} days old; {self._max_age} are allowed"
            hint = "ask its operator whether the log is still signed; the setting checkpoint_max_age is what is allowed"
            raise self._error("log-frozen", message, hint)
        if checkpoint.size < least:
            raise self._not_logged(f"its log has {checkpoint.size} entries, and a release is said to be number {least}")
        return Head(note, checkpoint)

    def _compare(self, known: KnownLog, head: Head, tree: "_Tree") -> None:
        """Check that the head extends the last one that was kept."""
        last = _last(known)
        if last is None or last.size == 0:
            return
        found = head.checkpoint
        path, old = list[bytes](), found.root
        if last.size < found.size:
            path, old = tree.verified(lambda tiles: _extension(tiles, last.size, found), self._wrong_tile)
        if old != last.root:
            evidence = log_evidence.written(known.key, known.checkpoint, head.note, path)
            message = f"its log of {found.size} entries does not extend the one of {last.size} that was seen before"
            raise self._prove(self._error("checkpoint-forked", message), evidence)

    def _keep(self, known: KnownLog, head: Head) -> None:
        """Keep what was verified; the first time this pins the key."""
        last = _last(known)
        if last is None or (head.checkpoint.size, head.checkpoint.time) > (last.size, last.time):
            self._state.save(KnownLog(known.key, head.note))
        if last is None:
            self._notify(f"the log of {self._client.name} is now pinned to its key (first use): {known.key}")

    # --- releases ----------------------------------------------------------------------------------------------------

    def _show(self, release: Release, position: int, tree: "_Tree") -> None:
        leaf = merkle.leaf_hash(release.encode())
        found = tree.verified(lambda tiles: _entry(tiles, position - 1, leaf, tree.checkpoint), self._wrong_tile)
        if found != leaf:
            raise self._not_logged(f"entry {position} of its log is not {release}")

    # --- errors ------------------------------------------------------------------------------------------------------

    def _error(self, code: str, message: str, hint: str = _ASK) -> IntegrityError:
        return IntegrityError(code, f"{self._client.name}: {message}", hint=hint, registry=self._client.name)

    def _not_logged(self, message: str) -> IntegrityError:
        hint = "a mirror that is being written catches up: try again in a minute; then tell its operator"
        return self._error("log-lacks-release", message, hint)

    def _wrong_tile(self) -> IntegrityError:
        return self._error("log-tile-wrong", "the tiles of its log do not have the root that the log signed")

    def _prove(self, error: IntegrityError, evidence: bytes) -> IntegrityError:
        """Write the proof and name it in the error."""
        path = self._state.keep_evidence(evidence)
        error.hint = f"show {path} to others who use it; `ggen market registry proof FILE` checks it without a network"
        error.details["proof"] = str(path)
        return error


def _last(known: KnownLog) -> Checkpoint | None:
    return read_checkpoint(known.checkpoint, known.key) if known.checkpoint else None


def _key_of(root: RegistryDocument) -> VerifierKey:
    key = VerifierKey.parse(root.key)
    if key.name != root.origin:
        message = f"the log is called {root.origin[:200]!r}, and its key is that of {key.name}"
        raise IntegrityError("log-key-malformed", message, hint="tell the registry's operator")
    return key


class _Tree:
    """The tiles under a signed head: kept ones are used when they verify, else all are fetched once more."""

    def __init__(self, client: Client, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._client = client
        self._fetched: dict[str, bytes] = {}
        self._used_kept = False
        self._tiles = TiledTree(checkpoint.size, self._tile)

    def verified(self, compute: Callable[[TiledTree], _T | None], wrong: Callable[[], IntegrityError]) -> _T:
        """Return what `compute` makes of the tiles: None from it says that they do not have the root that was signed.

        Raises:
            IntegrityError: what `wrong` returns, or `tile-malformed`.
        """
        found = compute(self._tiles)
        if found is None and self._used_kept:
            self._used_kept, self._tiles = False, TiledTree(self.checkpoint.size, self._fresh)
            found = compute(self._tiles)
        if found is None:
            raise wrong()
        self._store()
        return found

    def _tile(self, path: str) -> bytes:
        kept = self._client.cache.load(self._client.base + path)
        if kept and kept.status == 200 and len(kept.body) % HASH == 0:
            self._used_kept = True
            return kept.body
        return self._fresh(path)

    def _fresh(self, path: str) -> bytes:
        if self._client.mode is Mode.OFFLINE:
            raise offline_miss(self._client.name, "a tile of the log", _COMMAND)
        try:
            self._fetched[path] = self._client.bytes_of(path, paths.TILE_WIDTH * HASH)
        except NotFoundError as error:
            message = f"{self._client.name}: a tile of its log is not there: {path}"
            raise IntegrityError("log-missing", message, hint=_ASK, registry=self._client.name) from error
        return self._fetched[path]

    def _store(self) -> None:
        cache = self._client.cache
        for path, data in self._fetched.items():
            cache.store(Entry(self._client.base + path, 200, "", cache.now(), cache.era(), data))
        self._fetched = {}


def _extension(tiles: TiledTree, old: int, found: Checkpoint) -> tuple[list[bytes], bytes] | None:
    path = log_evidence.path_of(tiles, old, found.size)
    first, second = log_evidence.roots_of(old, found.size, path)
    return (path, first) if second == found.root else None


def _entry(tiles: TiledTree, index: int, leaf: bytes, found: Checkpoint) -> bytes | None:
    """Return `leaf` when it is the entry, else the entry that the tiles show; None when they are not of this log."""
    proof = tiles.inclusion(index)
    if merkle.verify_inclusion(leaf, index, found.size, proof, found.root):
        return leaf
    other = tiles.leaf(index)
    return other if merkle.verify_inclusion(other, index, found.size, proof, found.root) else None
