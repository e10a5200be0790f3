"""Registries that lie about their log on purpose, with and without its own key; proofs of it, looked at offline."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from marketplace.index.tiles import HASH, TiledTree
from marketplace.protocol import documents, notes, paths
from marketplace.protocol.documents import RegistryDocument
from marketplace.protocol.notes import Checkpoint
from marketplace.registry import log_evidence
from marketplace.server.log import LogKey, log_key
from marketplace.server.options import LOG_KEY
from support.centralized import witness
from support.centralized.logs import key_of, note
from support.market.signing import code_of

Documents = dict[str, bytes]
_DAY = 86_400
_CHECKPOINT, _ROOT = f"/{paths.CHECKPOINT}", f"/{paths.REGISTRY}"


class Liar:
    """Changes the files of a registry whose publisher's home is `home`; fewer than 256 entries.

    Args:
        earlier: its files at an earlier time.
    """

    def __init__(self, files: Documents, home: Path, earlier: Mapping[str, bytes]) -> None:
        self._files = files
        self._key: LogKey = log_key(home / "registry" / LOG_KEY)
        self._earlier = earlier

    def tell(self, lie: str) -> None:
        """Let the registry tell one lie."""
        lies: Mapping[str, Callable[[], object]] = {
            "an older copy of everything": self._roll_back,
            "a shorter log, signed now": lambda: self._sign(self._leaves()[:1]),
            "a log with another first entry": lambda: self._sign([bytes(32), *self._leaves()[1:]]),
            "a log without its last entry, but another": lambda: self._sign([*self._leaves()[:-1], bytes(32)]),
            "a log of the same length with another last entry": self._same_length,
            "a head of 15 days ago": lambda: self._sign(self._leaves(), age=15 * _DAY),
            "another key": self._other_key,
            "no log": self._no_log,
            "no checkpoint": lambda: self._files.pop(_CHECKPOINT),
            "a checkpoint that somebody else signed": lambda: self._put(_CHECKPOINT, self._by_mallory()),
            "no tile": lambda: self._files.pop(self._tile_path()),
            "a tile cut short": lambda: self._put(self._tile_path(), self._files[self._tile_path()][:-32]),
            "a wrong hash in a tile": self._wrong_hash,
        }
        lies[lie]()

    def _put(self, path: str, data: bytes) -> None:
        self._files[path] = data

    def _head(self) -> witness.Head:
        return witness.head(self._files[_CHECKPOINT], str(self._key.verifier))

    def _tile_path(self) -> str:
        return "/" + paths.tile(0, 0, self._head().size)

    def _leaves(self) -> list[bytes]:
        data = self._files[self._tile_path()]
        return [data[place : place + 32] for place in range(0, len(data), 32)]

    def _sign(self, leaves: list[bytes], age: int = 0) -> None:
        """Show a log of these leaves, signed with its own key: now, and in a second after the head that it showed."""
        root, now = witness.mth(leaves), max(int(time.time()), self._head().time + 1)
        checkpoint = Checkpoint(self._key.verifier.name, len(leaves), root, now - age)
        self._put(_CHECKPOINT, notes.write_checkpoint(checkpoint, self._key.verifier, self._key.sign))
        self._put("/" + paths.tile(0, 0, len(leaves)), witness.tile(leaves, 0, 0, len(leaves)))

    def _same_length(self) -> None:
        size = witness.head(self._earlier[_CHECKPOINT], str(self._key.verifier)).size
        self._files |= self._earlier
        self._sign([*self._leaves()[: size - 1], bytes(32)])

    def _roll_back(self) -> None:
        self._files.clear()
        self._files |= self._earlier

    def _root(self, origin: str, key: str) -> None:
        found = documents.decode_registry(self._files[_ROOT])
        self._put(_ROOT, documents.encode_registry(RegistryDocument(found.name, origin, key, found.api)))

    def _other_key(self) -> None:
        key, _ = key_of("Mallory", self._key.verifier.name)
        self._put(_CHECKPOINT, self._by_mallory())
        self._root(key.name, str(key))

    def _no_log(self) -> None:
        self._files.pop(_CHECKPOINT)
        self._root("", "")

    def _by_mallory(self) -> bytes:
        head, (key, sign) = self._head(), key_of("Mallory", self._key.verifier.name)
        return notes.write_checkpoint(Checkpoint(key.name, head.size, head.root, int(time.time())), key, sign)

    def _wrong_hash(self) -> None:
        data = self._files[self._tile_path()]
        self._put(self._tile_path(), bytes(32) + data[32:])


def write_log_proof(path: Path) -> None:
    """Write the proof that a log took entries back."""
    key, sign = key_of("Mallory")
    heads = [Checkpoint(key.name, size, bytes(32), seconds) for size, seconds in ((3, 1), (2, 2))]
    earlier, later = (notes.write_checkpoint(head, key, sign) for head in heads)
    path.write_bytes(log_evidence.written(key, earlier, later))


def check_by_witness(proof: Path) -> None:
    """Check, by code that is not the product's, that both checkpoints of a proof are signed and do not fit together."""
    fields = json.loads(proof.read_bytes())
    earlier, later = (witness.head(fields[name].encode(), fields["key"]) for name in ("earlier", "later"))
    hashes = [bytes.fromhex(item) for item in fields["hashes"]]
    if later.size < earlier.size:
        return
    assert earlier.root != later.root, fields
    if later.size == earlier.size:
        return
    assert (earlier.size, later.size) == (2, 3), "the witness knows the tree of three alone"
    assert witness.node(*hashes) == later.root, "the hashes are not of the later tree"
    assert hashes[0] != earlier.root, "the later tree extends the earlier one"


