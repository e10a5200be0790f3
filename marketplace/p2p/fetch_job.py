"""One fetch from several providers at once: who is asked for what, and what becomes of what they send."""

import io
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import trio

from marketplace.errors import MarketError, UnavailableError
from marketplace.p2p.assembling import Assembly
from marketplace.p2p.exchange import Piece, Plan, read_list
from marketplace.p2p.limits import ASKED_AHEAD, MAX_WANTED
from marketplace.p2p.messages import ProtocolError
from marketplace.p2p.receiving import OFFENCES, WrongBytesError, receive_data
from marketplace.p2p.reputation import SLOTS, Offence, Reputation
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire
from marketplace.storage.base import NewBlob
from marketplace.storage.files import disk_error
from marketplace.storage.filesystem import FilesystemStore

Came = Sequence[tuple[Piece, bytes]]


class Tools(Protocol):
    """What a fetch works with: `Fetcher`."""

    store: FilesystemStore
    waiting: Path
    reputation: Reputation
    blame: Callable[[str, Offence], None]

    def stream(self, provider: str) -> AbstractAsyncContextManager[Wire]:
        """Open a stream, and end it however the block ends."""


class Beside:
    """Work beside a task, one at a time, which goes on meanwhile; `scope` is that of the task, which an error ends."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self.scope = trio.CancelScope()
        self._nursery = nursery
        self._error: Exception | None = None
        self._idle = trio.Event()
        self._idle.set()

    async def do(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin with some work when that before is done; raises as `done`."""
        await self.done()
        self._idle = trio.Event()
        self._nursery.start_soon(self._run, work)

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            with trio.CancelScope(shield=True):
                await work()
        except Exception as error:  # noqa: BLE001 - it is raised in the task
            self._error = error
            self.scope.cancel()
        finally:
            self._idle.set()

    async def done(self) -> None:
        """Wait for the end of the work, also when the task is ended; raises what it raised."""
        with trio.CancelScope(shield=True):
            await self._idle.wait()
        if self._error:
            raise self._error


@dataclass(frozen=True, slots=True)
class _Talk:
    """What goes on with one provider: what it was asked for and has not sent, and the work on what it has."""

    wire: Wire
    beside: Beside
    asked: deque[list[Piece]] = field(default_factory=deque)


