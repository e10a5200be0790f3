"""Search in process beside SQLite FTS5 on the same packages in the same run: filters, facets and highlights on.

Both engines answer a page of 20 with the exact total, counts for four facets and highlights, and both look the
documents up in one shared list, so that only the engines differ. FTS5 knows no typing errors, so that query is timed
beside a bare tantivy query of a common word that reads its 20 documents.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import geometric_mean

from benchmarks.measuring import Contestant, Row, Stage, medians
from marketplace.search.base import FACETS, SearchDocument, SearchQuery
from marketplace.search.engine import TantivySearch
from support.market.catalogs.catalogue_of_words import made_up, vocabulary
from support.market.catalogs.documents import DocumentList
from support.market.catalogs.relevance import plain_bm25

SIZES = {1_000: 1.2, 20_000: None, 100_000: 0.5}
"""Packages, and the geometric mean of the ratios to FTS5 that is good enough."""

_TYPING_ERROR = "typing error"


def queries() -> dict[str, SearchQuery]:
    """Return the query set: common and rare words, several words, a prefix, a filter, another order, a typing error."""
    words = vocabulary()
    return {
        "common word": SearchQuery(words[0]),
        "rare word": SearchQuery(words[900]),
        "two words": SearchQuery(f"{words[3]} {words[40]}"),
        "three words": SearchQuery(f"{words[1]} {words[20]} {words[60]}"),
        "prefix": SearchQuery(words[30][:5]),
        "word and filter": SearchQuery(words[2], category="web"),
        "filters alone": SearchQuery(category="cli", license="MIT"),
        "by downloads": SearchQuery(words[5], sort="downloads"),
        _TYPING_ERROR: SearchQuery(words[900][:2] + words[900][3:]),
    }


class Fts5:
    """The same answers from SQLite FTS5."""

    def __init__(self, documents: Iterable[SearchDocument], source: DocumentList) -> None:
        self._source = source
        self._db = sqlite3.connect(":memory:")
        self._db.executescript(
            "CREATE VIRTUAL TABLE texts USING fts5(id, title, description, words, tokenize='porter unicode61');"
            "CREATE TABLE packages(rowid INTEGER PRIMARY KEY, id, category, license, downloads);"
            "CREATE INDEX by_category ON packages(category);"
            "CREATE TABLE facets(package, name, value); CREATE INDEX by_package ON facets(package);"
        )
        for number, item in enumerate(documents):
            words = " ".join((*item.tags, *item.keywords, item.category, item.license, *item.authors))
            texts = (number, item.id, item.title, item.description, words)
            self._db.execute("INSERT INTO texts(rowid, id, title, description, words) VALUES (?, ?, ?, ?, ?)", texts)
            row = (number, item.id, item.category, item.license, item.downloads)
            self._db.execute("INSERT INTO packages VALUES (?, ?, ?, ?, ?)", row)
            values = [("category", item.category), ("license", item.license)]
            values += [("author", author) for author in item.authors] + [("tag", tag) for tag in item.tags]
            self._db.executemany("INSERT INTO facets VALUES (?, ?, ?)", [(number, *value) for value in values])
        self._db.execute("INSERT INTO texts(texts) VALUES ('optimize')")

    def search(self, query: SearchQuery) -> int:
        """Answer a query; return the total."""
        where, values = self._where(query)
        order = "p.downloads DESC" if query.sort == "downloads" or not query.text else "bm25(texts, 5, 5, 1, 2)"
        marked = "highlight(texts, 1, '<', '>'), highlight(texts, 2, '<', '>')" if query.text else "NULL, NULL"
        tables = "texts JOIN packages p ON p.rowid = texts.rowid" if query.text else "packages p"
        sql = f"SELECT p.id, {marked} FROM {tables} WHERE {where} ORDER BY {order} LIMIT 20"  # noqa: S608 - constants
        page = self._db.execute(sql, values).fetchall()
        self._source.lookup([row[0] for row in page])
        matching = f"SELECT p.rowid FROM {tables} WHERE {where}"  # noqa: S608 - constants
        total = self._db.execute(f"SELECT count(*) FROM ({matching})", values).fetchone()[0]  # noqa: S608 - constants
        self._db.execute(
            f"SELECT name, value, count(*) FROM facets WHERE package IN ({matching}) "  # noqa: S608 - constants
            f"AND name IN ({','.join('?' * len(FACETS))}) GROUP BY name, value ORDER BY 3 DESC", (*values, *FACETS)
        ).fetchmany(400)  # fmt: skip
        return int(total)

    def _where(self, query: SearchQuery) -> tuple[str, list[object]]:
        clauses: list[str] = ["1"]
        values: list[object] = []
        if query.text:
            words = query.text.split()
            clauses.append("texts MATCH ?")
            values.append(" ".join(f'"{word}"*' if len(words) == 1 else f'"{word}"' for word in words))
        for name in ("category", "license"):
            wanted = getattr(query, name)
            if wanted:
                clauses.append(f"+p.{name} = ?" if query.text else f"p.{name} = ?")  # with a text, FTS5 must drive
                values.append(wanted)
        return " AND ".join(clauses), values


def measure(stage: Stage) -> Iterator[Row]:
    """Yield a row for each query and one for the geometric mean of all, for each size."""
    for size, goal in list(SIZES.items())[: stage.pick(len(SIZES), 2)]:
        yield from _compare(size, goal, stage.scratch / str(size), stage.pick(15, 5))


def _compare(size: int, goal: float | None, folder: Path, rounds: int) -> Iterator[Row]:
    documents = list(made_up(size))
    source = DocumentList(documents)
    engine, peer, bare = TantivySearch(folder, source, print), Fts5(documents, source), plain_bm25(documents)
    common = vocabulary()[0]
    assert engine.search(SearchQuery(common)).total, f"{common} was not found"
    found: dict[str, tuple[float, float]] = {}
    for name, query in queries().items():
        contestants = [
            Contestant("ours", lambda q=query: engine.search(q)),  # type: ignore[misc]
            Contestant("FTS5", lambda q=query: peer.search(q)),  # type: ignore[misc]
            Contestant("bare", lambda: bare(common, 20)),
        ]
        times = medians(contestants, rounds)
        found[name] = times["ours"], times["FTS5"]
        if name in (_TYPING_ERROR, "common word"):
            yield Row(f"{size:,} packages: {name}", times["ours"], "bare tantivy, reading 20 documents", times["bare"])
        if name != _TYPING_ERROR:
            yield Row(f"{size:,} packages: {name}", times["ours"], "SQLite FTS5", times["FTS5"])
    ours, theirs = (geometric_mean(values) for values in zip(*_comparable(found), strict=True))
    yield Row(f"{size:,} packages: geometric mean", ours, "SQLite FTS5", theirs, goal)


def _comparable(found: dict[str, tuple[float, float]]) -> Iterator[tuple[float, float]]:
    return (times for name, times in found.items() if name != _TYPING_ERROR)
