"""Exchanges in one process: a node that fetches, and providers that serve as the product does, or lie."""

import hashlib
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import trio

from marketplace.errors import MarketError
from marketplace.p2p import receiving, serving, wire
from marketplace.p2p.assembling import Assembly
from marketplace.p2p.fetching import Fetcher
from marketplace.p2p.limits import STALL_SECONDS
from marketplace.p2p.reputation import Offence
from marketplace.p2p.state import NodeState
from marketplace.p2p.wire import Wire
from marketplace.storage.files import staged_name
from marketplace.storage.filesystem import FilesystemStore
from support.p2p.liars import Faltering, Stalling, hashes
from support.p2p.liars import chunks as chunks_of
from support.p2p.memory import Lines, Serve, run
from support.p2p.scores import Scores

_CHUNK_SECONDS, _SECONDS = 120.0, 60.0
"""How long a chunk and a fetch may take: a stall is noticed long before a chunk's time is over."""

_PATIENCE = 60.0
"""Seconds after which a provider has stalled where none does: a machine that pauses must not make one of the honest."""

Fetch = Callable[[Fetcher], Awaitable[dict[str, int]]]


def blob(text: str, size: int) -> bytes:
    """Return bytes of which no two chunks are the same."""
    return hashlib.shake_256(text.encode()).digest(size)


class Exchange:
    """A node that fetches from providers by name.

    Attributes:
        dying: after how many bytes a provider dies, of those who do.
        chunks: how often each provider was asked for each chunk, in the last fetch.
        received: how many bytes came from each, in the last fetch.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.scores = Scores()
        self.store = FilesystemStore(root / "store")
        self.providers: dict[str, Serve] = {}
        self.dying: dict[str, int] = {}
        self.blamed: list[tuple[str, Offence]] = []
        self.chunks: Counter[tuple[str, int]] = Counter()
        self.received: dict[str, int] = {}
        self.most_open = 0
        self.chunk_seconds = _CHUNK_SECONDS
        self._states: dict[str, NodeState] = {}

    def close(self) -> None:
        """Close the homes of the honest."""
        for state in self._states.values():
            state.close()

    def honest(self, name: str, *blobs: bytes) -> None:
        """Add a provider that has blobs and serves as the product does; one that was there gets them too."""
        if name not in self._states:
            self._states[name] = NodeState(self.root / name, lambda: self.scores.now)
        state = self._states[name]
        for data in blobs:
            state.registry.store.put_bytes(data)

        async def serve(stream: Wire) -> None:
            await serving.serve(stream, state)

        self.providers[name] = serve

    def hold_back(self, count: int) -> None:
        """Let no provider send a chunk before so many of them have been asked for one."""
        asked: set[str] = set()
        enough = trio.Event()

        async def held(name: str, serve: Serve, stream: Wire) -> None:
            send = stream.send_chunk

            async def send_later(data: bytes) -> None:
                asked.add(name)
                if len(asked) >= count:
                    enough.set()
                await enough.wait()
                await send(data)

            stream.send_chunk = send_later  # type: ignore[method-assign]
            await serve(stream)

        self.providers = {name: partial(held, name, serve) for name, serve in self.providers.items()}

    def fetch(self, blobs: Mapping[str, int], names: Sequence[str] = ()) -> dict[str, int] | str:
        """Fetch blobs of given sizes from those named, or from all; return what each has sent, or the error's code."""
        return self._run(lambda fetcher: fetcher.fetch(blobs, names or list(self.providers)))

    def fetch_twice(self, blobs: Mapping[str, int]) -> dict[str, int] | str:
        """Fetch the same blobs twice at the same time; return as `fetch`, of one of the two."""

        async def both(fetcher: Fetcher) -> dict[str, int]:
            found: list[dict[str, int]] = []

            async def one() -> None:
                found.append(await fetcher.fetch(blobs, list(self.providers)))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(one)
                nursery.start_soon(one)
            return found[0]

        return self._run(both)

    def fetch_unsized(self, digest: str, most: int) -> dict[str, int] | str:
        """Fetch a blob of which only the providers know the size; return as `fetch`."""
        return self._run(lambda fetcher: fetcher.fetch_unsized(digest, most, list(self.providers)))

    def waiting(self) -> list[Path]:
        """Return the files in which chunks wait for the rest of their blobs."""
        return sorted((self.root / "waiting").iterdir())

    def let_wait(self, data: bytes) -> None:
        """Leave all chunks of a blob waiting, as a node does that dies before it has put it into the store."""
        (self.root / "waiting").mkdir()
        (self.root / "waiting" / staged_name()).write_bytes(data[: len(data) // 2])
        chunks = chunks_of(data)
        assembly = Assembly(self.root / "waiting", hashes(chunks))
        for index, chunk in enumerate(chunks):
            assembly.keep(index, chunk)
        assembly.discard()

    def damage_one(self) -> None:
        """Change one byte of a chunk that waits."""
        path = self.waiting()[0]
        data = bytearray(path.read_bytes())
        data[next(place for place, byte in enumerate(data) if byte)] ^= 1
        path.write_bytes(data)

    def let_age(self, days: int) -> None:
        """Make what waits so many days older."""
        for path in self.waiting():
            changed = path.stat().st_mtime - days * 86_400
            os.utime(path, (changed, changed))

    @contextmanager
    def putting_together(self, data: bytes) -> Iterator[None]:
        """Hold what waits of a blob as one does who puts it together."""
        assembly = Assembly(self.root / "waiting", hashes(chunks_of(data)))
        assembly.read(0, 1)
        try:
            yield
        finally:
            assembly.discard()

    def _run(self, fetch: Fetch) -> dict[str, int] | str:
        """Fetch as a node does that has just been started, but for the scores."""
        self.chunks.clear()
        stalls = any(isinstance(provider, (Stalling, Faltering)) for provider in self.providers.values())
        with (
            mock.patch.object(receiving, "CHUNK_SECONDS", self.chunk_seconds),
            mock.patch.object(wire, "STALL_SECONDS", STALL_SECONDS if stalls else _PATIENCE),
        ):
            return run(self._fetch, fetch)

    async def _fetch(self, fetch: Fetch) -> dict[str, int] | str:
        async with trio.open_nursery() as nursery:
            lines = Lines(nursery, self.providers, self.dying, self._asked)
            fetcher = Fetcher(self.store, self.root / "waiting", self.scores.reputation, lines.open, self._blame)
            try:
                with trio.fail_after(_SECONDS):
                    found: dict[str, int] | str = await fetch(fetcher)
            except MarketError as error:
                found = error.code
            self.received, self.most_open = lines.received, lines.most_open
            nursery.cancel_scope.cancel()
        return found

    def _asked(self, peer: str, message: dict[str, Any]) -> None:
        if "read" in message:
            self.chunks[peer, message["index"]] += 1

    def _blame(self, peer: str, offence: Offence) -> None:
        self.blamed.append((peer, offence))
        self.scores.reputation.blame(peer, offence)
