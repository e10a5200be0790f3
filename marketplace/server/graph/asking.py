"""What the fields of one request share: what was read so far, and what they may do."""

from collections.abc import Callable
from dataclasses import dataclass, field

from marketplace.server import publishing
from marketplace.server.bodies import too_large
from marketplace.server.counting import Counting
from marketplace.server.graph.dependents import Dependents
from marketplace.server.graph.loading import Loaders
from marketplace.server.graph.releases import NewReleases
from marketplace.server.pool import Pool
from marketplace.server.searches import Searches
from marketplace.server.tokens import Token


@dataclass(frozen=True, slots=True)
class Parts:
    """What all requests share.

    Attributes:
        name: the registry's.
        releases: tells of new ones.
        draining: tells whether the server is being stopped.
        largest_record: bytes of a record that is taken.
    """

    name: str
    pool: Pool
    counting: Counting
    searches: Searches
    dependents: Dependents
    releases: NewReleases
    draining: Callable[[], bool]
    largest_record: int

    def loaders(self) -> Loaders:
        """Return loaders that have read nothing."""
        return Loaders(self.pool, self.counting, self.dependents)


@dataclass(slots=True)
class Asking:
    """One request.

    Args:
        token: returns the token that came with it.
    """

    parts: Parts
    token: Callable[[], Token]
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = self.parts.loaders()

    @property
    def name(self) -> str:
        """The registry's name."""
        return self.parts.name

    @property
    def pool(self) -> Pool:
        """Threads for what blocks."""
        return self.parts.pool

    @property
    def counting(self) -> Counting:
        """What counts searches."""
        return self.parts.counting

    def forget(self) -> None:
        """Read everything anew."""
        self.loaders = self.parts.loaders()

    async def publish(self, record: str) -> tuple[bool, dict[str, object]]:
        """Publish a signed release as `POST releases` does.

        Raises:
            MarketError: as `publishing.publish`; DeniedError without a good token.
        """
        token, data = self.token(), self._record(record)
        return await self.pool.write(lambda content: publishing.publish(content.registry, data, token))

    async def yank(self, record: str) -> tuple[bool, dict[str, object]]:
        """Append a signed yank or unyank as `POST yanks` does.

        Raises:
            MarketError: as `publishing.yank`; DeniedError without a good token.
        """
        token, data = self.token(), self._record(record)
        return await self.pool.write(lambda content: publishing.yank(content.registry, data, token))

    def _record(self, record: str) -> bytes:
        data = record.encode("utf-8")  # neither a request nor a document with a lone surrogate comes as far as here
        if len(data) > self.parts.largest_record:
            raise too_large(self.parts.largest_record)
        return data
