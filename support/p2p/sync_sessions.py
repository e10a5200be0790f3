"""Syncs between nodes in this process: the product's own sessions, over streams in memory."""

from collections.abc import Awaitable, Callable, Sequence

import trio
from trio.testing import memory_stream_pair

from marketplace.model.entry import START, Entry
from marketplace.p2p import syncing
from marketplace.p2p.logs import Offered, PublisherLogs
from marketplace.p2p.messages import ProtocolError
from marketplace.p2p.wire import PeerGoneError, Wire
from marketplace.security.verifier import Ed25519Verifier
from support.p2p.authors import Author, author
from support.p2p.memory import MemoryStream, run
from support.p2p.refused_entries import mangled

_SECONDS = 60.0


class MemoryKeeper:
    """A node's logs in memory; what it was made with is not verified: a liar's is not right."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.logs = PublisherLogs(entries)
        self.came = 0
        self._verifier = Ed25519Verifier()

    async def verify_all(self, batch: Sequence[bytes]) -> list[Entry]:
        """Read entries and check their signatures."""
        entries = [Entry.decode(data) for data in batch]
        for entry in entries:
            entry.verify(self._verifier.verify)
        return entries

    def admit(self, entries: Sequence[Entry]) -> list[Offered]:
        """Take entries in."""
        self.came += len(entries)
        return [self.logs.offer(entry) for entry in entries]


def session(caller: syncing.Keeper, server: syncing.Keeper) -> tuple[str, str]:
    """Sync; return the names of the errors by which the caller and the server ended it, empty where there was none."""
    errors = ["", ""]

    async def side(place: int, ends: trio.abc.Stream, talk: Callable[[Wire], Awaitable[object]]) -> None:
        wire = Wire(MemoryStream(ends, ("server", "caller")[place]))
        try:
            await talk(wire)
        except (syncing.ForgedError, ProtocolError, PeerGoneError) as error:
            errors[place] = type(error).__name__
            await wire.reset()
        else:
            await wire.close()

    async def both() -> None:
        mine, theirs = memory_stream_pair()
        with trio.fail_after(_SECONDS):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(side, 0, mine, lambda wire: syncing.call(wire, caller))
                nursery.start_soon(side, 1, theirs, lambda wire: syncing.serve(wire, server))

    run(both)
    return errors[0], errors[1]


def first_entries(**lengths: int) -> list[Entry]:
    """Return the first entries of publishers by name, as many of each as is said."""
    return [entry for name, length in lengths.items() for entry in author(name, length).entries]


def many_publishers(count: int) -> tuple[list[Entry], list[Entry]]:
    """Return a first entry of each of so many publishers, and the same without those whose keys sort first and last.

    Those between are not signed: nobody sends them, since both nodes know them.
    """
    signed = sorted((author(f"publisher{number}", 1).entries[0] for number in range(8)), key=lambda e: e.author)
    ends = [signed[0], signed[-1]]
    prefix = ends[0].author[:-64]
    record = signed[1].record
    keys = (f"{prefix}8{number:063x}" for number in range(count - 2))
    between = [Entry(key, 1, START, record) for key in keys]
    assert ends[0].author < between[0].author <= between[-1].author < ends[1].author
    return [*ends, *between], between


def liar(ann: Author, what: str) -> MemoryKeeper:
    """Return a peer whose log of ann ends with an entry that is not right."""
    return MemoryKeeper([*ann.entries[:-1], Entry.decode(mangled(ann, what))])
