"""Downloads and searches, counted before they are answered: a record in the journal each, added up every few seconds.

What the disk refuses waits in memory and is written with the next record; that is told, and no answer fails for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

from marketplace.errors import InvalidInputError, MarketError
from marketplace.insights.counters import Counters
from marketplace.insights.statistics import MAX_DAYS, Statistics
from marketplace.model.ids import PackageId
from marketplace.registry.counting import FOLDER, IndexSource
from marketplace.registry.local import LocalRegistry
from marketplace.server.content import Content
from marketplace.server.pool import Pool

EVERY = 2.0
"""Seconds after which what was counted is added up, for searches to rank by; the statistics add up when asked."""

_MOST_WAITING = 10_000
"""Records that wait in memory for a disk that refuses them: a few megabytes."""

_DAYS = 30


class Counting:
    """Counts what one worker sends and finds.

    Args:
        registry: the registry, for the thread of the event loop.
        sleep: waits so many seconds.
    """

    def __init__(
        self, pool: Pool, registry: LocalRegistry, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._pool = pool
        self._sleep = sleep
        self._counted = registry.counting
        source = IndexSource(lambda: pool.here(lambda content: content.registry.index))
        self._counters = Counters(registry.folder / FOLDER, source, self._counted.today)
        self._waiting: list[bytes] = []
        self._trouble = ""
        self._adding: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Records that the disk has refused so far."""
        return len(self._waiting)

    def sent(self, content_ids: Iterable[str]) -> None:
        """Count one download of each tree."""
        try:
            self._write(self._counted.sent(content_ids))
        except (OSError, MarketError) as error:
            self._tell(error)
        self._add_up_later()

    def searched(self, *, found: bool) -> None:
        """Count a search."""
        try:
            self._write([self._counted.search(found=found)])
        except (OSError, MarketError) as error:
            self._tell(error)
        self._add_up_later()

    def _add_up_later(self) -> None:
        if self._adding is None or self._adding.done():
            self._adding = asyncio.get_running_loop().create_task(self._later())

    def _write(self, records: Sequence[bytes] = ()) -> None:
        """Write what waits, and more records; what is refused waits.

        Raises:
            OSError: the disk refuses.
        """
        self._waiting += records
        del self._waiting[:-_MOST_WAITING]
        while self._waiting:
            del self._waiting[: self._counted.journal.append(self._waiting)]

    async def _later(self) -> None:
        await self._sleep(EVERY)
        await self.flush()
        while self._waiting:  # until the disk has room again
            await self._sleep(EVERY)
            await self.flush()

    async def flush(self) -> None:
        """Add up what was counted."""
        try:
            self._counted.journal.look()
            self._write()
            await self._pool.write(lambda _content: self._counters.add_up())
            self._trouble = ""
        except (OSError, MarketError) as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Tell a trouble once, until it is over."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            self._counted.notify(f"downloads and searches are not all counted: {error}")

    async def statistics(self, id_: PackageId | None, days: int) -> Statistics:
        """Return what was counted by now.

        Raises:
            NotFoundError: `package-not-found`.
            IntegrityError: `statistics-corrupt`.
        """
        with suppress(OSError):
            self._write()
        return await self._pool.read(lambda content: self._read(content, id_, days))

    def _read(self, content: Content, id_: PackageId | None, days: int) -> Statistics:
        if id_ and not content.registry.index.releases(id_):
            raise content.registry.unknown(id_)
        return self._counters.of(str(id_) if id_ else None, days)

    def several(self, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Statistics]:
        """Return the statistics of packages and the days of each, in a thread of the pool."""
        return self._counters.several(keys)

    async def metrics(self) -> str:
        """Return the numbers in Prometheus' format; without those that cannot be added up."""
        text = f"# TYPE ggen_uncounted gauge\nggen_uncounted {self.waiting}\n"
        with suppress(MarketError):
            totals = (await self.statistics(None, 1)).totals
            for name in ("downloads", "installs", "searches", "misses"):
                text += f"# TYPE ggen_{name}_total counter\nggen_{name}_total {totals[name]}\n"
            text += f"# TYPE ggen_publishers gauge\nggen_publishers {totals['publishers']}\n"
        return text


def asked_of(parameters: Sequence[tuple[str, str]]) -> tuple[PackageId | None, int]:
    """Read which package's statistics are asked for (None: all), and of how many days.

    Raises:
        InvalidInputError: `parameter-invalid` or `invalid-package-id`.
    """
    given = dict(parameters)
    days = given.get("days", str(_DAYS))
    if len(given) < len(parameters) or given.keys() - {"id", "days"}:
        message = "only id and days may be given, each once"
        raise InvalidInputError("parameter-invalid", message, hint="api/v1/stats?id=ID&days=30")
    if not (days.isascii() and days.isdigit() and len(days) <= 3 and 1 <= int(days) <= MAX_DAYS):
        message = f"days is no whole number from 1 to {MAX_DAYS}"
        raise InvalidInputError("parameter-invalid", message, hint="api/v1/stats?days=30", parameter="days")
    return PackageId.parse(given["id"]) if "id" in given else None, int(days)
