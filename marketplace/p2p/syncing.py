"""Sync over a stream: both sides end up with the same logs. The caller asks, the server answers; see docs/p2p.md."""

from collections.abc import Collection, Sequence
from typing import Protocol

from marketplace.errors import IntegrityError
from marketplace.model.entry import Entry
from marketplace.p2p import sync
from marketplace.p2p.limits import CONFIRM_EACH, CONFIRM_MOST, CONFIRM_SECONDS, MAX_AUTHORS
from marketplace.p2p.logs import Head, Offered, PublisherLogs, Summary
from marketplace.p2p.messages import ProtocolError, whole
from marketplace.p2p.wire import Wire


class Keeper(Protocol):
    """Who keeps the logs that a sync compares: `NodeState`, or whoever simulates one."""

    @property
    def logs(self) -> PublisherLogs:
        """The publisher logs."""

    async def verify_all(self, batch: Sequence[bytes]) -> list[Entry]:
        """Read entries and check their signatures.

        Raises:
            IntegrityError: one is malformed, or a signature is not its author's.
        """

    def admit(self, entries: Sequence[Entry]) -> list[Offered]:
        """Keep verified entries; return what became of each.

        Raises:
            UnavailableError: the disk is full or cannot be written; nothing was kept.
        """


class ForgedError(Exception):
    """A peer sent an entry with a signature that is not its author's."""


def confirm_seconds(entries: int) -> float:
    """Return how long a peer has to confirm that it has written down so many entries."""
    return min(CONFIRM_SECONDS + CONFIRM_EACH * entries, CONFIRM_MOST)


async def call(wire: Wire, keeper: Keeper, authors: Collection[str] = ()) -> bool:
    """Sync with a peer that serves; return whether anything was exchanged.

    With `authors` only their logs are fetched, and nothing is sent.

    Raises:
        ForgedError: a signature in an entry is not its author's.
        ProtocolError, PeerGoneError, StalledError: as `Wire`.
        UnavailableError: the disk is full or cannot be written.
    """
    await wire.send({"digest": sync.digest(keeper.logs.summary())})
    theirs = await _receive_summary(wire)
    if theirs is None:
        await wire.send({"want": {}})
        await wire.send_batch([], more=False)
        return False
    if authors:
        theirs = {author: head for author, head in theirs.items() if author in authors}
    wanted = sync.lacking(keeper.logs, theirs)
    asked: set[str] = set()
    while wanted:
        await wire.send({"want": wanted})
        asked |= {author for author, after in wanted.items() if after == 0}
        gaps = await receive(wire, keeper)
        wanted = dict.fromkeys(gaps - asked, 0)
    await wire.send({"want": {}})
    entries = [] if authors else list(sync.offering(keeper.logs, theirs))
    await _send_all(wire, entries)
    await wire.receive(confirm_seconds(len(entries)))  # the other side has written down what it got
    return True


async def serve(wire: Wire, keeper: Keeper) -> None:
    """Answer a peer that syncs.

    Raises:
        As `call`.
    """
    request = await wire.receive()
    summary = keeper.logs.summary()
    if request.get("digest") == sync.digest(summary):
        await wire.send({"equal": True})
    else:
        await _send_summary(wire, summary)
    while wanted := _wanted(await wire.receive()):
        entries = [entry for author, after in wanted.items() for entry in keeper.logs.since(author, after)]
        await _send_all(wire, entries)
    await receive(wire, keeper)
    await wire.send({"done": True})


async def receive(wire: Wire, keeper: Keeper) -> set[str]:
    """Receive batches of entries and admit them; return the authors of whose logs entries before them are missing."""
    gaps: set[str] = set()
    more = True
    while more:
        batch, more = await wire.receive_batch()
        if more and not batch:
            raise ProtocolError("an empty batch, and more to come")
        entries = await _verified(keeper, batch)
        outcomes = keeper.admit(entries)
        pairs = zip(entries, outcomes, strict=True)
        gaps |= {entry.author for entry, outcome in pairs if outcome is Offered.GAP}
    return gaps


async def _verified(keeper: Keeper, batch: list[bytes]) -> list[Entry]:
    try:
        return await keeper.verify_all(batch)
    except IntegrityError as error:
        if error.code.startswith("signature-"):
            raise ForgedError(error.message) from error
        raise ProtocolError(error.message) from error


async def _send_all(wire: Wire, entries: list[Entry]) -> None:
    found = list(sync.batches(entries))
    for number, batch in enumerate(found, 1):
        await wire.send_batch(batch, more=number < len(found))


async def _send_summary(wire: Wire, summary: Summary) -> None:
    found = list(sync.parts(summary))
    for number, part in enumerate(found, 1):
        await wire.send({"equal": False, "summary": part, "more": number < len(found)})


async def _receive_summary(wire: Wire) -> dict[str, Head] | None:
    """Receive a summary in its parts; None when the other side knows what we know."""
    found: dict[str, Head] = {}
    while True:
        message = await wire.receive()
        if message.get("equal") is True:
            return None
        found.update(sync.from_json(message.get("summary")))
        if len(found) > MAX_AUTHORS:
            raise ProtocolError("a summary of too many authors")
        if message.get("more") is not True:
            return found


def _wanted(message: dict[str, object]) -> dict[str, int]:
    wanted = message.get("want")
    if not isinstance(wanted, dict) or len(wanted) > MAX_AUTHORS:
        raise ProtocolError("no list of what is wanted")
    return {str(author): whole(wanted, author, 10**9) for author in wanted}
