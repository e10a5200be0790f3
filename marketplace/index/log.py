"""The log of the local index: signed records in their order, their leaves, and the Merkle root over them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from marketplace.index import merkle
from marketplace.index.file import IndexFile
from marketplace.index.schema import lost

if TYPE_CHECKING:
    from marketplace.model.release import LogRecord


class LogHead(NamedTuple):
    """How many entries the log has and the Merkle root over them, in hexadecimal."""

    size: int
    root: str


class IndexLog(IndexFile):
    """The log. Nothing in it is ever changed; what is derived from it is not here."""

    def head(self) -> LogHead:
        """Return the size and root of the log."""
        with self._guarded() as db:
            size = db.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()[0]
            return LogHead(size, merkle.root_of_peaks(self._peaks()).hex())

    def entries(self, after: int = 0) -> "Iterator[tuple[int, LogRecord]]":
        """Yield the log's entries with their numbers (from 1), those beyond `after`; each checked against its leaf."""
        from marketplace.model.release import Release, YankRecord

        with self._guarded() as db:
            rows = db.execute("SELECT seq, kind, record, leaf FROM log WHERE seq > ? ORDER BY seq", (after,))
            for seq, kind, record, leaf in rows:
                check_leaf(seq, record, leaf)
                yield seq, Release.decode(record) if kind == "release" else YankRecord.decode(record)

    def leaves(self) -> list[bytes]:
        """Return the leaf hash of every log entry, each checked against its record.

        Raises:
            IntegrityError: `index-corrupt`.
        """
        with self._guarded():
            return self._leaves()

    def _leaves(self) -> list[bytes]:
        leaves = []
        for place, (seq, record, leaf) in enumerate(self._db.execute("SELECT seq, record, leaf FROM log ORDER BY seq")):
            if seq != place + 1:
                raise lost(f"log entry {place + 1} is missing")
            check_leaf(seq, record, leaf)
            leaves.append(leaf)
        return leaves

    def _append(self, kind: str, record: bytes) -> int:
        size = self._db.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()[0]
        leaf = merkle.leaf_hash(record)
        peaks = merkle.append(self._peaks(), size, leaf)
        self._db.execute("INSERT INTO log VALUES (?, ?, ?, ?)", (size + 1, kind, record, leaf))
        self._set_meta("peaks", b"".join(peaks).hex())
        return int(size) + 1

    def _peaks(self) -> list[bytes]:
        joined = bytes.fromhex(self._meta("peaks"))
        return [joined[i : i + 32] for i in range(0, len(joined), 32)]


def check_leaf(seq: int, record: bytes, leaf: bytes) -> None:
    """Raise IntegrityError `index-corrupt` when a record of the log is not the one of its leaf."""
    if not isinstance(record, bytes) or merkle.leaf_hash(record) != leaf:
        raise lost(f"log entry {seq} is altered")
