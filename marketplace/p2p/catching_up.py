"""Keeping in sync: with whom and when, what an announcement wakes, and what a peer pays for. No network of its own.

Everything outside is passed in: the peers and the streams to them, what is kept, chance. Time is trio's, which a
simulation replaces by a virtual clock.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import trio

from marketplace.errors import MarketError
from marketplace.p2p import syncing
from marketplace.p2p.announce import Announcement
from marketplace.p2p.limits import MAX_SYNC_ENTRIES, QUEUE_SLOTS, SYNC_EVERY
from marketplace.p2p.logs import Offered
from marketplace.p2p.messages import ProtocolError
from marketplace.p2p.receiving import WrongBytesError
from marketplace.p2p.reputation import Offence
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire

Blame = Callable[[str, Offence], None]
Log = Callable[[str], None]


class Follower(syncing.Keeper, Protocol):
    """Who keeps the logs and shows them."""

    @property
    def awaits(self) -> bool:
        """Whether releases cannot be shown yet, since their manifests are missing."""

    def admit_announced(self, announcements: Sequence[Announcement]) -> list[Offered]:
        """Keep what was announced, as `admit`."""


class Links(Protocol):
    """What connects a node with the others."""

    def peers(self) -> list[str]:
        """Return the ids of the connected peers."""

    def partners(self) -> list[str]:
        """Return those of them to sync with: the avoided only when there is nobody else."""

    async def open_sync(self, peer: str) -> Wire:
        """Open a sync stream; raises PeerGoneError or StalledError."""

    async def fetch_manifests(self, peer: str) -> None:
        """Fetch from a peer what the releases shown lack; raises as `fetching.Fetcher.small`."""

    def blame(self, peer: str, offence: Offence) -> None:
        """Let a peer pay for an offence."""

    def start(self, task: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """Run a task about one peer beside everything else."""


class Follow:
    """Keeps the logs of one node in sync with those of its peers.

    Args:
        chance: chooses whom to sync with.
        log: told what the operator should know.
    """

    def __init__(self, keeper: Follower, links: Links, chance: random.Random, log: Log) -> None:
        self._keeper = keeper
        self._links = links
        self._chance = chance
        self._log = log
        self._announced, self._announcements = trio.open_memory_channel[tuple[Announcement, str]](QUEUE_SLOTS)
        self._syncing: dict[str, trio.Lock] = {}

    async def sync_with(self, peer: str, authors: Sequence[str] = ()) -> bool:
        """Sync with a peer, which pays for what it does wrong; return whether that worked."""
        async with self._syncing.setdefault(peer, trio.Lock()):
            return await self._judged(peer, lambda wire: syncing.call(wire, self._keeper, authors))

    async def _judged(self, peer: str, talk: Callable[[Wire], Awaitable[object]]) -> bool:
        try:
            wire = await self._links.open_sync(peer)
            try:
                await talk(wire)
            except BaseException:
                await wire.reset()
                raise
            await wire.close()
            await self._links.fetch_manifests(peer)
        except syncing.ForgedError:
            self._links.blame(peer, Offence.FORGED)
        except (ProtocolError, WrongBytesError):
            self._links.blame(peer, Offence.PROTOCOL)
        except PeerGoneError as error:
            self._log(f"the sync with {peer} broke off: {error}")
        except StalledError as error:
            self._log(f"the sync with {peer} broke off: {error}")
            self._was_silent(peer)
        except MarketError as error:
            self._log(f"what {peer} sent could not be kept: {error.message}")
        else:
            return True
        return False

    def _was_silent(self, peer: str) -> None:
        """Let a peer pay that is connected and silent; whoever was cut off meanwhile did not choose to be."""
        if peer in self._links.peers():
            self._links.blame(peer, Offence.STALL)

    async def serve(self, wire: Wire) -> None:
        """Answer a peer that syncs, and that must not be silent after it has begun."""
        await answer(
            wire, lambda: syncing.serve(wire, self._keeper), self._links.blame, self._log, silent=self._was_silent
        )

    async def around(self) -> None:
        """Sync with a random peer now and then, for ever; one that takes its time holds up nobody else."""
        while True:
            await trio.sleep(SYNC_EVERY * self._chance.uniform(0.8, 1.2))  # else nodes that begin together ask together
            idle = [peer for peer in self._links.partners() if not self._is_syncing(peer)]
            if idle:
                self._links.start(self.sync_with, self._chance.choice(idle))

    def _is_syncing(self, peer: str) -> bool:
        return peer in self._syncing and self._syncing[peer].locked()

    def heard(self, announcement: Announcement, origin: str) -> None:
        """Put a valid announcement where `admit_heard` takes it; when too many wait, sync will bring it."""
        with suppress(trio.WouldBlock):
            self._announced.send_nowait((announcement, origin))

    async def admit_heard(self) -> None:
        """Keep what was announced, all that waits at once: each write to the disk costs more than many entries do."""
        while True:
            heard = [await self._announcements.receive()]
            with suppress(trio.WouldBlock):
                while len(heard) < MAX_SYNC_ENTRIES:
                    heard.append(self._announcements.receive_nowait())
            self._keep([announcement for announcement, _ in heard], heard[-1][1])

    def _keep(self, announcements: list[Announcement], origin: str) -> None:
        """Keep announcements; when something before them is missing, sync with who made the last one."""
        try:
            outcomes = self._keeper.admit_announced(announcements)
        except MarketError as error:
            self._log(f"an announcement could not be kept: {error.message}")
            return
        if Offered.GAP in outcomes or self._keeper.awaits:
            self._links.start(self._catch_up, origin)

    async def _catch_up(self, origin: str) -> None:
        """Sync with the peer that knows more; if it is not connected, or avoided, with any other."""
        peers = self._links.partners()
        others = self._chance.sample(peers, len(peers))
        for peer in [*([origin] if origin in peers else []), *others]:
            if await self.sync_with(peer) and not self._keeper.awaits:
                return


async def answer(
    wire: Wire, serve: Callable[[], Awaitable[None]], blame: Blame, log: Log, *,
    silent: Callable[[str], None] = lambda _peer: None,
) -> None:  # fmt: skip
    """Serve a peer on a stream, which ends then; it pays for what it does wrong. `silent` is told who has stalled."""
    try:
        await serve()
    except syncing.ForgedError:
        blame(wire.peer, Offence.FORGED)
    except ProtocolError:
        blame(wire.peer, Offence.PROTOCOL)
    except PeerGoneError:
        pass
    except StalledError:
        silent(wire.peer)
    except MarketError as error:
        log(f"what {wire.peer} asked or sent could not be done: {error.message}")
    else:
        await wire.close()
        return
    await wire.reset()
