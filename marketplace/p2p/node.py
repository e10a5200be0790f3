"""The node: a host, its protocols and the tasks that keep it connected and in sync with its peers."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import trio
from multiaddr import Multiaddr

from marketplace.errors import NotFoundError
from marketplace.model.release import Release
from marketplace.p2p import hardening, serving
from marketplace.p2p.announce import Announcement
from marketplace.p2p.catching_up import Follow, answer
from marketplace.p2p.connections import Connections
from marketplace.p2p.directory import Directory
from marketplace.p2p.fetching import Fetcher
from marketplace.p2p.gossip import Gossip
from marketplace.p2p.host import address, dialable, identity, make_host, require_free
from marketplace.p2p.library import ID, INetStream, background_trio_service, info_from_p2p_addr
from marketplace.p2p.limits import REQUEST_SECONDS, SAVE_EVERY
from marketplace.p2p.local_discovery import LocalDiscovery
from marketplace.p2p.local_network import LocalNetwork
from marketplace.p2p.messages import EXCHANGE, KAD, SYNC
from marketplace.p2p.publishing import Publishing
from marketplace.p2p.reputation import Offence, Standing
from marketplace.p2p.state import NodeState
from marketplace.p2p.wire import Wire


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
        mdns: find the nodes of the local network, and be found by them.
    """

    listen: Sequence[str]
    bootstrap: Sequence[str] = ()
    announce: Sequence[str] = ()
    light: bool = False
    discover: bool = True
    mdns: bool = False


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
        self._log = log
        self._tasks: trio.Nursery | None = None
        self._listen = [address(text) for text in options.listen]
        require_free(self._listen)
        bootstrap = [info_from_p2p_addr(address(text)) for text in options.bootstrap]
        seed = identity(state.folder, datetime.fromtimestamp(now(), UTC))
        self.host = make_host(seed, [address(text) for text in options.announce])
        self.id = str(self.host.get_id())
        self.directory = Directory(self.host, server=not options.light, now=now, verify=state.verifier.verify)
        self._connections = Connections(
            self.host, self.directory, state.reputation, bootstrap,
            greet=self._greet, blame=self.blame, start=self.start,
        )  # fmt: skip
        self.local = self._local_discovery() if options.mdns else None
        self._follow = Follow(state, self, random.Random(), log)  # noqa: S311 - any peer will do
        self._publishing = Publishing(self, self.directory)
        self.gossip = None
        if not options.light:
            self.gossip = Gossip(
                self.host, state.verifier.verify, self._follow.heard, self._blamed, self._connections.avoids
            )
            self.host.set_stream_handler(SYNC, self._serve_sync)
        self.fetcher = Fetcher(
            state.registry.store, state.folder / "chunks", state.reputation, self._open_exchange, self.blame
        )
        self.host.set_stream_handler(EXCHANGE, self._serve_exchange)

    def _local_discovery(self) -> LocalDiscovery:
        def reachable() -> list[Multiaddr]:
            return dialable(self.host.get_transport_addrs())

        rand = random.Random()  # noqa: S311 - names and turns, no secrets
        return LocalDiscovery(self.host.get_id(), reachable, LocalNetwork(self._log), rand, self._log)

    @property
    def addresses(self) -> list[str]:
        """The addresses by which others can join, the best first."""
        return [str(found) for found in self.host.get_addrs()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run while the block does.

        Raises:
            UnavailableError: what `LocalDiscovery.open` raises.
        """
        async with AsyncExitStack() as stack:
            if self.local:
                stack.enter_context(self.local.open())
            await stack.enter_async_context(self.host.run(self._listen))
            await stack.enter_async_context(background_trio_service(self.directory.service))
            if self.gossip:
                await stack.enter_async_context(self.gossip.running())
            if self.local:
                await stack.enter_async_context(self.local.running())
            async with trio.open_nursery() as nursery:
                self._tasks = nursery
                for task in self._all_tasks():
                    nursery.start_soon(task)
                yield
                nursery.cancel_scope.cancel()

    def _all_tasks(self) -> list[Callable[[], Awaitable[None]]]:
        tasks: list[Callable[[], Awaitable[None]]]
        tasks = [self._connections.stay, self._save, self._publishing.provide_all]
        if not self.options.light:
            tasks += [self._follow.around, self._follow.admit_heard]
        if self.options.discover:
            tasks.append(self._connections.discover)
        if self.local:
            tasks.append(partial(self._connections.meet, self.local.look))
            tasks.append(self.local.listen)
            if not self.options.light:
                tasks.append(self.local.announce)
        return tasks

    def start(self, task: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """Run a task about one peer beside everything else, while the node runs."""
        if self._tasks:
            self._tasks.start_soon(self._guarded, task, *arguments)

    async def _guarded(self, task: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """Run a task about one peer; what goes wrong with one must not end the others."""
        try:
            await task(*arguments)
        except Exception as error:  # noqa: BLE001 - the library raises whatever its transport raised
            self._log(f"{task.__name__.strip('_')} failed: {type(error).__name__}: {error}")

    # --- peers -------------------------------------------------------------------------------------------------------

    def peers(self) -> list[str]:
        """Return the ids of the connected peers."""
        return self._connections.peers()

    def partners(self) -> list[str]:
        """Return those of them to sync with: the avoided only when there is nobody else."""
        return self.state.reputation.partners(peer for peer in self.peers() if self.syncs(peer))

    def syncs(self, peer: str) -> bool:
        """Tell whether a peer takes part in sync: a light one does not, and another implementation's may not."""
        return self._connections.speaks(peer, SYNC)

    async def _greet(self, peer: ID) -> None:
        """Let the directory know a peer that has connected, and sync with it."""
        with trio.move_on_after(REQUEST_SECONDS):
            await self.directory.know(peer)
        if not self.options.light and self.syncs(str(peer)):
            await self.sync_with(str(peer))

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
        self._connections.leave(ID.from_base58(peer))

    def let_in(self, peer: str) -> None:
        """Take a ban back."""
        self.state.reputation.unban(peer)
        if self.gossip:
            self.gossip.let_in(ID.from_base58(peer))

    async def _save(self) -> None:
        while True:
            await trio.sleep(SAVE_EVERY)
            self._keep_scores()

    def _keep_scores(self) -> None:
        try:
            self.state.save_reputation()
        except OSError as error:
            self._log(f"the scores could not be kept: {error}")

    # --- entries -----------------------------------------------------------------------------------------------------

    async def sync_with(self, peer: str, authors: Sequence[str] = ()) -> bool:
        """Sync with a peer; return whether that worked."""
        return await self._follow.sync_with(peer, authors)

    async def publish(self, announcements: Sequence[Announcement]) -> tuple[list[str], int]:
        """Tell the network of entries that are in our logs; see `Publishing.publish`."""
        return await self._publishing.publish(announcements)

    async def gossip_about(self, announcement: Announcement) -> None:
        """Announce an entry to the mesh, when this node is in one."""
        if self.gossip:
            await self.gossip.publish(announcement)

    async def fetch_manifests(self, peer: str) -> None:
        """Fetch from a peer the manifests that the releases shown lack; see `Fetcher.small` for what it raises."""
        if wanted := self.state.wanted_manifests():
            self.state.add_manifests(await self.fetcher.small(wanted, peer))

    async def look_up(self, id_: str) -> list[str]:
        """Learn of a package by the DHT alone, with its publisher's log from a provider; return who was asked.

        Raises:
            NotFoundError: `package-not-found`, the DHT knows nothing of it, or nobody who knows it can be reached.
        """
        data = await self.directory.find_record(id_)
        if data is not None:
            entry = Announcement.decode(data, self.state.verifier.verify).entry
            asked = await self._dial_providers(entry.record) if isinstance(entry.record, Release) else []
            for peer in asked:
                if await self.sync_with(peer, [entry.author]):
                    return asked
        hint = "`ggen market node peers` shows who is connected; ids are written in full"
        raise NotFoundError("package-not-found", f"the peers know no package {id_}", hint=hint, id=id_)

    # --- content -----------------------------------------------------------------------------------------------------

    async def _dial_providers(self, release: Release) -> list[str]:
        """Connect to those that the DHT names for a release's content; return those that are connected then."""
        return await self._connections.dial_all(await self.directory.find_providers(release.content_id))

    async def providers(self, digest: str) -> list[str]:
        """Return who may have a content: the connected peers, and whom the DHT names (dialled when not connected)."""
        await self._connections.dial_all(await self.directory.find_providers(digest))
        return self.peers()

    def provide(self, digest: str) -> None:
        """Announce to the DHT, when its turn comes, that the content is here."""
        self._publishing.provide(digest)

    # --- streams -----------------------------------------------------------------------------------------------------

    async def open_sync(self, peer: str) -> Wire:
        """Open a sync stream; see `Connections.open`."""
        return await self._connections.open(peer, SYNC)

    async def _open_exchange(self, peer: str) -> Wire:
        return await self._connections.open(peer, EXCHANGE)

    async def _serve_sync(self, stream: INetStream) -> None:
        await self._follow.serve(Wire(stream))

    async def _serve_exchange(self, stream: INetStream) -> None:
        wire = Wire(stream)
        await answer(wire, lambda: serving.serve(wire, self.state), self.blame, self._log)
