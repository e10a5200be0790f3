"""What keeps a server able to answer: requests in flight, rates, and slow clients have limits."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from marketplace.errors import MarketError, UnavailableError
from marketplace.server.asgi import Message, Receive, Scope

_GRACE, _LEAST = 10.0, 1024
"""After so many seconds a body must have come at this many bytes a second on average."""

_REMEMBERED = 10_000
"""Clients whose rates are kept; the one not seen for longest is forgotten first."""


class RateLimit:
    """A bucket of tokens for each client: `rate` requests a second on average, twice as many at once. 0: no limit.

    Args:
        clock: seconds of a monotonic clock.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """Count one request of a client.

        Raises:
            UnavailableError: `rate-limited`, with `retry_after` in whole seconds.
        """
        if not self._rate:
            return
        most, now = 2 * self._rate, self._clock()
        left, then = self._buckets.pop(client, (most, now))
        left = min(most, left + (now - then) * self._rate)
        self._buckets[client] = (max(0.0, left - 1), now) if left >= 1 else (left, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if left < 1:
            after = int((1 - left) / self._rate) + 1
            raise UnavailableError(
                "rate-limited", f"more than {self._rate:g} requests a second", hint=f"wait {after} s", retry_after=after
            )


class InFlight:
    """Counts requests in flight; beyond `most` of them, and while it drains, the next is refused at once."""

    def __init__(self, most: int, draining: Callable[[], bool]) -> None:
        self._most = most
        self._draining = draining
        self.count = 0

    def enter(self) -> None:
        """Count a request in.

        Raises:
            UnavailableError: `draining` or `overloaded`, with `retry_after`.
        """
        if self._draining():
            raise UnavailableError("draining", "the server is being stopped", hint="try again", retry_after=1)
        if self.count >= self._most:
            raise UnavailableError("overloaded", "too many requests at once", hint="try again", retry_after=1)
        self.count += 1

    def leave(self) -> None:
        """Count a request out."""
        self.count -= 1


def impatient(receive: Receive, idle: float, clock: Callable[[], float] = time.monotonic) -> Receive:
    """Return `receive` with limits: the next bytes come within `idle` seconds, and all at a least rate."""
    start, got = clock(), 0

    async def receive_in_time() -> Message:
        nonlocal got
        try:
            message = await asyncio.wait_for(receive(), idle)
        except TimeoutError:
            raise _too_slow(f"no bytes came for {idle:g} s") from None
        got += len(message.get("body", b""))
        took = clock() - start
        if message.get("more_body") and took > _GRACE and got < took * _LEAST:
            raise _too_slow(f"fewer than {_LEAST} bytes a second")
        return message

    return receive_in_time


def _too_slow(why: str) -> MarketError:
    return UnavailableError("too-slow", f"the request came too slowly: {why}", hint="try again over a better line")


def client_of(scope: Scope) -> str:
    """Return whose request it is, for rates: the client's address."""
    client = scope.get("client")
    return str(client[0]) if client else ""
