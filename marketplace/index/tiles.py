"""The log's Merkle tree in tiles (C2SP tlog-tiles): made from the index, and proofs computed from tiles.

Level 0 has the leaf hashes, and each level above the roots of the full tiles below it, 256 to a tile.
"""

from collections.abc import Callable, Sequence

from marketplace.errors import IntegrityError
from marketplace.index import merkle, published
from marketplace.index.local import LocalIndex
from marketplace.protocol import paths
from marketplace.protocol.paths import TILE_HEIGHT, TILE_WIDTH

HASH = 32
_LENGTH = 2
_LEAVES = "SELECT leaf FROM log WHERE seq > ? AND seq <= ? ORDER BY seq"


class LogTiles:
    """Makes tiles from an index. What is asked for beyond the log's end is None."""

    def __init__(self, index: LocalIndex) -> None:
        self._index = index
        self._roots: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int, width: int) -> bytes | None:
        """Return a tile of hashes."""
        if not _is_there(published.size(self._index), level, index, width):
            return None
        return b"".join(self._hashes(level, index, width))

    def _hashes(self, level: int, index: int, width: int) -> list[bytes]:
        first = index * TILE_WIDTH
        if level == 0:
            return [leaf for (leaf,) in self._index.rows(_LEAVES, (first, first + width))]
        return [self._root(level - 1, first + place) for place in range(width)]

    def _root(self, level: int, index: int) -> bytes:
        """Return the root of a full tile; it never changes."""
        if (level, index) not in self._roots:
            self._roots[level, index] = merkle.root(self._hashes(level, index, TILE_WIDTH))
        return self._roots[level, index]

    def entries(self, index: int, width: int) -> bytes | None:
        """Return a bundle of entries."""
        if not _is_there(published.size(self._index), 0, index, width):
            return None
        records = published.records(self._index, index * TILE_WIDTH, width)
        return b"".join(len(record).to_bytes(_LENGTH, "big") + record for record in records)


def _is_there(size: int, level: int, index: int, width: int) -> bool:
    return index * TILE_WIDTH + width <= size >> (TILE_HEIGHT * level)


def tiles_of(size: int) -> list[tuple[int, int, int]]:
    """Return level, index and width of every tile of a log of that size, partial ones last in their level."""
    found, level = [], 0
    while count := size >> (TILE_HEIGHT * level):
        full, rest = divmod(count, TILE_WIDTH)
        found += [(level, index, TILE_WIDTH) for index in range(full)] + ([(level, full, rest)] if rest else [])
        level += 1
    return found


def read_tile(data: bytes, width: int) -> list[bytes]:
    """Take a tile of `width` hashes apart.

    Raises:
        IntegrityError: `tile-malformed`.
    """
    if len(data) != width * HASH:
        raise IntegrityError("tile-malformed", f"a tile of {width} hashes has {len(data)} bytes")
    return [data[place : place + HASH] for place in range(0, len(data), HASH)]


class TiledTree:
    """The tree of a log of `size` entries, of which `fetch` gets tiles by their paths; each is asked for once."""

    def __init__(self, size: int, fetch: Callable[[str], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], list[bytes]] = {}
        self._roots: dict[tuple[int, int], bytes] = {}  # many proofs have the same subtrees in them

    def root(self) -> bytes:
        """Return the root over all entries."""
        return self._hash(0, self._size) if self._size else merkle.EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """Return the proof that entry `index` (from 0) is in the log, as `merkle.verify_inclusion` takes it."""
        low, high, proof = 0, self._size, list[bytes]()
        while high - low > 1:
            middle = low + (1 << (high - low - 1).bit_length() - 1)
            if index < middle:
                proof.insert(0, self._hash(middle, high))
                high = middle
            else:
                proof.insert(0, self._hash(low, middle))
                low = middle
        return proof

    def consistency(self, old: int) -> list[bytes]:
        """Return the proof that the log extends its first `old` entries, as `merkle.verify_consistency` takes it."""
        low, high, proof = 0, self._size, list[bytes]()
        if not 0 < old < self._size:
            return []
        while high != old:
            middle = low + (1 << (high - low - 1).bit_length() - 1)
            if old <= middle:
                proof.insert(0, self._hash(middle, high))
                high = middle
            else:
                proof.insert(0, self._hash(low, middle))
                low = middle
        return proof if low == 0 else [self._hash(low, high), *proof]

    def first(self, count: int) -> bytes:
        """Return the root over the first `count` entries (from 1 to all)."""
        return self._hash(0, count)

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash of entry `index` (from 0)."""
        return self._hash(index, index + 1)

    def _hash(self, low: int, high: int) -> bytes:
        """Return the Merkle tree hash of the entries from `low` up to but without `high`."""
        length = high - low
        if length & (length - 1) == 0 and low % length == 0:
            return self._perfect(length.bit_length() - 1, low)
        middle = low + (1 << (length - 1).bit_length() - 1)
        return merkle.node(self._hash(low, middle), self._hash(middle, high))

    def _perfect(self, height: int, low: int) -> bytes:
        """Return the root of a perfect subtree: one hash of a tile, or several of one tile taken together."""
        if (height, low) not in self._roots:
            self._roots[height, low] = self._computed(height, low)
        return self._roots[height, low]

    def _computed(self, height: int, low: int) -> bytes:
        level, rest = divmod(height, TILE_HEIGHT)
        first = low >> (TILE_HEIGHT * level)
        tile = self._tile(level, first // TILE_WIDTH)
        place = first % TILE_WIDTH
        return merkle.root(tile[place : place + (1 << rest)])

    def _tile(self, level: int, index: int) -> Sequence[bytes]:
        if (level, index) not in self._tiles:
            width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
            self._tiles[level, index] = read_tile(self._fetch(paths.tile(level, index, width)), width)
        return self._tiles[level, index]