def check_spoilt(proof: Path) -> None:
    """Check that a proof with anything changed proves nothing."""
    fields = json.loads(proof.read_bytes())
    spoilt = {
        "log-evidence-empty": {**fields, "later": fields["earlier"]},
        "checkpoint-unsigned": {**fields, "key": str(key_of("Mallory", fields["key"].split("+")[0])[0])},
        "checkpoint-malformed": {**fields, "later": fields["later"].replace("\u2014", "-")},
        "log-evidence-malformed": {**fields, "format": 2},
    }
    for code, document in spoilt.items():
        data = json.dumps(document).encode()
        found = code_of(lambda data=data: log_evidence.checked(data)).code  # type: ignore[misc]
        assert found == code, (code, found)


def check_paths(sizes: int) -> None:
    """Compare, for every two sizes up to a bound, the roots computed from a proof's hashes with the definition."""
    leaves = [witness.leaf(b"%d" % number) for number in range(sizes)]
    for size in range(2, sizes + 1):
        tree = TiledTree(size, lambda _path, size=size: witness.tile(leaves[:size], 0, 0, size))  # type: ignore[misc]
        for old in range(1, size):
            found = log_evidence.roots_of(old, size, log_evidence.path_of(tree, old, size))
            assert found == (witness.mth(leaves[:old]), witness.mth(leaves[:size])), (old, size)


def spoil_state(path: Path, trouble: str) -> None:
    """Let something be wrong with the file of what is known of a log."""
    text = path.read_text(encoding="utf-8")
    if trouble == "a folder":
        path.unlink()
        path.mkdir()
        return
    fields = json.loads(text)
    changed = {
        "cut short": text[:50],
        "of a newer format": json.dumps({**fields, "format": 2}),
        "of no format": json.dumps({**fields, "format": None}),
        "without a checkpoint": json.dumps({**fields, "checkpoint": ""}),
        "with another checkpoint": json.dumps({**fields, "checkpoint": note("Mallory").decode()}),
    }
    path.write_text(changed[trouble], encoding="utf-8")


def spoil_kept_tile(cache: Path) -> None:
    """Let somebody have changed the first hash in the one tile of a log that is kept, unnoticed by the cache."""
    (file,) = (path for path in cache.rglob("answers/*") if b"/log/tile/" in path.read_bytes().partition(b"\n")[0])
    head, _, body = file.read_bytes().partition(b"\n")
    changed = bytes(HASH) + body[HASH:]
    fields = {**json.loads(head), "sha256": hashlib.sha256(changed).hexdigest()}
    file.write_bytes(json.dumps(fields).encode() + b"\n" + changed)
