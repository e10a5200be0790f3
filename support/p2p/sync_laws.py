"""What must hold of a sync between two nodes: who offers what, and in which pieces it travels."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from marketplace.model.entry import Entry
from marketplace.p2p import sync
from marketplace.p2p.limits import BATCH_BYTES
from marketplace.p2p.logs import Head, PublisherLogs
from marketplace.p2p.messages import ProtocolError, encode
from support.p2p.authors import Author, author, exchange, take

_HASH = "0" * 64


def logs_of(entries: Sequence[Entry]) -> PublisherLogs:
    """Return the logs of a node that has seen these entries."""
    logs = PublisherLogs()
    take(logs, entries)
    return logs


def sync_with_proof(liar: Author, seq: int) -> tuple[int, PublisherLogs, PublisherLogs]:
    """Sync a node that knows an author's fork with one that knows only the log; return what travelled, and both."""
    knows = logs_of([*liar.entries[:seq], liar.fork(seq, f"io.{liar.name}.other")])
    believes = logs_of(liar.entries)
    return exchange(knows, believes), knows, believes


def sync_parted(liar: Author, seq: int, first: int, length: int, times: int) -> list[PublisherLogs]:
    """Sync a node that knows an author's fork with one that knows another log of it alone; return both.

    The other log is the author's up to `first`, and another chain from there on, `length` entries in all.
    """
    knows = logs_of([*liar.entries[:seq], liar.fork(seq, f"io.{liar.name}.other")])
    branch = liar.branch(first, length - first + 1, f"io.{liar.name}.branch")
    believes = logs_of([*liar.entries[: first - 1], *branch])
    for _ in range(times):
        exchange(knows, believes)
    return [knows, believes]


def offered(mine: Sequence[Entry], theirs: Head) -> int:
    """Return how many entries of one author a node offers to one that says so of its own log."""
    logs = logs_of(mine)
    return len(list(sync.offering(logs, {mine[0].author: theirs})))


def batches_of(count: int) -> list[int]:
    """Return how many entries are in each batch that `count` short entries travel in; all must come, in their order."""
    entry = author("ann", 1).entries[0]
    entries = [replace(entry, seq=number) for number in range(1, count + 1)]
    found = [[Entry.decode(data) for data in batch] for batch in sync.batches(entries)]
    assert [entry for batch in found for entry in batch] == entries
    return [len(batch) for batch in found]


def check_long_batches(size: int, count: int) -> None:
    """Hold that batches of long entries end before they are too long, and not earlier."""
    ann = Author("ann")
    record = replace(ann.yank("io.ann.web", "1.0.0"), reason="x" * size)
    sizes = [[len(data) for data in batch] for batch in sync.batches([ann.entry(record, 1, _HASH)] * count)]
    assert len(sizes) > 1 and sum(map(len, sizes)) == count, sizes
    assert all(sum(batch) <= BATCH_BYTES for batch in sizes), sizes
    assert all(sum(batch) + following[0] > BATCH_BYTES for batch, following in pairwise(sizes)), sizes


def parts_of(count: int) -> list[int]:
    """Return how many publishers are in each part of a summary; the parts must fit, and be the whole together."""
    summary = {f"{number:064x}": Head(number, _HASH, (_HASH, _HASH)) for number in range(count)}
    parts = list(sync.parts(summary))
    for part in parts:
        encode({"equal": False, "summary": part, "more": True})
    merged = {name: head for part in parts for name, head in sync.from_json(part).items()}
    assert merged == summary
    return [len(part) for part in parts]


def read_summary(text: str) -> dict[str, Head] | None:
    """Read a summary in which `HASH` stands for one; None when it is refused."""
    try:
        return sync.from_json(json.loads(text.replace("HASH", f'"{_HASH}"')))
    except ProtocolError:
        return None
