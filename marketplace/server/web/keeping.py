"""Pages that were rendered, kept while what is on them is what it was: many people look at the same."""

from collections.abc import Callable, Hashable
from typing import NamedTuple

from moka_py import Moka

from marketplace.server.content import Content
from marketplace.server.document import Document
from marketplace.server.fresh import FreshDocuments
from marketplace.server.pool import Pool

_CAPACITY = 8 * 1024 * 1024
"""Bytes of pages that are kept: some hundreds, with their compressed forms."""

_TTL = 60
"""Seconds after which a page is made anew whatever is known: nobody watches the content store, where READMEs are."""


class _Kept(NamedTuple):
    """A page, and what was known before it was made: the number of the newest change, and whatever else is on it."""

    document: Document
    revision: int
    other: Hashable


class KeptPages:
    """The pages of a registry for one event loop; of several who ask for the same at once one makes it.

    Args:
        documents: knows how often the index has changed.
        other: returns what pages depend on beside the index; asked for each page that is looked at.
    """

    def __init__(self, pool: Pool, documents: FreshDocuments, other: Callable[[], Hashable]) -> None:
        self._pool = pool
        self._documents = documents
        self._other = other
        self._pages: Moka[str, _Kept] = Moka(_CAPACITY, weigher=_weight)

    async def get(self, address: str, make: Callable[[Content], bytes]) -> Document:
        """Return the page at an address as it is now; `make` reads and renders it, in a thread.

        Raises:
            MarketError: what `make` raises; nothing is kept of it.
        """
        wanted, other = (await self._documents.state()).revision, self._other()
        kept = self._pages.get(address)
        while kept is None or kept.revision < wanted or kept.other != other:
            if kept is not None:
                self._pages.remove(address)
            kept = await self._pool.read(lambda content: self._made(content, address, make))
            other = self._other()
        return kept.document

    def _made(self, content: Content, address: str, make: Callable[[Content], bytes]) -> _Kept:
        def made() -> _Kept:
            revision, other = self._documents.revision, self._other()  # before: the page is never older than they say
            return _Kept(Document(make(content)), revision, other)

        return self._pages.get_with(address, made, ttl=_TTL)


def _weight(address: str, kept: _Kept) -> int:
    return Document.OVERHEAD + len(address) + kept.document.size * 3 // 2  # with its compressed forms
