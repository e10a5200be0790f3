"""Threads for what blocks: SQLite, search and the disk. Each has a registry of its own, as SQLite wants."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from marketplace.server.content import Content

_T = TypeVar("_T")

READERS = 4
"""Threads that read: searching uses all of a core, so more gain nothing on small machines."""

WRITERS = 8
"""Threads that take uploads and publish: they wait for the network and the disk, and never hold up a reader."""


class Pool:
    """Runs work on a registry of the thread's own.

    Args:
        open_content: opens the registry; called once in each thread.
        readers: threads that read.
    """

    def __init__(self, open_content: Callable[[], Content], readers: int = READERS) -> None:
        self._open = open_content
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="ggen-read")
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="ggen-write")

    async def read(self, work: Callable[[Content], _T]) -> _T:
        """Run what only reads."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.here, work)

    async def write(self, work: Callable[[Content], _T]) -> _T:
        """Run what uploads or publishes."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.here, work)

    def here(self, work: Callable[[Content], _T]) -> _T:
        """Run work in this very thread."""
        content: Content | None = getattr(self._local, "content", None)
        if content is None:
            content = self._local.content = self._open()
        return work(content)

    def close(self) -> None:
        """Wait for what runs; take nothing more."""
        self._readers.shutdown()
        self._writers.shutdown()
