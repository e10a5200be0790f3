"""What guards a server, by itself: time and clients are the scenario's."""

import asyncio
from itertools import chain

from marketplace.errors import MarketError
from marketplace.server.asgi import Message
from marketplace.server.guard import RateLimit, impatient

_IDLE = 5.0


def trickled(rate: int, seconds: int) -> tuple[str, int]:
    """Receive a body that comes every second, at `rate` bytes a second, for so long.

    Returns the code with which it is refused, empty when it is taken, and after how many seconds.
    """
    passed = 0

    async def receive() -> Message:
        nonlocal passed
        passed += 1
        return {"type": "http.request", "body": b"x" * rate, "more_body": passed < seconds}

    async def whole() -> str:
        patient = impatient(receive, _IDLE, lambda: float(passed))
        try:
            while (await patient())["more_body"]:
                pass
        except MarketError as error:
            return error.code
        return ""

    return asyncio.run(whole()), passed


def limited_again(clients: int) -> list[int]:
    """Let each of so many clients use up its requests, the next after the last; return the places of those that the
    server refuses when they come again at the same moment, the last first.
    """
    rates = RateLimit(1.0, clock=lambda: 0.0)
    for number in chain.from_iterable((n, n) for n in range(clients)):
        rates.take(str(number))
    return [n for n in reversed(range(clients)) if _is_refused(rates, str(n))]


def _is_refused(rates: RateLimit, client: str) -> bool:
    try:
        rates.take(client)
    except MarketError as error:
        assert error.code == "rate-limited", error
        return True
    return False
