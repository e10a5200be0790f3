"""The log of a registry over HTTP, held to what this machine has seen of it: it may grow, and nothing else.

The log's key is pinned on first use. A checkpoint must extend the last one that was kept (consistency from the tiles),
must not be too old, and must hold every release that is about to be locked (inclusion from the tiles).
"""

from collections.abc import Sequence
from pathlib import Path

from marketplace.clock import Clock, system_clock
from marketplace.errors import IntegrityError
from marketplace.http.client import Client, Wanted
from marketplace.index import merkle
from marketplace.index.tiles import TiledTree
from marketplace.model.release import Release
from marketplace.protocol import paths
from marketplace.protocol.documents import RegistryDocument
from marketplace.protocol.notes import MAX_NOTE, Checkpoint, VerifierKey, read_checkpoint
from marketplace.storage.files import disk_error, write_atomic

_DAY = 86_400
_MAX_TILE = 256 * 32
_COMMAND = "ggen market install"


class LogWatch:
    """Watches the log of the registry that `client` asks.

    Args:
        folder: where the pinned key, the last checkpoint and proofs of misbehaviour are kept.
        max_age: days after which a checkpoint is too old.
    """

    def __init__(self, client: Client, folder: Path, *, max_age: int, clock: Clock = system_clock) -> None:
        self._client = client
        self._folder = folder
        self._max_age = max_age
        self._clock = clock

    def prove(self, root: RegistryDocument, releases: Sequence[tuple[int, Release]]) -> bool:
        """Check the log, and that it has each release at its position (from 1); return whether its key was pinned now.

        Raises:
            IntegrityError: `checkpoint-rolled-back` or `checkpoint-forked` (with `proof`, a file that shows it),
                `log-missing`, `log-key-changed`, `log-frozen`, `log-lacks-release`, or what reading one raises.
        """
        pinned = self._read("log.key").decode("utf-8", "replace").strip()
        if not root.key and not pinned:
            return False  # it keeps no log, and never did
        self._check_pin(root.key, pinned)
        key = VerifierKey.parse(root.key)
        kept = self._read("checkpoint")
        old = read_checkpoint(kept, key) if kept else None
        note, head = self._head(key, max([old.size if old else 0, *(position for position, _ in releases)]))
        tree = TiledTree(head.size, self._tile)
        if old:
            self._check_growth(old, head, tree, (kept, note))
        self._check_age(head)
        for position, release in releases:
            self._check_inclusion(head, tree, position, release)
        self._write("log.key", root.key.encode() + b"\n")
        self._write("checkpoint", note)
        return not pinned

    def _check_pin(self, key: str, pinned: str) -> None:
        name = self._client.name
        if not key:
            hint = "ask its operator; nothing from it is locked until it is clear"
            raise IntegrityError("log-missing", f"{name} had a log and shows none any more", hint=hint, registry=name)
        if pinned and key != pinned:
            hint = f"ask its operator over another channel; if it is right, remove {self._folder / 'log.key'}"
            message = f"the log of {name} is pinned to {pinned}, but signs as {key[:300]}"
            raise IntegrityError("log-key-changed", message, hint=hint, registry=name, pinned=pinned, offered=key[:300])

    def _head(self, key: VerifierKey, least: int) -> tuple[bytes, Checkpoint]:
        """Return the checkpoint; one that was kept and is older than what is to be shown is asked for again."""
        wanted = Wanted(paths.CHECKPOINT, "the log's checkpoint", _COMMAND, MAX_NOTE)
        note, head = self._client.document(wanted, lambda data: (data, read_checkpoint(data, key)))
        if head.size < least:
            self._client.cache.invalidate()
            note, head = self._client.document(wanted, lambda data: (data, read_checkpoint(data, key)))
        return note, head

    def _tile(self, path: str) -> bytes:
        return self._client.document(Wanted(path, f"the log's tile {path}", _COMMAND, _MAX_TILE), bytes)

    def _check_growth(self, old: Checkpoint, head: Checkpoint, tree: TiledTree, notes: tuple[bytes, bytes]) -> None:
        if head.size < old.size:
            raise self._caught("checkpoint-rolled-back", f"has {head.size} entries and had {old.size}", notes)
        proof = tree.consistency(old.size)
        if not merkle.verify_consistency(old.size, old.root, head.size, head.root, proof):
            raise self._caught("checkpoint-forked", "is not the one that it was: entries changed or are gone", notes)

    def _caught(self, code: str, what: str, notes: tuple[bytes, bytes]) -> IntegrityError:
        """Write down both signed notes: anybody who has the key can see that one signer signed both."""
        proof, name = self._folder / f"{code}.txt", self._client.name
        self._write(proof.name, b"\n----\n\n".join(notes))
        hint = f"show {proof} to its operator and to others: one key has signed both"
        return IntegrityError(code, f"the log of {name} {what}", hint=hint, registry=name, proof=str(proof))

    def _check_age(self, head: Checkpoint) -> None:
        days = (self._clock().timestamp() - head.time) / _DAY
        if days > self._max_age:
            name = self._client.name
            hint = "a mirror may not be brought up to date any more; the setting checkpoint_max_age decides (in days)"
            message = f"the last word of the log of {name} is {days:.0f} days old"
            raise IntegrityError("log-frozen", message, hint=hint, registry=name)

    def _check_inclusion(self, head: Checkpoint, tree: TiledTree, position: int, release: Release) -> None:
        leaf = merkle.leaf_hash(release.encode())
        shown = position <= head.size and merkle.verify_inclusion(
            leaf, position - 1, head.size, tree.inclusion(position - 1), head.root
        )
        if not shown:
            name = self._client.name
            hint = "do not use it; tell the registry's operator"
            message = f"{release} is not in the log of {name}"
            raise IntegrityError("log-lacks-release", message, hint=hint, registry=name, id=str(release.id))

    def _read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise disk_error(error, str(self._folder / name)) from error

    def _write(self, name: str, data: bytes) -> None:
        if self._read(name) == data:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(self._folder / name, data, mode=0o600)
        except OSError as error:
            raise disk_error(error, str(self._folder / name)) from error
