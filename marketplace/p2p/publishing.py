"""Publishing: telling the peers of entries that are in our logs, and entering their content in the DHT."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import trio

from marketplace.model.release import Release
from marketplace.p2p.announce import Announcement
from marketplace.p2p.limits import GOSSIP_BURST, GOSSIP_HEAD_START, PROVIDE_EVERY
from marketplace.p2p.syncing import confirm_seconds


class Entered(Protocol):
    """The DHT, as far as publishing needs it: see `directory.Directory`."""

    async def provide(self, digest: str) -> int:
        """Announce that a content is here; return how many nodes keep that."""

    async def put_record(self, id_: str, announcement: bytes) -> None:
        """Store what was announced of a package where others can look it up."""

    def due(self) -> list[str]:
        """Return what is to be announced again."""


class Others(Protocol):
    """What connects a node with the others, as far as publishing needs it."""

    def peers(self) -> list[str]:
        """Return the ids of the connected peers."""

    def partners(self) -> list[str]:
        """Return those of them to sync with: the avoided only when there is nobody else."""

    async def sync_with(self, peer: str) -> bool:
        """Sync with a peer; return whether that worked."""

    async def gossip_about(self, announcement: Announcement) -> None:
        """Announce an entry to the mesh."""

    def start(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Run a task beside everything else."""


class Publishing:
    """The publications of one node."""

    def __init__(self, others: Others, directory: Entered) -> None:
        self._others = others
        self._directory = directory
        self._to_provide: set[str] = set()
        self._to_enter: deque[Announcement] = deque()

    async def publish(self, announcements: Sequence[Announcement]) -> tuple[list[str], int]:
        """Tell the network of entries that are in our logs.

        Returns the peers that have confirmed to have them, and how many nodes keep a provider record of the first one's
        content; those of the others follow, since a DHT server takes few at a time.
        """
        few = len(announcements) <= GOSSIP_BURST
        if few:
            await self._gossip(announcements)
            await trio.sleep(GOSSIP_HEAD_START)
        reached: list[str] = []
        records: list[int] = []
        releases = [item for item in announcements if isinstance(item.entry.record, Release)]
        async with trio.open_nursery() as nursery:
            for peer in self._others.partners():
                nursery.start_soon(self._confirm, peer, len(announcements), reached)
            if releases:
                nursery.start_soon(self._enter, releases[0], records)
        if not few:
            await self._gossip(announcements[-1:])  # who lacks those before it will ask for them
        self._to_enter.extend(releases[0 if not sum(records) else 1 :])
        return sorted(reached), sum(records)

    async def _gossip(self, announcements: Sequence[Announcement]) -> None:
        for announcement in announcements:
            await self._others.gossip_about(announcement)

    async def _confirm(self, peer: str, entries: int, reached: list[str]) -> None:
        with trio.move_on_after(confirm_seconds(entries)):
            if await self._others.sync_with(peer):
                reached.append(peer)

    async def _enter(self, announcement: Announcement, records: list[int]) -> None:
        """Enter a release in the DHT: that its content is here, and what it is."""
        record, data = announcement.entry.record, announcement.encode()
        if isinstance(record, Release):
            records.append(await self._directory.provide(record.content_id))
            if data is not None:
                self._others.start(self._directory.put_record, str(record.id), data)

    def provide(self, digest: str) -> None:
        """Announce to the DHT, when its turn comes, that the content is here."""
        self._to_provide.add(digest)

    async def provide_all(self) -> None:
        """Enter in the DHT what waits for it and what others are about to forget, one after the other, for ever."""
        while True:
            await trio.sleep(PROVIDE_EVERY)
            self._to_provide.update(self._directory.due())
            if self._to_enter and self._others.peers():
                await self._enter(self._to_enter.popleft(), [])
            elif self._to_provide and self._others.peers():
                await self._directory.provide(self._to_provide.pop())
