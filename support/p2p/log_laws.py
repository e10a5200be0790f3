"""What must hold of publisher logs, sync and views, whatever comes in which order."""

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.model.entry import Entry
from marketplace.model.release import LogRecord
from marketplace.p2p import sync
from marketplace.p2p.logs import PublisherLogs
from marketplace.p2p.view import View, view_of
from support.p2p.authors import Author, author, exchange, take

_EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True, database=None)


class Pins:
    """Trust decisions by namespace, and revoked keys."""

    def __init__(self, pins: Mapping[str, str] = {}, revoked: Iterable[str] = ()) -> None:
        self._pins = pins
        self._revoked = dict.fromkeys(revoked, "stolen")

    def keys_of(self, namespace: str) -> tuple[str, ...]:
        """Return the pinned key."""
        return tuple(filter(None, [self._pins.get(namespace)]))

    def revoked(self) -> Mapping[str, str]:
        """Return the revoked keys."""
        return self._revoked


def population() -> list[Entry]:
    """Return the entries of an honest author, of one that forked once, and of one that forked twice at two numbers."""
    ann, ben, eve = author("ann", 4), author("ben", 4), author("eve", 4)
    forks = [
        ben.fork(3, "io.ben.web"),
        eve.fork(4, "io.eve.web"),
        eve.fork(2, "io.eve.web"),
        eve.fork(2, "io.eve.more"),
    ]
    return [*ann.entries, *ben.entries, *eve.entries, *forks]


def check_any_order() -> None:
    """Hold that the entries give the same logs in whatever order and how often they come."""
    entries = population()
    wanted = sync.digest(_logs(entries).summary())

    @_EXAMPLES
    @given(st.permutations(entries), st.lists(st.sampled_from(entries), max_size=8))
    def check(order: list[Entry], again: list[Entry]) -> None:
        logs = PublisherLogs()
        take(logs, [*order, *again])
        assert sync.digest(logs.summary()) == wanted, logs.summary()

    check()


def check_any_partition() -> None:
    """Hold that nodes that each saw a part come to the same logs by syncing in pairs, in whatever order."""
    entries = population()
    wanted = sync.digest(_logs(entries).summary())

    @_EXAMPLES
    @given(st.lists(st.integers(0, 3), min_size=len(entries), max_size=len(entries)), st.randoms(use_true_random=False))
    def check(places: list[int], chance: random.Random) -> None:
        nodes = [PublisherLogs() for _ in range(4)]
        for number, logs in enumerate(nodes):
            take(logs, [entry for entry, place in zip(entries, places, strict=True) if place in (number, 3)])
        seen = {entry.hash for logs in nodes for entry in _all(logs)}
        pairs = list(itertools.permutations(range(4), 2))
        for _ in range(3):
            chance.shuffle(pairs)
            for caller, server in pairs:
                exchange(nodes[caller], nodes[server])
        assert len({sync.digest(logs.summary()) for logs in nodes}) == 1
        if seen == {entry.hash for entry in entries}:
            assert sync.digest(nodes[0].summary()) == wanted

    check()


def _all(logs: PublisherLogs) -> list[Entry]:
    return [*logs.entries(), *(entry for fork in logs.forks().values() for entry in fork)]


def _logs(entries: Iterable[Entry]) -> PublisherLogs:
    logs = PublisherLogs()
    take(logs, entries)
    return logs


def check_views_any_order(records: Sequence[LogRecord], namespace: str, pins: Pins) -> View:
    """Hold that a view is the same for every order of the authors' logs; return it."""
    by_author: dict[str, list[LogRecord]] = {}
    for record in records:
        by_author.setdefault(record.key, []).append(record)
    views = [
        view_of(namespace, [record for key in order for record in by_author[key]], pins)
        for order in itertools.permutations(by_author)
    ]
    assert all(view == views[0] for view in views), views
    return views[0]


def no_op_entries(count: int) -> int:
    """Return how many entries travel between two nodes that know the same."""
    entries = author("ann", count).entries
    return exchange(_logs(entries), _logs(entries))


def sync_from(length: int, count: int) -> int:
    """Return how many entries travel to a node that has the first `length` of `count`."""
    entries = author("ann", count).entries
    late, full = _logs(entries[:length]), _logs(entries)
    travelled = exchange(late, full)
    assert sync.digest(late.summary()) == sync.digest(full.summary())
    return travelled


def records_of(*authors: Author) -> list[LogRecord]:
    """Return the records of authors, one log after the other."""
    return [entry.record for one in authors for entry in one.entries]
