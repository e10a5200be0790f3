"""The same small work on many files, on several threads: making a file spends its time in the kernel."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")

_WORTH = 16
"""Fewest items for which threads are begun."""

_MOST = 4


def in_shares(work: Callable[[_Item], object], items: Sequence[_Item]) -> None:
    """Do `work` on every item; the order is not defined.

    Raises:
        What `work` raises first; other items may be left undone.
    """
    if len(items) < _WORTH:
        for item in items:
            work(item)
        return
    from concurrent.futures import ThreadPoolExecutor

    threads = max(2, min(_MOST, os.cpu_count() or 1))
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(_each, work, items[start::threads]) for start in range(threads)]
        for share in running:
            share.result()


def _each(work: Callable[[_Item], object], items: Sequence[_Item]) -> None:
    for item in items:
        work(item)
