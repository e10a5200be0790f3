"""Relevance on the golden queries, beside plain BM25 and SQLite FTS5 on the same data.

Run it with `python -m benchmarks.relevance_bench [-v]`.

Wants the real catalog beside the project (`../shared/catalog` or GGEN_SHARED_CATALOG).
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from marketplace.search.base import SearchDocument
from marketplace.search.engine import TantivySearch
from support.catalog import shared_catalog
from support.documents import DocumentList
from support.relevance import (
    Finder,
    asking,
    measure,
    names_corpus,
    packages_corpus,
    plain_bm25,
    read_golden,
    sqlite_fts5,
    title_words,
    with_one_typo,
)


def main() -> int:
    """Print the figures; `-v` also prints every query whose first result was not accepted."""
    folder = shared_catalog()
    if folder is None:
        print("the real catalog is not beside the project: nothing measured", file=sys.stderr)
        return 1
    print(f"{'corpus':10}{'queries':>9}  {'engine':12}{'MRR':>8}{'recall@10':>11}")
    with tempfile.TemporaryDirectory() as scratch:
        _measure("names", names_corpus(folder), Path(scratch) / "names")
        _measure("packages", packages_corpus(folder), Path(scratch) / "packages")
    return 0


def _measure(corpus: str, source: DocumentList, folder: Path) -> None:
    engine = TantivySearch(folder, source, print)
    finders: dict[str, Finder] = {
        "ggen": asking(engine.search), "plain BM25": plain_bm25(_states(source)), "FTS5": sqlite_fts5(_states(source))
    }  # fmt: skip
    golden = read_golden(corpus)
    for label, queries in (("as typed", golden), ("one typo", with_one_typo(golden, title_words(_states(source))))):
        for name, find in finders.items():
            found = measure(queries, find)
            print(f"{corpus:10}{found.queries:5} {label:10}{name:12}{found.mrr:6.3f}{found.recall:11.3f}")
            if name == "ggen" and "-v" in sys.argv:
                print("\n".join(f"    {line}" for line in found.missed))


def _states(source: DocumentList) -> Iterator[SearchDocument]:
    return (item for item in source.documents() if isinstance(item, SearchDocument))


if __name__ == "__main__":
    sys.exit(main())
