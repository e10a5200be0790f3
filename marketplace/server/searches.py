"""Answers to searches, kept while the index is what it was: many people ask the same."""

import json
import time
from typing import NamedTuple

from moka_py import Moka

from marketplace.search.base import SearchPage, SearchQuery, page_json
from marketplace.server.content import Content
from marketplace.server.document import Document
from marketplace.server.fresh import FreshDocuments
from marketplace.server.pool import Pool

_CAPACITY = 8 * 1024 * 1024
"""Bytes of answers that are kept: about six hundred pages."""


class Found(NamedTuple):
    """An answer, the page in it, the number of the newest change before it was made, and whether it may be kept."""

    document: Document
    page: SearchPage
    revision: int
    good: bool


class Searches:
    """Answers searches of a registry for one event loop; of several that ask the same at once one searches.

    Args:
        name: the registry's name, for the answers.
        documents: knows how often the index has changed.
    """

    def __init__(self, name: str, pool: Pool, documents: FreshDocuments) -> None:
        self._name = name
        self._pool = pool
        self.documents = documents
        self._kept: Moka[SearchQuery, Found] = Moka(_CAPACITY, weigher=_weight)

    async def get(self, query: SearchQuery) -> Found:
        """Return the answer as the index is now.

        Raises:
            MarketError: what the search raises.
        """
        wanted = (await self.documents.state()).revision
        kept = self._kept.get(query)
        while kept is None or kept.revision < wanted:
            if kept is not None:
                self._kept.remove(query)
            kept = await self._pool.read(lambda content: self._make(content, query))
        if not kept.good:
            self._kept.remove(query)
        return kept

    def _make(self, content: Content, query: SearchQuery) -> Found:
        def make() -> Found:
            revision = self.documents.revision  # before the index is read: the answer is never older than it says
            start = time.perf_counter()
            page = content.registry.engine.search(query)  # whoever asks counts it
            took = (time.perf_counter() - start) * 1000
            answer = {"schema": 1, **page_json(query, page, self._name, took), "notes": page.notes}
            data = json.dumps(answer, ensure_ascii=False).encode("utf-8")
            good = not page.notes  # a note tells of a trouble of the moment
            return Found(Document(data), page, revision, good)

        return self._kept.get_with(query, make)


def _weight(query: SearchQuery, kept: Found) -> int:
    return Document.OVERHEAD + len(query.text) + kept.document.size * 5 // 2  # with its compressed forms and the page
