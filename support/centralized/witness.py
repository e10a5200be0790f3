"""A reader of logs that shares no code with the product: RFC 6962 and the C2SP formats, written from the standards."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from nacl.signing import VerifyKey


def mth(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes, as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:split]) + mth(leaves[split:])).digest()


def leaf(entry: bytes) -> bytes:
    """Return the leaf hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tile(leaves: list[bytes], level: int, index: int, width: int) -> bytes:
    """Return a tile as tlog-tiles defines it: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])."""
    span = 256**level
    first = index * 256
    return b"".join(mth(leaves[(first + i) * span : (first + i + 1) * span]) for i in range(width))


@dataclass(frozen=True, slots=True)
class Head:
    """What a verified checkpoint says."""

    size: int
    root: bytes
    time: int


def head(checkpoint: bytes, vkey: str) -> Head:
    """Verify both signatures of a checkpoint under a verifier key, by the standards alone."""
    name, key_id, encoded = vkey.split("+", 2)
    public = base64.b64decode(encoded)
    assert public[0] == 1 and len(public) == 33, vkey
    assert hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] == key_id, vkey
    text, _, signatures = checkpoint.decode().rpartition("\n\n")
    text += "\n"
    found = {}
    for line in signatures.splitlines():
        dash, who, signature = line.split(" ")
        assert (dash, who) == ("\u2014", name), line
        data = base64.b64decode(signature)
        found[data[:4]] = data[4:]
    plain = found[bytes.fromhex(key_id)]
    stamped = found[hashlib.sha256(name.encode() + b"\n\x04" + public[1:]).digest()[:4]]
    time = int.from_bytes(stamped[:8], "big")
    VerifyKey(public[1:]).verify(text.encode(), plain)
    VerifyKey(public[1:]).verify(f"cosignature/v1\ntime {time}\n{text}".encode(), stamped[8:])
    origin, size, root = text.splitlines()
    assert origin == name, text
    return Head(int(size), base64.b64decode(root), time)


def entries(fetch: Callable[[str], bytes], size: int) -> list[bytes]:
    """Return all entries of a log below 256,000 entries, from its bundles."""
    found = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        data = fetch(f"log/tile/entries/{index:03}" + ("" if width == 256 else f".p/{width}"))
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
        assert not data, "bytes follow the last entry"
    return found


def check_log(fetch: Callable[[str], bytes], vkey: str) -> list[bytes]:
    """Read a whole log of fewer than 65,536 entries, and hold checkpoint, entries and tiles to each other."""
    found = head(fetch("log/checkpoint"), vkey)
    records = entries(fetch, found.size)
    leaves = [leaf(record) for record in records]
    assert mth(leaves) == found.root, "the entries do not have the root that was signed"
    for level, count in ((0, found.size), (1, found.size // 256)):
        for index in range((count + 255) // 256):
            width = min(256, count - index * 256)
            path = f"log/tile/{level}/{index:03}" + ("" if width == 256 else f".p/{width}")
            assert fetch(path) == tile(leaves, level, index, width), path
    return records
