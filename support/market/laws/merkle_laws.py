"""The Merkle tree of the log against the recursive definition of RFC 6962, and the vectors of its first users."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

from marketplace.index import merkle

KNOWN_LEAVES = tuple(
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
)  # fmt: skip
"""The leaves of Certificate Transparency's reference tests (merkle_tree_test of the google/certificate-transparency
project), which other implementations use too."""


def naive_root(entries: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) as RFC 6962 section 2.1 writes it down."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


def _entries(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def _leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(entry) for entry in _entries(size)]


def check_roots(most: int) -> None:
    """Compare the root over leaves, and over peaks grown one by one, with the definition."""
    peaks: list[bytes] = []
    for size, leaf in enumerate(_leaves(most)):
        expected = naive_root(_entries(size))
        assert merkle.root_of_peaks(peaks) == merkle.root(_leaves(size)) == expected, size
        peaks = merkle.append(peaks, size, leaf)


def check_inclusion(most: int) -> None:
    """Verify every leaf's proof, and that it proves nothing else."""
    for size in range(1, most + 1):
        leaves = _leaves(size)
        root, other = merkle.root(leaves), merkle.leaf_hash(b"other")
        for index, leaf in enumerate(leaves):
            proof = merkle.inclusion_proof(leaves, index)
            assert merkle.verify_inclusion(leaf, index, size, proof, root), (size, index)
            assert not merkle.verify_inclusion(other, index, size, proof, root)
            assert not merkle.verify_inclusion(leaf, index, size, proof, other)
            assert not merkle.verify_inclusion(leaf, index, size, [*proof, other], root)
            assert not any(merkle.verify_inclusion(leaf, place, size, proof, root) for place in range(size + 1)
                           if place != index)  # fmt: skip


def check_consistency(most: int) -> None:
    """Verify that every log extends its beginnings, and that one with a changed past does not."""
    for size in range(1, most + 1):
        leaves = _leaves(size)
        root = merkle.root(leaves)
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(leaves, old)
            before = merkle.root(leaves[:old])
            assert merkle.verify_consistency(old, before, size, root, proof), (old, size)
            assert not merkle.verify_consistency(old, merkle.leaf_hash(b"other"), size, root, proof)
            assert not merkle.verify_consistency(old, before, size, merkle.leaf_hash(b"other"), proof)
            assert not merkle.verify_consistency(old, before, size, root, [*proof, merkle.leaf_hash(b"other")])
            if old < size:
                assert not merkle.verify_consistency(old, before, size, root, proof[:-1])
                assert not merkle.verify_consistency(size, root, old, before, proof)
        # Every log extends the empty one, and nothing is left to prove.
        assert merkle.verify_consistency(0, merkle.root([]), size, root, [])
        assert not merkle.verify_consistency(0, merkle.root([]), size, root, [root])
    for one, other in pairwise(merkle.root(_leaves(size)) for size in range(1, most)):
        assert one != other
