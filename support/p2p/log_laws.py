"""What must hold of publisher logs, sync and views, whatever comes in which order."""

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.model.entry import Entry
from marketplace.model.release import LogRecord
from marketplace.p2p import sync
from marketplace.p2p.logs import Offered, PublisherLogs
from marketplace.p2p.view import View, view_of
from support.p2p.authors import Author, author, exchange, take

_EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True, database=None)


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


def chains() -> list[list[Entry]]:
    """Return chains of entries: of an honest author, of one with two chains, and of one that forked at two numbers."""
    ann, ben, eve = author("ann", 4), author("ben", 4), author("eve", 4)
    branch = [*ben.entries[:1], *ben.branch(2, 3, "io.ben.web")]
    forks = [[eve.fork(4, "io.eve.web")], [eve.fork(2, "io.eve.web")], [eve.fork(2, "io.eve.more")]]
    return [ann.entries, ben.entries, branch, eve.entries, *forks]


def population() -> list[Entry]:
    """Return the entries of all chains."""
    return list({entry.hash: entry for chain in chains() for entry in chain}.values())


def _parts(nodes: int) -> st.SearchStrategy[list[list[int]]]:
    """Return a strategy for how much of each chain each node has seen, from its beginning."""
    return st.lists(
        st.lists(st.integers(0, 4), min_size=nodes, max_size=nodes), min_size=len(chains()), max_size=len(chains())
    )


def _seen(parts: list[list[int]], node: int) -> list[Entry]:
    return [entry for chain, lengths in zip(chains(), parts, strict=True) for entry in chain[: lengths[node]]]


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

    @_EXAMPLES
    @given(_parts(4), st.randoms(use_true_random=False))
    def check(parts: list[list[int]], chance: random.Random) -> None:
        nodes = [_logs(_seen(parts, number)) for number in range(4)]
        everything = _logs(entry for logs in nodes for entry in _all(logs))
        pairs = list(itertools.permutations(range(4), 2))
        for _ in range(3):
            chance.shuffle(pairs)
            for caller, server in pairs:
                exchange(nodes[caller], nodes[server])
        digests = {sync.digest(logs.summary()) for logs in nodes}
        assert digests == {sync.digest(everything.summary())}, [logs.summary() for logs in nodes]

    check()


def check_one_session() -> None:
    """Hold that a caller that only pulls comes to know all, and that a whole session leaves both sides alike.

    Twice in a row, since a fork that is found by one session changes what the next one asks for.
    """

    @_EXAMPLES
    @given(_parts(2), st.booleans())
    def check(parts: list[list[int]], push: bool) -> None:
        caller, server = _logs(_seen(parts, 0)), _logs(_seen(parts, 1))
        both = sync.digest(_logs([*_all(caller), *_all(server)]).summary())
        for _ in range(2):
            exchange(caller, server, push=push)
        gained = [caller, server] if push else [caller]
        assert all(sync.digest(logs.summary()) == both for logs in gained), [logs.summary() for logs in gained]

    check()


def stray_outcome() -> tuple[Offered, int]:
    """Return what becomes of an entry whose predecessor is another one than ours, and how long the log is then."""
    ann = author("ann", 3)
    logs = _logs(ann.entries[:2])
    return logs.offer(ann.branch(2, 2, "io.ann.web")[1]), len(logs)


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