class Job:
    """One fetch: its plan, who works on it, and who has failed.

    Attributes:
        sent: the bytes that each provider has sent.
    """

    def __init__(self, tools: Tools, sizes: Mapping[str, int], providers: Sequence[str]) -> None:
        self._tools = tools
        self._sizes = sizes
        self._left = set(providers)
        self._asked = len(self._left)
        self._working: set[str] = set()
        self._waiting = 0
        self._stalled: set[str] = set()
        self._failure: MarketError | None = None
        self._changed = trio.Event()
        self._plan = Plan(sizes)
        self._assemblies: dict[str, Assembly] = {}
        self._making: set[str] = set()
        self.sent: dict[str, int] = {}

    async def run(self) -> None:
        """Fetch all, or raise.

        Raises:
            UnavailableError: `content-unreachable`, `disk-full`, `store-unwritable`.
        """
        try:
            while not self._plan.finished:
                before = sum(self.sent.values())
                async with trio.open_nursery() as nursery:
                    self._fill(nursery)
                if self._failure:
                    raise self._failure
                if not (self._plan.finished or self._forgive(before)):
                    raise unreachable(self._asked)
        finally:
            for assembly in self._assemblies.values():
                assembly.discard()

    def _forgive(self, before: int) -> bool:
        """Let those who have stalled try again when nobody else is left, as long as each try brings something."""
        self._left, self._stalled = self._stalled, set()
        return bool(self._left) and sum(self.sent.values()) > before

    def _fill(self, nursery: trio.Nursery) -> None:
        """Have as many providers work as there are slots."""
        if self._plan.finished or self._failure:
            return
        for provider in self._tools.reputation.choose(self._left, SLOTS):
            if provider not in self._working and len(self._working) < SLOTS:
                self._working.add(provider)
                nursery.start_soon(self._work, nursery, provider)

    async def _work(self, nursery: trio.Nursery, provider: str) -> None:
        """Fetch from one provider until nothing is left that it can serve; then another one may take its place."""
        offence = None
        try:
            async with self._tools.stream(provider) as wire:
                await self._talk(_Talk(wire, Beside(nursery)))
        except PeerGoneError:
            pass
        except (StalledError, ProtocolError, WrongBytesError) as error:
            offence = OFFENCES[type(error)]
        except OSError as error:
            self._failure = disk_error(error, "the content store")
        except MarketError as error:
            self._failure = error
        if offence:
            self._tools.blame(provider, offence)
        if offence is Offence.STALL:
            self._stalled.add(provider)
        self._working.discard(provider)
        self._left.discard(provider)
        self._wake()
        self._fill(nursery)

    async def _talk(self, talk: _Talk) -> None:
        """Ask and take. What went wrong with what came first is what is raised, whatever has come of the rest."""
        try:
            with talk.beside.scope:
                while not self._plan.finished and not self._failure and await self._step(talk):
                    pass
        finally:
            try:
                await talk.beside.done()
            finally:
                self._plan.leave(talk.wire.peer)  # before the others look whether there is anything to do
                self._plan.give_back(talk.wire.peer, [piece for pieces in talk.asked for piece in pieces])
                self._wake()

    async def _step(self, talk: _Talk) -> bool:
        """Ask for chunks and take some; False when neither the provider nor another that works has anything to do."""
        if not talk.asked:
            for digest in self._plan.unlisted(talk.wire.peer):
                await self._ask_list(talk.wire, digest)
        await self._ask_ahead(talk)
        if talk.asked:
            await self._take(talk)
            return True
        await talk.beside.done()
        if await self._make_whole():
            return True
        if self._waiting + 1 >= len(self._working) and not self._making:
            return False
        await self._wait()
        return True

    async def _ask_ahead(self, talk: _Talk) -> None:
        """Have a provider asked for something more than it is sending now."""
        while len(talk.asked) < ASKED_AHEAD:
            for digest in self._plan.fresh():
                self._resume(digest)
            pieces = self._plan.take(talk.wire.peer, MAX_WANTED)
            if not pieces:
                return
            talk.asked.append(pieces)
            first = pieces[0]
            if self._plan.is_large(first.blob):
                await talk.wire.send({"read": first.blob, "index": first.index})
            else:
                await talk.wire.send({"get": [piece.blob for piece in pieces]})

    async def _take(self, talk: _Talk) -> None:
        """Receive the chunks that were asked for first, and have them checked and kept beside what comes next."""
        pieces = talk.asked[0]
        came: list[tuple[Piece, bytes]] = []
        try:
            for piece in pieces:
                data = await receive_data(talk.wire)
                if data is None:
                    await talk.beside.done()
                    self._refuse(talk.wire.peer, piece)
                else:
                    came.append((piece, data))
        finally:
            await talk.beside.do(partial(self._settle, talk.wire.peer, pieces, came))
            talk.asked.popleft()

    async def _wait(self) -> None:
        self._waiting += 1
        try:
            await self._changed.wait()
        finally:
            self._waiting -= 1

    async def _ask_list(self, wire: Wire, digest: str) -> None:
        await wire.send({"chunks": digest})
        answer = await wire.receive()
        size = self._sizes[digest]
        if answer.get("missing") is True:
            self._plan.refuse(wire.peer, digest)
        elif answer.get("size") != size:
            raise WrongBytesError(digest)
        else:
            self._plan.listed(wire.peer, digest, read_list(answer, size))
            self._wake()

    def _resume(self, digest: str) -> None:
        """Begin to put a blob together by another list; take what an earlier try has left, if its bytes are right."""
        before = self._assemblies.get(digest)
        assembly = self._assemblies[digest] = Assembly(self._tools.waiting, self._plan.chunks_of(digest))
        for piece in self._plan.waiting():
            if piece.blob != digest:
                continue
            if piece.is_right(assembly.read(piece.index, piece.size)):
                assembly.found(piece.index)
                self._plan.had(piece)
            elif before and piece.is_right(data := before.read(piece.index, piece.size)):
                assembly.keep(piece.index, data)
                self._plan.had(piece)
        if before:
            before.drop()

    def _refuse(self, provider: str, piece: Piece) -> None:
        """Take note that a provider does not have a blob; one that has given its list has broken a promise, once."""
        if self._plan.refuse(provider, piece.blob) and self._plan.is_large(piece.blob):
            self._tools.blame(provider, Offence.STALL)

    # --- what has come -----------------------------------------------------------------------------------------------

    async def _settle(self, provider: str, pieces: Sequence[Piece], came: Came) -> None:
        """Check chunks, keep them, and put the blobs together that they make whole.

        Raises:
            WrongBytesError: one of them is not what was asked for; those before it are kept.
        """
        awaited = [(piece, data) for piece, data in came if self._plan.awaits(provider, piece)]
        try:
            kept = await trio.to_thread.run_sync(self._keep, awaited, dict(self._assemblies))
            for piece, data in kept:
                self._plan.came(piece)
                self._tools.reputation.delivered(provider)
                self.sent[provider] = self.sent.get(provider, 0) + len(data)
            if len(kept) < len(awaited):
                raise WrongBytesError(awaited[len(kept)][0].blob)
        except BaseException:
            self._plan.leave(provider)  # before the others look whether there is anything to do
            raise
        finally:
            self._plan.give_back(provider, pieces)
            self._wake()
        await self._make_whole()

    def _keep(self, came: Came, assemblies: Mapping[str, Assembly]) -> Came:
        """Keep chunks up to the first that is wrong; return those. To be called in a thread."""
        right = list(takewhile(lambda item: item[0].is_right(item[1]), came))
        for piece, data in right:
            if self._plan.is_large(piece.blob):
                assemblies[piece.blob].keep(piece.index, data)
        small = [(piece, data) for piece, data in right if not self._plan.is_large(piece.blob)]
        if small:
            self._tools.store.put_many(NewBlob(p.blob, p.size, partial(io.BytesIO, data)) for p, data in small)
        return right

    async def _make_whole(self) -> bool:
        """Put large blobs together whose chunks are all here, and tell whether there were any."""
        complete = set(self._plan.complete()) - self._making
        for digest in complete:
            self._making.add(digest)
            try:
                await self._make(digest)
            finally:
                self._making.discard(digest)
                self._wake()
        return bool(complete)

    async def _make(self, digest: str) -> None:
        """Put a blob together; a list that does not make it was a lie."""
        assembly = self._assemblies[digest]
        whole = await trio.to_thread.run_sync(assembly.finish, digest, self._tools.store)
        liars = self._plan.proved_right(digest) if whole else self._plan.proved_wrong(digest)
        for liar in liars:
            self._tools.blame(liar, Offence.WRONG_BYTES)
            self._left.discard(liar)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


def unreachable(asked: int) -> UnavailableError:
    """Return the error for content that none of the peers that were asked could serve."""
    hint = "look who is connected (`ggen market node peers`) and try again"
    message = f"the content could not be fetched from any of {asked} peers"
    return UnavailableError("content-unreachable", message, hint=hint)
