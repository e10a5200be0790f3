"""Proof that a log broke its promise, as a file that anybody can check without a network: `checked` does.

The file holds two checkpoints that the log signed, the earlier seen first, and where their sizes differ hashes of the
tree of the later one.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from marketplace.errors import IntegrityError
from marketplace.index import merkle
from marketplace.index.tiles import HASH, TiledTree
from marketplace.protocol.notes import MAX_NOTE, Checkpoint, VerifierKey, read_checkpoint

FORMAT = 1
MAX_EVIDENCE = 4 * MAX_NOTE
_MAX_HASHES = 128


class Verdict(NamedTuple):
    """What a file proves of the log with `key`.

    `proves` is `split-view` (two heads that no one log can have), `taken-back` (a later head is of fewer entries), or
    `old-copy` (an older head was shown: whoever copies the log did so, and the log itself need not have lied).
    """

    proves: str
    key: VerifierKey
    earlier: Checkpoint
    later: Checkpoint


def path_of(tree: TiledTree, old: int, size: int) -> list[bytes]:
    """Return the hashes from which `roots_of` computes the roots of the first `old` entries and of all."""
    proof = tree.consistency(old)
    return [tree.first(old), *proof] if old & (old - 1) == 0 and old < size else proof


def roots_of(old: int, size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the first `old` and of all `size` entries of the one tree that has these subtrees.

    RFC 9162 section 2.1.4.2, without its first step: the first hash is given here even when `old` is a power of two, so
    that both roots are those of one tree whatever was signed.

    Raises:
        IntegrityError: `log-evidence-malformed`, these are not the hashes of any such tree.
    """
    if not 0 < old < size or not path:
        raise _malformed("its hashes are for no sizes of it")
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first, second = path[0], path[0]
    for step in path[1:]:
        if last == 0:
            raise _malformed("it has too many hashes")
        if place & 1 or place == last:
            first, second = merkle.node(step, first), merkle.node(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = merkle.node(second, step)
        place, last = place >> 1, last >> 1
    if last:
        raise _malformed("it has too few hashes")
    return first, second


def written(key: VerifierKey, earlier: bytes, later: bytes, path: Sequence[bytes] = ()) -> bytes:
    """Return the file's bytes; `earlier` and `later` are signed notes."""
    document = {
        "earlier": earlier.decode("utf-8"), "format": FORMAT, "hashes": [item.hex() for item in path],
        "key": str(key), "later": later.decode("utf-8"),
    }  # fmt: skip
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def checked(data: bytes) -> Verdict:
    """Return what a file proves, from nothing but its own bytes. Whether its key is that of the log is for you to see.

    Raises:
        IntegrityError: `log-evidence-malformed`; `log-evidence-empty`, it proves nothing; a `checkpoint-…` code.
    """
    fields = _fields(data)
    key = VerifierKey.parse(fields["key"])
    earlier, later = (read_checkpoint(fields[name].encode(), key) for name in ("earlier", "later"))
    return Verdict(_proved(earlier, later, fields["hashes"]), key, earlier, later)


def _fields(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data) if len(data) <= MAX_EVIDENCE else None
        hashes = [bytes.fromhex(item) for item in found["hashes"]] if isinstance(found, dict) else []
        texts = [found[name] for name in ("key", "earlier", "later")] if isinstance(found, dict) else [None]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _malformed(str(error)[:100]) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or len(hashes) > _MAX_HASHES:
        raise _malformed(f"it is not of format {FORMAT}")
    if not all(isinstance(text, str) for text in texts) or any(len(item) != HASH for item in hashes):
        raise _malformed("a field of it is wrong")
    return {**found, "hashes": hashes}


def _proved(earlier: Checkpoint, later: Checkpoint, hashes: Sequence[bytes]) -> str:
    if later.size < earlier.size:
        return "taken-back" if later.time > earlier.time else "old-copy"
    if later.size == earlier.size and later.root != earlier.root:
        return "split-view"
    if later.size > earlier.size > 0:
        old, new = roots_of(earlier.size, later.size, hashes)
        if new == later.root and old != earlier.root:
            return "split-view"
    message = "the file proves nothing: a log that keeps its promise can have signed both checkpoints"
    raise IntegrityError("log-evidence-empty", message, hint="do not blame the log for it")


def _malformed(why: str) -> IntegrityError:
    hint = "take the file that the client wrote, unchanged"
    return IntegrityError("log-evidence-malformed", f"this is no proof about a log: {why}", hint=hint)
