"""Several requests to one registry at the same time."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from marketplace.errors import MarketError, UnavailableError

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

PARALLEL = 6
"""Requests at the same time, over as many connections (what browsers open to one server)."""


def together(ask: Callable[[_Item], _Answer], items: Sequence[_Item]) -> dict[_Item, _Answer | MarketError]:
    """Ask for several things at once; return the answer or the error of each.

    After the first that the registry did not answer no more are begun: they get the same error.
    """
    from concurrent.futures import ThreadPoolExecutor

    silence: list[UnavailableError] = []

    def one(item: _Item) -> _Answer | MarketError:
        if silence:
            return silence[0]
        try:
            return ask(item)
        except MarketError as error:
            if isinstance(error, UnavailableError):
                silence.append(error)
            return error

    with ThreadPoolExecutor(min(PARALLEL, len(items))) as pool:
        running = {item: pool.submit(one, item) for item in items}
        try:
            return {item: future.result() for item, future in running.items()}
        finally:
            for future in running.values():
                future.cancel()  # whoever presses Ctrl-C does not wait for what has not begun
