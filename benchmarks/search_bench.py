"""Search in process beside SQLite FTS5 on the same packages in the same run: filters, facets and highlights on.

Run it with `python -m benchmarks.search_bench [SIZE…]`; without sizes it takes 1,000, 20,000 and 100,000. Both engines
answer a page of 20 with the exact total, counts for four facets and highlights, and both look the documents up in one
shared list, so that only the engines differ. FTS5 knows no typing errors: those queries are timed, not compared.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from marketplace.search.base import FACETS, SearchDocument, SearchQuery
from marketplace.search.engine import TantivySearch
from support.catalogue_of_words import made_up, vocabulary
from support.documents import DocumentList

SIZES = (1_000, 20_000, 100_000)
_ROUNDS = 15


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
        "typing error": SearchQuery(words[900][:2] + words[900][3:]),
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


def main(sizes: Sequence[int]) -> int:
    """Print p50 of each query in both engines and the geometric mean of their ratios, for each size."""
    with tempfile.TemporaryDirectory() as scratch:
        for size in sizes:
            _compare(size, Path(scratch) / str(size))
    return 0


def _compare(size: int, folder: Path) -> None:
    documents = list(made_up(size))
    source = DocumentList(documents)
    engine = TantivySearch(folder, source, print)
    start = time.perf_counter()
    engine.search(SearchQuery("anything"))
    built = time.perf_counter() - start
    peer = Fts5(documents, source)
    print(f"\n{size:,} packages; index built in {built:.2f} s")
    print(f"{'query':18}{'hits':>8}{'ggen ms':>10}{'FTS5 ms':>10}{'ratio':>8}")
    ratios = []
    for name, query in queries().items():
        ours, theirs = _alternately(lambda q=query: engine.search(q), lambda q=query: peer.search(q))  # type: ignore[misc]
        total = engine.search(query).total
        compared = name != "typing error"
        if compared:
            ratios.append(ours / theirs)
        tail = f"{theirs:10.3f}{ours / theirs:8.2f}" if compared else f"{'-':>10}{'-':>8}"
        print(f"{name:18}{total:8,}{ours:10.3f}{tail}")
    print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}")


def _alternately(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Return the medians in milliseconds of both, measured in turns so that the machine's moods hit both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for place, action in enumerate((one, other)):
            start = time.perf_counter()
            action()
            times[place].append((time.perf_counter() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or SIZES))
