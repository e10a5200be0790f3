"""Fetching blobs from peers over streams: the plan says what, the reputation whom, and who was wrong is told."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trio

from marketplace.errors import UnavailableError
from marketplace.model.tree import digest_of
from marketplace.p2p.assembling import remove_abandoned
from marketplace.p2p.fetch_job import Job, unreachable
from marketplace.p2p.limits import MAX_WANTED, PARTS_KEPT
from marketplace.p2p.messages import ProtocolError
from marketplace.p2p.receiving import OFFENCES, WrongBytesError, receive_data
from marketplace.p2p.reputation import Offence, Reputation
from marketplace.p2p.wire import PeerGoneError, StalledError, Wire
from marketplace.storage.files import remove_stale
from marketplace.storage.filesystem import FilesystemStore

Open = Callable[[str], Awaitable[Wire]]
"""Opens an exchange stream with a peer; raises PeerGoneError."""

Blame = Callable[[str, Offence], None]


class Fetcher:
    """Fetches blobs into a store.

    Args:
        waiting: the folder in which chunks wait until their blobs are whole; a later try finds them there.
        blame: told a peer's offence.
    """

    def __init__(
        self, store: FilesystemStore, waiting: Path, reputation: Reputation, open_: Open, blame: Blame
    ) -> None:
        self.store = store
        self.waiting = waiting
        self.reputation = reputation
        self.blame = blame
        self._open = open_
        remove_stale(waiting, math.inf)  # what a node was putting together when it was killed

    async def fetch(self, blobs: Mapping[str, int], providers: Sequence[str]) -> dict[str, int]:
        """Fetch blobs, whose sizes are given by digest, from some of `providers`; return the bytes each has sent.

        Raises:
            UnavailableError: `content-unreachable`, nobody could serve what is missing; `disk-full`.
        """
        self.waiting.mkdir(mode=0o700, exist_ok=True)
        await trio.to_thread.run_sync(remove_abandoned, self.waiting, time.time() - PARTS_KEPT)
        job = Job(self, blobs, providers)
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
                    data = await receive_data(wire)
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
