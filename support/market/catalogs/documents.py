"""A package index in memory: a real `DocumentSource` (a list of states with change numbers) for the search alone."""

import os
import secrets
import signal
from collections.abc import Iterator, Mapping, Sequence

from marketplace.search.base import RemovedDocument, SearchDocument


def document(id_: str, **fields: object) -> SearchDocument:
    """Return a document with these fields; the others are empty, and the revision is given when it is put."""
    values: dict[str, object] = {
        "version": "1.0.0", "title": "", "description": "", "category": "", "tags": (), "keywords": (),
        "license": "MIT", "authors": (), "downloads": 0, "updated_at": "2026-01-01T00:00:00Z", "revision": 0,
    }  # fmt: skip
    return SearchDocument(id=id_, **{**values, **fields})  # type: ignore[arg-type]  # the fields are the caller's


class DocumentList:
    """A `DocumentSource`: everything the protocol promises, without a disk. `asked` counts the documents handed out."""

    def __init__(self, documents: Sequence[SearchDocument] = (), fingerprint: str | None = None) -> None:
        self._fingerprint = fingerprint or secrets.token_hex(16)
        self._states: dict[str, SearchDocument | RemovedDocument] = {}
        self._revision = 0
        self.asked = 0
        for item in documents:
            self.put(item)

    def put(self, item: SearchDocument) -> None:
        """Publish a package, or a newer state of it."""
        self._set(item)

    def remove(self, id_: str) -> None:
        """Take a package out of the search, as a yank of all its versions does."""
        self._set(RemovedDocument(id_, 0))

    def _set(self, item: SearchDocument | RemovedDocument) -> None:
        self._revision += 1
        self._states.pop(item.id, None)  # so that the states stay in the order of their changes
        self._states[item.id] = item._replace(revision=self._revision)

    def revision(self) -> int:
        """Return the number of the newest change."""
        return self._revision

    def fingerprint(self) -> str:
        """Return the identity of this list."""
        return self._fingerprint

    def documents(self, since: int = 0) -> Iterator[SearchDocument | RemovedDocument]:
        """Yield the states changed after `since`, oldest change first."""
        for item in list(self._states.values()):
            if item.revision > since:
                self.asked += 1
                yield item

    def lookup(self, ids: Sequence[str]) -> Mapping[str, SearchDocument]:
        """Return the present documents of `ids`."""
        found = ((id_, self._states.get(id_)) for id_ in ids)
        return {id_: item for id_, item in found if isinstance(item, SearchDocument)}


class DeadlyList(DocumentList):
    """A list that kills the process that reads it when half of it is handed out."""

    def documents(self, since: int = 0) -> Iterator[SearchDocument | RemovedDocument]:
        """Yield the states, as far as it comes to that."""
        for place, item in enumerate(super().documents(since)):
            if 2 * place > len(self._states):
                os.kill(os.getpid(), signal.SIGKILL)
            yield item
