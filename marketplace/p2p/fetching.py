"""Fetching blobs from peers over streams: the plan says what, the reputation whom, and who was wrong is told."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import trio

from marketplace.errors import IntegrityError, MarketError, UnavailableError
from marketplace.model.tree import digest_of
from marketplace.p2p.exchange import Piece, Plan, read_list
from marketplace.p2p.limits import CHUNK, CHUNK_SECONDS, MAX_WANTED
from marketplace.p2p.messages import ProtocolError, whole
from marketplace.p2p.reputation import SLOTS, Offence, Reputation
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire
from marketplace.storage.base import BlobStore, NewBlob
from marketplace.storage.files import disk_error

Open = Callable[[str], Awaitable[Wire]]
"""Opens an exchange stream with a peer; raises PeerGoneError."""

Blame = Callable[[str, Offence], None]


class WrongBytesError(Exception):
    """A provider sent something else than was asked for."""


OFFENCES: Mapping[type[Exception], Offence] = {
    StalledError: Offence.STALL,
    ProtocolError: Offence.PROTOCOL,
    WrongBytesError: Offence.WRONG_BYTES,
}
"""What a provider pays for, by what went wrong with it."""


class Fetcher:
    """Fetches blobs into a store.

    Args:
        waiting: the folder in which chunks wait until their blobs are whole; a later try finds them there.
        blame: told a peer's offence.
    """

    def __init__(self, store: BlobStore, waiting: Path, reputation: Reputation, open_: Open, blame: Blame) -> None:
        self.store = store
        self.waiting = waiting
        self.reputation = reputation
        self.blame = blame
        self._open = open_

    async def fetch(self, blobs: Mapping[str, int], providers: Sequence[str]) -> dict[str, int]:
        """Fetch blobs, whose sizes are given by digest, from some of `providers`; return the bytes each has sent.

        Raises:
            UnavailableError: `content-unreachable`, nobody could serve what is missing; `disk-full`.
        """
        self.waiting.mkdir(mode=0o700, exist_ok=True)
        job = _Job(self, blobs, providers)
        await job.run()
        return job.sent

    async def fetch_unsized(self, digest: str, most: int, providers: Sequence[str]) -> dict[str, int]:
        """Fetch a blob whose size only its providers can tell, as `fetch`; one that is longer than `most` is refused.

        Raises:
            UnavailableError: as `fetch`.
        """
        ranked = self.reputation.choose(providers, len(providers))
        for provider in ranked:
            data = await self._try_small(digest, provider)
            if data is not None:
                self.store.put_bytes(data)
                return {provider: len(data)}
        sizes: dict[int, list[str]] = {}
        for provider in ranked:
            size = await self._size(digest, provider)
            if size is not None and size <= most:
                sizes.setdefault(size, []).append(provider)
        for size, some in sorted(sizes.items(), key=lambda item: -len(item[1])):
            with suppress(UnavailableError):
                return await self.fetch({digest: size}, some)
        raise unreachable(len(providers))

    async def _try_small(self, digest: str, provider: str) -> bytes | None:
        """Fetch a blob of one chunk from a provider; None, and a blame if that is due, when it does not come."""
        try:
            found = await self.small([digest], provider)
        except PeerGoneError:
            return None
        except (StalledError, ProtocolError, WrongBytesError) as error:
            self.blame(provider, OFFENCES[type(error)])
            return None
        if found:
            self.reputation.delivered(provider)
        return found[0][1] if found else None

    async def _size(self, digest: str, provider: str) -> int | None:
        """Ask how long a blob is; None when the provider does not have it or does not answer."""
        try:
            async with self.stream(provider) as wire:
                await wire.send({"chunks": digest})
                answer = await wire.receive()
        except PeerGoneError:
            return None
        except (StalledError, ProtocolError) as error:
            self.blame(provider, OFFENCES[type(error)])
            return None
        size = answer.get("size")
        return size if isinstance(size, int) else None

    async def small(self, digests: Sequence[str], provider: str) -> list[tuple[str, bytes]]:
        """Fetch blobs of at most one chunk from one provider: those of them that it has.

        Raises:
            WrongBytesError, ProtocolError, PeerGoneError, StalledError
        """
        found = []
        async with self.stream(provider) as wire:
            for start in range(0, len(digests), MAX_WANTED):
                wanted = list(digests[start : start + MAX_WANTED])
                await wire.send({"get": wanted})
                for digest in wanted:
                    data = await _receive_data(wire)
                    if data is not None and digest_of(data) != digest:
                        raise WrongBytesError(digest)
                    if data is not None:
                        found.append((digest, data))
        return found

    @asynccontextmanager
    async def stream(self, provider: str) -> AsyncIterator[Wire]:
        """Open a stream, and end it however the block ends."""
        wire = await self._open(provider)
        try:
            yield wire
        except BaseException:
            await wire.reset()
            raise
        await wire.close()


class _Job:
    """One fetch: its plan, who works on it, and who has failed."""

    def __init__(self, fetcher: Fetcher, sizes: Mapping[str, int], providers: Sequence[str]) -> None:
        self._fetcher = fetcher
        self._sizes = sizes
        self._left = set(providers)
        self._asked = len(self._left)
        self._working: set[str] = set()
        self._waiting = 0
        self._stalled: set[str] = set()
        self._failure: MarketError | None = None
        self._changed = trio.Event()
        self._plan = Plan(sizes)
        self._making: set[str] = set()
        self.sent: dict[str, int] = {}

    async def run(self) -> None:
        """Fetch all, or raise."""
        while not self._plan.finished:
            before = sum(self.sent.values())
            async with trio.open_nursery() as nursery:
                self._fill(nursery)
            if self._failure:
                raise self._failure
            if not (self._plan.finished or self._forgive(before)):
                raise unreachable(self._asked)

    def _forgive(self, before: int) -> bool:
        """Let those who have stalled try again when nobody else is left, as long as each try brings something."""
        self._left, self._stalled = self._stalled, set()
        return bool(self._left) and sum(self.sent.values()) > before

    def _fill(self, nursery: trio.Nursery) -> None:
        """Have as many providers work as there are slots."""
        if self._plan.finished or self._failure:
            return
        for provider in self._fetcher.reputation.choose(self._left, SLOTS):
            if provider not in self._working and len(self._working) < SLOTS:
                self._working.add(provider)
                nursery.start_soon(self._work, nursery, provider)

    async def _work(self, nursery: trio.Nursery, provider: str) -> None:
        """Fetch from one provider until nothing is left that it can serve; then another one may take its place."""
        offence = None
        try:
            async with self._fetcher.stream(provider) as wire:
                while not self._plan.finished and not self._failure and await self._step(wire):
                    pass
        except PeerGoneError:
            pass
        except (StalledError, ProtocolError, WrongBytesError) as error:
            offence = OFFENCES[type(error)]
        except OSError as error:
            self._failure = disk_error(error, "the content store")
        except MarketError as error:
            self._failure = error
        if offence:
            self._fetcher.blame(provider, offence)
        if offence is Offence.STALL:
            self._stalled.add(provider)
        self._plan.leave(provider)
        self._working.discard(provider)
        self._left.discard(provider)
        self._wake()
        self._fill(nursery)

    async def _step(self, wire: Wire) -> bool:
        """Ask for some chunks; False when neither the provider nor another one that works has anything to do."""
        for digest in self._plan.unlisted(wire.peer):
            await self._ask_list(wire, digest)
        for digest in self._plan.fresh():
            self._resume(digest)
        pieces = self._plan.take(wire.peer, MAX_WANTED)
        if pieces:
            await self._take(wire, pieces)
        else:
            await self._make_whole()
            if self._waiting + 1 >= len(self._working) and not self._making:
                return False
            await self._wait()
        return True

    async def _take(self, wire: Wire, pieces: Sequence[Piece]) -> None:
        """Get chunks, and put a blob together that they make whole."""
        try:
            await self._receive(wire, pieces)
        except BaseException:
            self._plan.leave(wire.peer)  # before the others look whether there is anything to do
            raise
        finally:
            self._plan.give_back(wire.peer, pieces)
            self._wake()
        await self._make_whole()

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
        """Take the chunks that an earlier try has left, if their bytes are right."""
        for piece in self._plan.waiting():
            path = self._fetcher.waiting / piece.sha
            if piece.blob == digest and path.is_file() and piece.is_right(path.read_bytes()):
                self._plan.had(piece)

    async def _receive(self, wire: Wire, pieces: Sequence[Piece]) -> None:
        first = pieces[0]
        if self._plan.is_large(first.blob):
            await wire.send({"read": first.blob, "index": first.index})
        else:
            await wire.send({"get": [piece.blob for piece in pieces]})
        came = []
        try:
            for piece in pieces:
                data = await _receive_data(wire)
                if data is None:
                    self._refuse(wire.peer, piece)
                elif not piece.is_right(data):
                    raise WrongBytesError(piece.blob)
                else:
                    came.append((piece, data))
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(self._keep, came)
                self._credit(wire.peer, came)

    def _refuse(self, provider: str, piece: Piece) -> None:
        """Take note that a provider does not have a blob; one that has given its list has broken a promise."""
        if self._plan.is_large(piece.blob):
            self._fetcher.blame(provider, Offence.STALL)
        self._plan.refuse(provider, piece.blob)

    def _keep(self, came: Sequence[tuple[Piece, bytes]]) -> None:
        for piece, data in came:
            if self._plan.is_large(piece.blob):
                (self._fetcher.waiting / piece.sha).write_bytes(data)
        small = [(piece, data) for piece, data in came if not self._plan.is_large(piece.blob)]
        self._fetcher.store.put_many(NewBlob(p.blob, p.size, partial(io.BytesIO, data)) for p, data in small)

    def _credit(self, provider: str, came: Sequence[tuple[Piece, bytes]]) -> None:
        for piece, data in came:
            self._plan.came(piece)
            self._fetcher.reputation.delivered(provider)
            self.sent[provider] = self.sent.get(provider, 0) + len(data)

    async def _make_whole(self) -> None:
        """Put large blobs together whose chunks are all here; a list that does not make its blob was a lie."""
        for digest in set(self._plan.complete()) - self._making:
            self._making.add(digest)
            try:
                await self._make(digest)
            finally:
                self._making.discard(digest)
                self._wake()

    async def _make(self, digest: str) -> None:
        files = [self._fetcher.waiting / sha for sha in self._plan.chunks_of(digest)]
        whole_now = await self._assemble(digest, files)
        liars = self._plan.proved_right(digest) if whole_now else self._plan.proved_wrong(digest)
        for liar in liars:
            self._fetcher.blame(liar, Offence.WRONG_BYTES)
            self._left.discard(liar)
        still = set() if whole_now else {self._fetcher.waiting / sha for sha in self._plan.chunks_of(digest)}
        for file in {*files} - still:
            file.unlink(missing_ok=True)

    async def _assemble(self, digest: str, files: Sequence[Path]) -> bool:
        new = NewBlob(digest, self._sizes[digest], lambda: io.BufferedReader(Joined(files), CHUNK))
        try:
            await trio.to_thread.run_sync(self._fetcher.store.put_many, [new])
        except IntegrityError:
            return False
        return True

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


class Joined(io.RawIOBase):
    """Several files read as one."""

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        self._rest: Iterator[Path] = iter(files)
        self._file: BinaryIO = io.BytesIO()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the files, one after the other."""
        while (count := self._file.readinto(buffer)) == 0:  # type: ignore[attr-defined]
            following = next(self._rest, None)
            if following is None:
                return 0
            self._file.close()
            self._file = following.open("rb")
        return int(count)

    def close(self) -> None:
        """Close the file that is open."""
        self._file.close()
        super().close()


def unreachable(asked: int) -> UnavailableError:
    """Return the error for content that none of the peers that were asked could serve."""
    hint = "look who is connected (`ggen market node peers`) and try again"
    message = f"the content could not be fetched from any of {asked} peers"
    return UnavailableError("content-unreachable", message, hint=hint)


async def _receive_data(wire: Wire) -> bytes | None:
    """Receive a chunk; None when the provider does not have it.

    Raises:
        StalledError: it took longer than `CHUNK_SECONDS`, though a little came now and then.
    """
    header = await wire.receive()
    if header.get("missing") is True:
        return None
    size = whole(header, "size", CHUNK)
    with trio.move_on_after(CHUNK_SECONDS):
        return await wire.receive_chunk(size)
    raise StalledError(f"{wire.peer} sent less than a chunk in {CHUNK_SECONDS} s")
