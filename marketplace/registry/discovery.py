"""Finding packages of a registry over HTTP: by its interface, or in its catalog where there are files alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.http.client import Client, Wanted
from marketplace.model.ids import PackageId
from marketplace.model.tree import digest_of
from marketplace.protocol import documents, paths
from marketplace.search.base import SearchDocument, SearchPage, SearchQuery

if TYPE_CHECKING:
    from marketplace.insights.suggestions import Suggestion
    from marketplace.registry.remote_search import Catalog

_SEARCH = "ggen market search QUERY"
_CATALOG = Wanted(paths.CATALOG, "the catalog", _SEARCH, documents.MAX_CATALOG)


class Discovery:
    """What is asked without knowing a package; `api` is the interface's path, None for files alone.

    Args:
        folder: where the index of the catalog is kept.
        notify: told what the user should know.
    """

    def __init__(self, client: Client, folder: Path, notify: Callable[[str], None]) -> None:
        self._client = client
        self._folder = folder
        self._notify = notify

    def search(self, api: str | None, query: SearchQuery) -> SearchPage:
        """Answer a search; see `Registry`."""
        from marketplace.registry.remote_search import query_string, read_page, search_in

        if api is None:
            return search_in(self._catalog(), self._folder, query, self._notify)
        wanted = Wanted(f"{api}search?{query_string(query)}", "the answer to this search", _SEARCH)
        return self._client.document(wanted, read_page)

    def recommend(self, api: str | None, asked: Sequence[PackageId], limit: int) -> "tuple[Suggestion, ...]":
        """Return what goes with packages that are there; see `Registry`."""
        from marketplace.registry.remote_search import question, read_suggestions, recommend_in

        if api is None:
            return recommend_in(self._catalog(), self._folder, asked, limit, self._notify)
        wanted = Wanted(
            f"{api}recommendations?{question(asked, limit)}", "the recommendations", "ggen market recommend"
        )
        return self._client.document(wanted, read_suggestions)

    def suggest(self, id_: PackageId) -> list[str]:
        """Return ids spelled alike from the catalog, if it is here: it is not fetched for a misspelled name."""
        from marketplace.registry.remote_search import Catalog, suggest_in

        kept = self._client.kept(_CATALOG, _read_catalog)
        return suggest_in(Catalog(*kept), self._folder, str(id_), self._notify) if kept else []

    def categories(self) -> Mapping[str, int]:
        """Return how many packages each category has; see `Registry`."""
        wanted = Wanted(paths.CATEGORIES, "the list of categories", "ggen market categories")
        return self._client.document(wanted, documents.decode_categories)

    def ids(self) -> tuple[PackageId, ...]:
        """Return every package id, sorted; see `Registry`."""
        return tuple(PackageId(document.id) for document in self._client.document(_CATALOG, _read_catalog)[1])

    def _catalog(self) -> "Catalog":
        from marketplace.registry.remote_search import Catalog

        return Catalog(*self._client.document(_CATALOG, _read_catalog))


def _read_catalog(data: bytes) -> tuple[str, tuple[SearchDocument, ...]]:
    return digest_of(data), documents.decode_catalog(data)[0]
