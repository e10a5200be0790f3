"""New releases as they are appended to the log, whoever does: told to everybody who subscribed in this worker."""

import asyncio
import weakref
from collections.abc import Sequence

from marketplace.errors import UnavailableError
from marketplace.index import several
from marketplace.index.several import Placed
from marketplace.server.fresh import FreshDocuments
from marketplace.server.pool import Pool

MAX_SUBSCRIBERS = 64
"""Subscriptions of one worker: each keeps a connection."""

_EVERY = 0.1
"""Seconds between two looks at the index while somebody listens; a look is one question to SQLite."""

_WAITING = 1000
"""Releases that wait for a subscriber who does not read them; then the stream ends with an error."""


class Subscription:
    """The releases that one subscriber has yet to read."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Placed | None] = asyncio.Queue()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Placed:
        """Wait for the next release.

        Raises:
            UnavailableError: `graphql-too-slow`, too many were waiting.
        """
        placed = await self._queue.get()
        if placed is None:
            raise UnavailableError("graphql-too-slow", "more releases wait than are kept", hint="subscribe again")
        return placed

    def tell(self, new: Sequence[Placed]) -> bool:
        """Let releases wait; False when that were too many, and these are the last."""
        for placed in new:
            self._queue.put_nowait(placed)
        if self._queue.qsize() > _WAITING:
            self._queue.put_nowait(None)
            return False
        return True


class NewReleases:
    """Watches the log while there are subscribers. One that was never read is forgotten when nobody holds it."""

    def __init__(self, pool: Pool, documents: FreshDocuments) -> None:
        self._pool = pool
        self._documents = documents
        self._subscribers: weakref.WeakSet[Subscription] = weakref.WeakSet()
        self._watching: asyncio.Task[None] | None = None

    def check_room(self) -> None:
        """Return when one more may subscribe.

        Raises:
            UnavailableError: `graphql-too-many-subscriptions`.
        """
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            message = f"{MAX_SUBSCRIBERS} subscriptions are served already"
            raise UnavailableError("graphql-too-many-subscriptions", message, hint="try again later", retry_after=5)

    async def subscribe(self) -> Subscription:
        """Return what yields each release that is appended from now on.

        Raises:
            UnavailableError: `graphql-too-many-subscriptions`.
        """
        size = (await self._documents.state()).size
        self.check_room()
        found = Subscription()
        self._subscribers.add(found)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch(size))
        return found

    def forget(self, subscription: Subscription) -> None:
        """Make room: whoever subscribed has gone."""
        self._subscribers.discard(subscription)

    async def _watch(self, seen: int) -> None:
        while self._subscribers:
            after, seen = seen, (await self._documents.state()).size
            if seen > after:
                await self._tell(after, seen)
            await asyncio.sleep(_EVERY)

    async def _tell(self, after: int, until: int) -> None:
        new = await self._pool.read(lambda content: several.between(content.registry.index, after, until))
        for subscriber in list(self._subscribers):
            if not subscriber.tell(new):
                self._subscribers.discard(subscriber)
