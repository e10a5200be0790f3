"""The node: a host, its protocols and the tasks that keep it connected and in sync with its peers."""

import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import trio

from marketplace.errors import MarketError, NotFoundError
from marketplace.model.release import Release
from marketplace.p2p import hardening, serving, syncing
from marketplace.p2p.announce import Announcement
from marketplace.p2p.directory import Directory
from marketplace.p2p.fetching import Fetcher, WrongBytesError
from marketplace.p2p.gossip import Gossip
from marketplace.p2p.host import address, identity, make_host
from marketplace.p2p.library import ID, INetStream, PeerInfo, background_trio_service, info_from_p2p_addr
from marketplace.p2p.limits import (
    CONFIRM_SECONDS,
    DISCOVER_EVERY,
    DISCOVER_FIRST,
    GOSSIP_BURST,
    GOSSIP_HEAD_START,
    MAX_STREAMS_PER_PEER,
    MAX_SYNC_ENTRIES,
    PROVIDE_EVERY,
    QUEUE_SLOTS,
    RECONNECT_EVERY,
    REQUEST_SECONDS,
    SAVE_EVERY,
    SYNC_EVERY,
    WANTED_PEERS,
)
from marketplace.p2p.logs import Offered
from marketplace.p2p.messages import EXCHANGE, KAD, SYNC, ProtocolError
from marketplace.p2p.reputation import Offence, Standing
from marketplace.p2p.state import NodeState
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire


@dataclass(frozen=True, slots=True)
class Options:
    """How a node runs.

    Attributes:
        listen: the addresses to listen on.
        bootstrap: peers to stay connected to, their addresses ending with `/p2p/ID`.
        announce: the addresses that others are told, when they are not those listened on.
        light: keep no index of the network: no gossip, no sync but of what is asked for, and no part in the DHT but
            that of a client.
        discover: look for further peers by the DHT, to have more than the bootstrap ones.
    """

    listen: Sequence[str]
    bootstrap: Sequence[str] = ()
    announce: Sequence[str] = ()
    light: bool = False
    discover: bool = True


