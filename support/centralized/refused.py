"""What a server counts while its disk refuses it, in this process, with a timer that goes off when it is told to."""

import asyncio

from marketplace.registry.counting import FOLDER
from marketplace.server.content import Content
from marketplace.server.counting import Counting
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY
from marketplace.server.pool import Pool
from support.market.packages import local_registry
from support.market.world import World

_SECONDS = 60.0


class RefusedCounting:
    """Counts for a home where a file lies in the place of the folder of the numbers."""

    def __init__(self, world: World) -> None:
        self._world = world
        registry = local_registry(world.home)
        key = log_key(registry.folder / LOG_KEY)
        self._folder = registry.folder / FOLDER
        self._folder.write_bytes(b"")
        self._runner = asyncio.Runner()
        pool = Pool(lambda: Content(local_registry(world.home), key, None))
        world.defer(self._runner.close)
        world.defer(pool.close)
        self._counting = Counting(pool, registry, sleep=self._sleep)
        self._bell = asyncio.Semaphore(0)
        self._sleeps = 0

    async def _sleep(self, _seconds: float) -> None:
        self._sleeps += 1
        await self._bell.acquire()

    @property
    def waiting(self) -> int:
        """Records that wait."""
        return self._counting.waiting

    def search(self, count: int) -> None:
        """Answer so many searches."""
        self._runner.run(self._search(count))

    async def _search(self, count: int) -> None:
        for _ in range(count):
            self._counting.searched(found=True)

    def ring(self) -> None:
        """Let the timer go off, if it is set, and wait until what that begins is done."""
        self._runner.run(self._ring())

    async def _ring(self) -> None:
        before = self._sleeps
        self._bell.release()
        async with asyncio.timeout(_SECONDS):
            while self._sleeps == before and self._is_set():
                await asyncio.sleep(0)

    def is_set(self) -> bool:
        """Return whether the timer will go off again."""
        return self._runner.run(self._looked())

    async def _looked(self) -> bool:
        return self._is_set()

    def _is_set(self) -> bool:
        return len(asyncio.all_tasks()) > 1  # beside the one that looks

    def mend(self) -> None:
        """Let the disk take what is written."""
        self._folder.unlink()

    def counted(self) -> int:
        """Return how many searches are counted in the home."""
        return local_registry(self._world.home).counting.counters.looked_at().totals["searches"]
