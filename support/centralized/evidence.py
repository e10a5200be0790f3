"""Files that are to prove something about a log, most of which prove nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from marketplace.index.tiles import TiledTree
from marketplace.protocol import notes
from marketplace.protocol.notes import Checkpoint
from marketplace.registry import log_evidence
from support.centralized import witness
from support.centralized.logs import key_of

_LEAVES = [witness.leaf(b"%d" % number) for number in range(8)]
_OLD, _NEW = 3, 7


def _head(size: int, seconds: int, root: bytes | None = None) -> bytes:
    key, sign = key_of("Mallory")
    found = (witness.mth(_LEAVES[:size]) if size else bytes(32)) if root is None else root
    return notes.write_checkpoint(Checkpoint(key.name, size, found, seconds), key, sign)


def _hashes(leaves: list[bytes] = _LEAVES) -> list[bytes]:
    tree = TiledTree(_NEW, lambda _path: witness.tile(leaves[:_NEW], 0, 0, _NEW))
    return log_evidence.path_of(tree, _OLD, _NEW)


def _written(earlier: bytes, later: bytes, hashes: Sequence[bytes] = ()) -> bytes:
    return log_evidence.written(key_of("Mallory")[0], earlier, later, hashes)


def _grown(hashes: Sequence[bytes]) -> bytes:
    return _written(_head(_OLD, 1), _head(_NEW, 2), hashes)


def _with(**changed: object) -> bytes:
    fields = json.loads(_grown(_hashes()))
    return json.dumps({name: value for name, value in {**fields, **changed}.items() if value is not None}).encode()


_MADE: Mapping[str, Callable[[], bytes]] = {
    "no JSON": lambda: b"proof",
    "a list": lambda: b"[]",
    "no key": lambda: _with(key=None),
    "a number for a checkpoint": lambda: _with(later=7),
    "hashes of 31 bytes": lambda: _with(hashes=["00" * 31] * 3),
    "129 hashes": lambda: _with(hashes=["00" * 32] * 129),
    "more than 256 KiB": lambda: _with(more="x" * log_evidence.MAX_EVIDENCE),
    "no hashes, though the later head has more": lambda: _grown([]),
    "a hash too few": lambda: _grown(_hashes()[:-1]),
    "a hash too many": lambda: _grown([*_hashes(), bytes(32)]),
    "the hashes of another tree": lambda: _grown(_hashes([bytes(32), *_LEAVES[1:]])),
    "two heads of a log that grew": lambda: _grown(_hashes()),
    "an empty log's head and a later one": lambda: _written(_head(0, 1), _head(_NEW, 2)),
    "the same head twice": lambda: _written(_head(_NEW, 1), _head(_NEW, 1)),
    "two roots for one size": lambda: _written(_head(_NEW, 1), _head(_NEW, 2, bytes(32))),
}


def write(path: Path, what: str) -> None:
    """Write such a file."""
    path.write_bytes(_MADE[what]())