class Node:
    """One running node.

    Args:
        log: told what the operator should know.
    """

    def __init__(
        self, state: NodeState, options: Options, now: Callable[[], float], log: Callable[[str], None]
    ) -> None:
        hardening.prepare_library(KAD)
        self.state = state
        self.options = options
        self._now = now
        self._log = log
        self._listen = [address(text) for text in options.listen]
        self._bootstrap = [info_from_p2p_addr(address(text)) for text in options.bootstrap]
        seed = identity(state.folder, datetime.fromtimestamp(now(), UTC))
        self.host = make_host(seed, [address(text) for text in options.announce])
        self.id = str(self.host.get_id())
        self.directory = Directory(self.host, server=not options.light, now=now, verify=state.verifier.verify)
        self.gossip = None
        if not options.light:
            self.gossip = Gossip(self.host, state.verifier.verify, self._heard, self._blamed, self._avoids)
        self.fetcher = Fetcher(
            state.registry.store, state.folder / "chunks", state.reputation, self._open_exchange, self.blame
        )
        self._announced, self._announcements = trio.open_memory_channel[tuple[Announcement, str]](QUEUE_SLOTS)
        self._to_provide: set[str] = set()
        self._to_enter: deque[Announcement] = deque()
        self._streams: dict[str, int] = {}
        self._syncing: dict[str, trio.Lock] = {}
        self._tasks: trio.Nursery | None = None
        hardening.guard_streams(self.host, self._admits, self._blamed)
        hardening.guard_dials(self.host, self._may_dial)
        if not options.light:
            self.host.set_stream_handler(SYNC, self._serve_sync)
        self.host.set_stream_handler(EXCHANGE, self._serve_exchange)
        self.host.get_network().register_notifee(_Notifee(self))

    @property
    def addresses(self) -> list[str]:
        """The addresses by which others can join, the best first."""
        return [str(found) for found in self.host.get_addrs()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run while the block does."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.host.run(self._listen))
            await stack.enter_async_context(background_trio_service(self.directory.service))
            if self.gossip:
                await stack.enter_async_context(self.gossip.running())
            async with trio.open_nursery() as nursery:
                self._tasks = nursery
                for task in self._all_tasks():
                    nursery.start_soon(task)
                yield
                nursery.cancel_scope.cancel()

    def _all_tasks(self) -> list[Callable[[], Awaitable[None]]]:
        tasks: list[Callable[[], Awaitable[None]]] = [self._stay_connected, self._save, self._provide_all]
        if not self.options.light:
            tasks += [self._sync_around, self._admit_heard]
        if self.options.discover:
            tasks.append(self._discover)
        return tasks

    # --- peers -------------------------------------------------------------------------------------------------------

    def peers(self) -> list[str]:
        """Return the ids of the connected peers."""
        return sorted(str(peer) for peer in self.host.get_connected_peers())

    def connected(self, peer: ID) -> None:
        """Greet a peer: sync with it and let the directory know; a banned one is sent away."""
        if self.state.reputation.standing(str(peer)) is Standing.BANNED:
            self._start(self._leave, peer)
            return
        self._start(self._greet, peer)

    async def _greet(self, peer: ID) -> None:
        with trio.move_on_after(REQUEST_SECONDS):
            await self.directory.know(peer)
        if not self.options.light:
            await self.sync_with(str(peer))

    async def _leave(self, peer: ID) -> None:
        await self.host.disconnect(peer)

    def _start(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        if self._tasks:
            self._tasks.start_soon(self._guarded, task, *arguments)

    async def _guarded(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Run a task about one peer; what goes wrong with one must not end the others."""
        try:
            await task(*arguments)
        except Exception as error:  # noqa: BLE001 - the library raises whatever its transport raised
            self._log(f"{task.__name__.strip('_')} failed: {type(error).__name__}: {error}")

    def blame(self, peer: str, offence: Offence) -> None:
        """Let a peer pay for an offence, and send it away when that bans it."""
        before = self.state.reputation.standing(peer)
        standing = self.state.reputation.blame(peer, offence)
        if standing is not before:
            self._log(f"peer {peer} is {standing} now: {offence}")
        if standing is Standing.BANNED and before is not Standing.BANNED:
            self._keep_scores()  # at once: to be killed a moment later must not wash a ban
            self.shut_out(peer)

    def _blamed(self, peer: str, offence: str) -> None:
        self.blame(peer, Offence(offence))

    def shut_out(self, peer: str) -> None:
        """End what there is with a banned peer."""
        if self.gossip:
            self.gossip.shut_out(ID.from_base58(peer))
        self._start(self._leave, ID.from_base58(peer))

    def let_in(self, peer: str) -> None:
        """Take a ban back."""
        self.state.reputation.unban(peer)
        if self.gossip:
            self.gossip.let_in(ID.from_base58(peer))

    def _may_dial(self, peer: str) -> bool:
        return self.state.reputation.standing(peer) is not Standing.BANNED

    def _avoids(self, peer: str) -> bool:
        return self.state.reputation.standing(peer) in (Standing.AVOIDED, Standing.BANNED)

    def _admits(self, stream: INetStream) -> bool:
        """Tell whether a peer may have another stream; one that opens too many pays."""
        peer = str(stream.muxed_conn.peer_id)
        if self.state.reputation.standing(peer) is Standing.BANNED:
            return False
        open_ = sum(
            len(conn.get_streams()) for conn in self.host.get_network().get_connections(stream.muxed_conn.peer_id)
        )
        if open_ > MAX_STREAMS_PER_PEER:
            self.blame(peer, Offence.FLOOD)
            return False
        return True

    async def _stay_connected(self) -> None:
        while True:
            for info in self._bootstrap:
                if str(info.peer_id) not in self.peers():
                    self._start(self._dial, info)
            await trio.sleep(RECONNECT_EVERY)

    async def _dial(self, info: PeerInfo) -> None:
        with trio.move_on_after(REQUEST_SECONDS):
            try:
                await self.host.connect(info)
            except Exception:  # noqa: BLE001 - it is tried again, and `node peers` shows who is connected
                return

    async def _discover(self) -> None:
        pause = DISCOVER_FIRST
        while True:
            await trio.sleep(pause)
            pause = min(2 * pause, DISCOVER_EVERY)
            if 0 < len(self.peers()) < WANTED_PEERS:
                for peer in await self.directory.find_neighbours():
                    if str(peer) not in self.peers() and len(self.peers()) < WANTED_PEERS:
                        await self._dial(PeerInfo(peer, self.host.get_peerstore().addrs(peer)))

    # --- sync and gossip ---------------------------------------------------------------------------------------------

    async def sync_with(self, peer: str, authors: Sequence[str] = ()) -> bool:
        """Sync with a peer; return whether that worked."""
        async with self._syncing.setdefault(peer, trio.Lock()):
            return await self._judged(peer, lambda wire: syncing.call(wire, self.state, authors))

    async def _judged(self, peer: str, talk: Callable[[Wire], Awaitable[object]]) -> bool:
        """Talk with a peer over a sync stream; it pays for what it does wrong."""
        try:
            wire = Wire(await self._open(peer, SYNC))
            try:
                await talk(wire)
            except BaseException:
                await wire.reset()
                raise
            await wire.close()
            await self._fetch_manifests(peer)
        except syncing.ForgedError:
            self.blame(peer, Offence.FORGED)
        except (ProtocolError, WrongBytesError):
            self.blame(peer, Offence.PROTOCOL)
        except (PeerGoneError, StalledError) as error:
            self._log(f"the sync with {peer} broke off: {error}")
        except MarketError as error:
            self._log(f"what {peer} sent could not be kept: {error.message}")
        else:
            return True
        return False

    async def look_up(self, id_: str) -> list[str]:
        """Learn of a package by the DHT alone, with its publisher's log from a provider; return who was asked.

        Raises:
            NotFoundError: `package-not-found`, the DHT knows nothing of it, or nobody who knows it can be reached.
        """
        asked: list[str] = []
        data = await self.directory.find_record(id_)
        if data is not None:
            entry = Announcement.decode(data, self.state.verifier.verify).entry
            asked = await self._dial_providers(entry.record) if isinstance(entry.record, Release) else []
            for peer in asked:
                if await self.sync_with(peer, [entry.author]):
                    return asked
        hint = "`ggen market node peers` shows who is connected; ids are written in full"
        raise NotFoundError("package-not-found", f"the peers know no package {id_}", hint=hint, id=id_)

    async def _dial_providers(self, release: Release) -> list[str]:
        """Connect to those that the DHT names for a release's content; return those that are connected then."""
        infos = await self.directory.find_providers(release.content_id)
        for info in infos:
            if str(info.peer_id) not in self.peers():
                await self._dial(info)
        return [str(info.peer_id) for info in infos if str(info.peer_id) in self.peers()]

    async def _fetch_manifests(self, peer: str) -> None:
        if wanted := self.state.wanted_manifests():
            self.state.add_manifests(await self.fetcher.small(wanted, peer))

    async def _sync_around(self) -> None:
        while True:
            await trio.sleep(SYNC_EVERY)
            if peers := self.peers():
                await self.sync_with(random.choice(peers))  # noqa: S311 - any peer will do

    def _heard(self, announcement: Announcement, origin: str) -> None:
        """Put an announcement where `_admit_heard` takes it; when too many wait, sync will bring it."""
        with suppress(trio.WouldBlock):
            self._announced.send_nowait((announcement, origin))

    async def _admit_heard(self) -> None:
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
            outcomes = self.state.admit_announced(announcements)
        except MarketError as error:
            self._log(f"an announcement could not be kept: {error.message}")
            return
        if Offered.GAP in outcomes or self.state.replica.awaited:
            self._start(self._catch_up, origin)

    async def _catch_up(self, origin: str) -> None:
        """Sync with the peer that knows more; if it is not connected, with any other."""
        peers = self.peers()
        others = random.sample(peers, len(peers))
        for peer in [*([origin] if origin in peers else []), *others]:
            if await self.sync_with(peer) and not self.state.replica.awaited:
                return

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
            for peer in self.peers():
                nursery.start_soon(self._confirm, peer, reached)
            if releases:
                nursery.start_soon(self._enter, releases[0], records)
        if not few:
            await self._gossip(announcements[-1:])  # who lacks those before it will ask for them
        self._to_enter.extend(releases[0 if not sum(records) else 1 :])
        return sorted(reached), sum(records)

    async def _gossip(self, announcements: Sequence[Announcement]) -> None:
        if self.gossip:
            for announcement in announcements:
                await self.gossip.publish(announcement)

    async def _enter(self, announcement: Announcement, records: list[int]) -> None:
        """Enter a release in the DHT: that its content is here, and what it is."""
        record, data = announcement.entry.record, announcement.encode()
        if isinstance(record, Release):
            records.append(await self.directory.provide(record.content_id))
            if data is not None:
                self._start(self.directory.put_record, str(record.id), data)

    async def _confirm(self, peer: str, reached: list[str]) -> None:
        with trio.move_on_after(CONFIRM_SECONDS):
            if await self.sync_with(peer):
                reached.append(peer)

    # --- content -----------------------------------------------------------------------------------------------------

    async def providers(self, digest: str) -> list[str]:
        """Return who may have a content: the connected peers, and whom the DHT names (dialled when not connected)."""
        for info in await self.directory.find_providers(digest):
            if str(info.peer_id) not in self.peers():
                await self._dial(info)
        return self.peers()

    def provide(self, digest: str) -> None:
        """Announce to the DHT, when its turn comes, that the content is here."""
        self._to_provide.add(digest)

    async def _provide_all(self) -> None:
        while True:
            await trio.sleep(PROVIDE_EVERY)
            self._to_provide.update(self.directory.due())
            if self._to_enter and self.peers():
                await self._enter(self._to_enter.popleft(), [])
            elif self._to_provide and self.peers():
                await self.directory.provide(self._to_provide.pop())

    async def _save(self) -> None:
        while True:
            await trio.sleep(SAVE_EVERY)
            self._keep_scores()

    def _keep_scores(self) -> None:
        try:
            self.state.save_reputation()
        except OSError as error:
            self._log(f"the scores could not be kept: {error}")

    # --- streams -----------------------------------------------------------------------------------------------------

    async def _open(self, peer: str, protocol: str) -> INetStream:
        found = None
        with trio.move_on_after(REQUEST_SECONDS):
            try:
                found = await self.host.new_stream(ID.from_base58(peer), [protocol])
            except trio.Cancelled:
                raise
            except Exception as error:
                raise PeerGoneError(str(error)) from error
        if found is None:
            raise StalledError(f"{peer} opened no stream for {REQUEST_SECONDS} s")
        return found

    async def _open_exchange(self, peer: str) -> Wire:
        return Wire(await self._open(peer, EXCHANGE))

    async def _serve_sync(self, stream: INetStream) -> None:
        await self._serve(stream, syncing.serve)

    async def _serve_exchange(self, stream: INetStream) -> None:
        await self._serve(stream, serving.serve)

    async def _serve(self, stream: INetStream, serve: Callable[[Wire, NodeState], Awaitable[None]]) -> None:
        wire = Wire(stream)
        try:
            await serve(wire, self.state)
        except syncing.ForgedError:
            self.blame(wire.peer, Offence.FORGED)
        except ProtocolError:
            self.blame(wire.peer, Offence.PROTOCOL)
        except (PeerGoneError, StalledError):
            pass
        except MarketError as error:
            self._log(f"what {wire.peer} asked or sent could not be done: {error.message}")
        else:
            await wire.close()
            return
        await wire.reset()


class _Notifee:
    """What the network tells: only that a peer is connected matters."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def connected(self, _network: Any, conn: Any) -> None:
        self._node.connected(conn.muxed_conn.peer_id)

    async def disconnected(self, _network: Any, _conn: Any) -> None:
        """Nothing: who is connected is asked when it matters."""

    async def opened_stream(self, _network: Any, _stream: Any) -> None:
        """Nothing."""

    async def closed_stream(self, _network: Any, _stream: Any) -> None:
        """Nothing."""

    async def listen(self, _network: Any, _address: Any) -> None:
        """Nothing."""

    async def listen_close(self, _network: Any, _address: Any) -> None:
        """Nothing."""
