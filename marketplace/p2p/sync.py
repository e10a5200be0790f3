"""Who lacks what: two nodes compare the states of their logs and send each other the rest. No I/O here.

The caller says what it has (`digest`, and `to_json` of the summary when the digests differ), learns what it lacks
(`lacking`) and what the other lacks (`offering`); entries travel in `batches`. docs/p2p.md has the order of messages.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from marketplace.model.entry import START, Entry
from marketplace.p2p.limits import BATCH_BYTES, MAX_SUMMARY_PART, MAX_SYNC_ENTRIES
from marketplace.p2p.logs import Head, PublisherLogs, Summary
from marketplace.p2p.messages import ProtocolError

_HEX = 64
_EMPTY = Head(0, START)
_MOST_ENTRIES = 10**9


def to_json(summary: Summary) -> dict[str, object]:
    """Return a summary as JSON: by author, the length, the hash of the last entry and those of the fork."""
    return {author: [head.length, head.hash, *head.fork] for author, head in summary.items()}


def parts(summary: Summary) -> Iterator[dict[str, object]]:
    """Yield a summary as JSON in parts that fit into a frame; one empty part for an empty summary."""
    items = iter(to_json(summary).items())
    part = dict(islice(items, MAX_SUMMARY_PART))
    yield part
    while part := dict(islice(items, MAX_SUMMARY_PART)):
        yield part


def from_json(document: Any) -> dict[str, Head]:
    """Read a summary.

    Raises:
        ProtocolError: it is none.
    """
    try:
        return {str(author): _head(*fields) for author, fields in document.items()}
    except (TypeError, AttributeError) as error:
        raise ProtocolError("no summary") from error


def _head(length: Any, last: Any, *fork: Any) -> Head:
    hashes = (last, *fork)
    if type(length) is not int or not 0 <= length <= _MOST_ENTRIES or len(fork) not in (0, 2):
        raise TypeError("length")
    if not all(isinstance(item, str) and len(item) == _HEX for item in hashes):
        raise TypeError("hash")
    return Head(length, last, fork)


def digest(summary: Summary) -> str:
    """Return a digest that two nodes share when they know the same, and only then."""
    return hashlib.sha256(json.dumps(to_json(summary), sort_keys=True).encode()).hexdigest()


def lacking(logs: PublisherLogs, theirs: Summary) -> dict[str, int]:
    """Return what `theirs` has and `logs` lack: by author, after how many entries it is to be sent."""
    wanted = {}
    for author, head in theirs.items():
        mine = logs.head(author)
        if head == mine:
            continue
        if head.length <= mine.length and logs.hash_at(author, head.length) != head.hash:
            wanted[author] = 0  # two chains: the first difference is the proof, the earliest whatever we have proved
        elif head.fork != mine.fork if head.fork else not mine.fork and head.length > mine.length:
            wanted[author] = mine.length
    return wanted


def offering(logs: PublisherLogs, theirs: Summary) -> Iterator[Entry]:
    """Yield what `logs` have and `theirs` lacks, after what `theirs` has more was fetched.

    So where the two are different chains `logs` know the fork by now.
    """
    for author, mine in logs.summary().items():
        head = theirs.get(author, _EMPTY)
        if head == mine or (head.fork and not mine.fork):
            continue
        if head.length <= mine.length:
            yield from logs.since(author, head.length)
        elif mine.fork:
            yield from logs.since(author, mine.length)


def batches(entries: Iterable[Entry]) -> Iterator[list[bytes]]:
    """Yield the encoded entries in batches that fit; the last one may be empty."""
    batch: list[bytes] = []
    size = 0
    for entry in entries:
        data = entry.encode()
        if batch and (len(batch) >= MAX_SYNC_ENTRIES or size + len(data) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(data)
        size += len(data)
    yield batch
