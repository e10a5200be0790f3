"""The Merkle tree over the log (RFC 6962 section 2.1, RFC 9162 section 2.1): a root commits to all entries."""

from collections.abc import Sequence

EMPTY_ROOT = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""SHA-256 of nothing."""
_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(record: bytes) -> bytes:
    """Return the 32-byte hash of a log entry."""
    return _sha256(_LEAF + record)


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return _sha256(_NODE + left + right)


def _sha256(data: bytes) -> bytes:
    import hashlib  # loads OpenSSL, which a search does not need

    return hashlib.sha256(data).digest()


def append(peaks: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the peaks (roots of the perfect subtrees, largest first) of a tree of `size` leaves after one more."""
    grown = [*peaks, leaf]
    while size & 1:
        right, left = grown.pop(), grown.pop()
        grown.append(node(left, right))
        size >>= 1
    return grown


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the tree that has these peaks."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        peaks = append(peaks, size, leaf)
    return root_of_peaks(peaks)


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf `index` (from 0), nearest sibling first (RFC 9162 section 2.1.3.1)."""
    if len(leaves) <= 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*inclusion_proof(leaves[:middle], index), root(leaves[middle:])]
    return [*inclusion_proof(leaves[middle:], index - middle), root(leaves[:middle])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Tell whether `proof` shows that `leaf` is entry `index` of the tree of `size` leaves with root `expected`.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == expected


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the proof that the tree of the first `old_size` leaves is a prefix (RFC 9162 section 2.1.4.1)."""
    return _subproof(leaves, old_size, complete=True) if 0 < old_size < len(leaves) else []


def _subproof(leaves: Sequence[bytes], old: int, *, complete: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if complete else [root(leaves)]
    middle = _split(len(leaves))
    if old <= middle:
        return [*_subproof(leaves[:middle], old, complete=complete), root(leaves[middle:])]
    return [*_subproof(leaves[middle:], old - middle, complete=False), root(leaves[:middle])]


def verify_consistency(old_size: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether `proof` shows that the tree of `size` extends the one of `old_size` (RFC 9162 section 2.1.4.2)."""
    if old_size == size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof
    if old_size > size or not proof:
        return False
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old, new = path[0], path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node(step, old), node(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root
