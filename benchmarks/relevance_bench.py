"""Relevance on the golden queries, beside plain BM25 and SQLite FTS5 on the same data: mean reciprocal rank, recall.

Wants the real catalog beside the project (`../shared/catalog` or GGEN_SHARED_CATALOG).
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Row, Stage
from marketplace.search.base import SearchDocument
from marketplace.search.engine import TantivySearch
from support.market.catalogs.catalog import shared_catalog
from support.market.catalogs.documents import DocumentList
from support.market.catalogs.relevance import (
    Finder,
    Golden,
    asking,
    names_corpus,
    packages_corpus,
    plain_bm25,
    read_golden,
    sqlite_fts5,
    title_words,
    with_one_typo,
)
from support.market.catalogs.relevance import (
    measure as measure_relevance,
)

_GOAL, _GOAL_TYPO = 0.95, 0.90
"""Mean reciprocal ranks that are good enough: as typed, and with one typing error."""


def measure(stage: Stage) -> Iterator[Row]:
    """Yield the rows; values are mean reciprocal ranks and shares found in the first ten, each from 0 to 1."""
    folder = shared_catalog()
    if folder is None:
        why = "the real catalog is not beside the project"
        yield Row("relevance", None, "plain BM25", None, _GOAL, "MRR", "at least", why)
        return
    for corpus, source in (("names", names_corpus(folder)), ("packages", packages_corpus(folder))):
        yield from _measure(corpus, source, stage.scratch / corpus)


def _measure(corpus: str, source: DocumentList, folder: Path) -> Iterator[Row]:
    engine = TantivySearch(folder, source, print)
    peers: dict[str, Finder] = {"plain BM25": plain_bm25(_states(source)), "SQLite FTS5": sqlite_fts5(_states(source))}
    golden = read_golden(corpus)
    typed_wrongly = with_one_typo(golden, title_words(_states(source)))
    yield from _rows(f"{corpus}, as typed", golden, asking(engine.search), peers, _GOAL)
    yield from _rows(f"{corpus}, one typo", typed_wrongly, asking(engine.search), peers, _GOAL_TYPO)


def _rows(what: str, golden: list[Golden], ours: Finder, peers: dict[str, Finder], goal: float) -> Iterator[Row]:
    own = measure_relevance(golden, ours)
    for name, find in peers.items():
        other = measure_relevance(golden, find)
        yield Row(f"{what}, {own.queries} queries", own.mrr, name, other.mrr, goal, "MRR", "at least")
        yield Row(f"{what}, found in ten", own.recall, name, other.recall, None, "share")


def _states(source: DocumentList) -> Iterator[SearchDocument]:
    return (item for item in source.documents() if isinstance(item, SearchDocument))
