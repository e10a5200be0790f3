"""How good the order of results is: mean reciprocal rank and recall at ten over queries with known answers."""

import json
import random
import re
import sqlite3
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from marketplace.search.base import SearchDocument, SearchPage, SearchQuery
from support.market.catalogs.catalog import id_of, read_public_packages
from support.market.catalogs.documents import DocumentList, document

GOLDEN = Path(__file__).parents[3] / "features" / "local" / "data" / "golden_queries.tsv"
_PACKAGES_ROOT = "io.ggen."
_DEPTH = 10

Finder = Callable[[str, int], Sequence[str]]
"""Returns at most so many ids for a text, best first."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A query and the ids a person would accept as its answer, best known first."""

    kind: str
    text: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relevance:
    """Figures over a set of queries, each between 0 and 1, and the queries whose first result was not accepted."""

    queries: int
    mrr: float
    recall: float
    missed: tuple[str, ...]


def read_golden(corpus: str, path: Path = GOLDEN) -> list[Golden]:
    """Return the golden queries of a corpus: `names` (20,000 public packages), `packages` (77 of the older catalog)."""
    to_id = id_of if corpus == "names" else package_id
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [
        Golden(kind, text, tuple(to_id(name) for name in expected.split()))
        for of, kind, text, expected in rows
        if of == corpus
    ]


def package_id(name: str) -> str:
    """Return the id of a package of the older catalog: below io.ggen unless its name is an id already."""
    return name if "." in name else _PACKAGES_ROOT + name


def names_corpus(folder: Path) -> DocumentList:
    """Return the public packages as documents, titled with their real names."""
    return DocumentList([
        document(id_of(row.name), version=row.version, title=row.name, description=row.summary, downloads=row.downloads)
        for row in read_public_packages(folder)
    ])  # fmt: skip


def packages_corpus(folder: Path) -> DocumentList:
    """Return the packages of the older catalog as documents."""
    entries = json.loads((folder / "ggen-index.json").read_text(encoding="utf-8"))["packages"]
    return DocumentList([
        document(
            package_id(entry["name"]), version=entry["version"], title=entry["name"], description=entry["description"],
            category=entry["category"], tags=tuple(entry["tags"]), keywords=tuple(entry["keywords"]),
        )
        for entry in entries
    ])  # fmt: skip


def measure(golden: Iterable[Golden], find: Finder) -> Relevance:
    """Return how well `find` answers: the reciprocal of the first accepted rank, and the share of accepted in ten."""
    ranks, recalls, missed = [], [], []
    for query in golden:
        found = list(find(query.text, _DEPTH))
        place = next((n for n, id_ in enumerate(found, 1) if id_ in query.expected), 0)
        ranks.append(1 / place if place else 0.0)
        recalls.append(len(set(found) & set(query.expected)) / len(query.expected))
        if place != 1:
            missed.append(f"{query.kind} {query.text!r}: {place or 'not found'}; {', '.join(found[:3])}")
    return Relevance(len(ranks), sum(ranks) / len(ranks), sum(recalls) / len(recalls), tuple(missed))


def title_words(documents: Iterable[SearchDocument]) -> set[str]:
    """Return every title and every word of one, in lower case."""
    titles = [item.title.lower() for item in documents]
    return {*titles, *(word for title in titles for word in re.findall(r"[a-z0-9]+", title))}


def with_one_typo(golden: Sequence[Golden], names: Container[str], seeds: Sequence[int] = (1, 2, 3)) -> list[Golden]:
    """Return the queries with one typing error in their longest word, once for each seed.

    Left out are queries that are misspelt or half typed already, and words of fewer than five letters. An error that
    makes a word of `names` is drawn again: then something else was typed, and rightly found.
    """
    return [
        Golden(query.kind, _with_typo(query.text, names, random.Random(f"{seed} {query.text}")), query.expected)
        for seed in seeds
        for query in golden
        if query.kind in ("exact", "text") and len(max(query.text.split(), key=len)) >= 5
    ]


def _with_typo(text: str, names: Container[str], source: random.Random) -> str:
    longest = max(text.split(), key=len)
    while (wrong := _misspell(longest, source)) in names:
        pass
    return text.replace(longest, wrong, 1)


def _misspell(word: str, source: random.Random) -> str:
    place = source.randrange(1, len(word) - 1)
    letter = source.choice("etaoinshrdlu")
    kind = source.choice(("swap", "drop", "double", "replace"))
    if kind == "swap" and word[place] != word[place + 1]:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == "double":
        return word[:place] + word[place] + word[place:]
    if kind == "replace" and letter != word[place]:
        return word[:place] + letter + word[place + 1 :]
    return word[:place] + word[place + 1 :]


# --- what it is compared with ------------------------------------------------------------------------------------


def plain_bm25(documents: Iterable[SearchDocument]) -> Finder:
    """Return BM25 over all text in one tantivy field, as its query parser does it out of the box."""
    import tantivy

    schema = tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
    index = tantivy.Index(schema.add_text_field("text", tokenizer_name="en_stem").build())
    writer = index.writer(30_000_000, 1)
    for item in documents:
        writer.add_document(tantivy.Document(id=item.id, text=_all_text(item)))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def find(text: str, limit: int) -> list[str]:
        query, _ = index.parse_query_lenient(text, ["text"])
        return [str(searcher.doc(address).get_first("id")) for _, address in searcher.search(query, limit).hits]

    return find


def sqlite_fts5(documents: Iterable[SearchDocument]) -> Finder:
    """Return SQLite FTS5 with its Porter tokenizer and bm25(), names weighing ten times as much as other text."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE packages USING fts5(id UNINDEXED, name, text, tokenize = 'porter unicode61')")
    rows = ((item.id, f"{item.id} {item.title}", _all_text(item)) for item in documents)
    db.executemany("INSERT INTO packages VALUES (?, ?, ?)", rows)

    def find(text: str, limit: int) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in text.replace('"', " ").split())
        sql = "SELECT id FROM packages WHERE packages MATCH ? ORDER BY bm25(packages, 0, 10, 1) LIMIT ?"
        return [str(row[0]) for row in db.execute(sql, (words, limit))]

    return find


def _all_text(item: SearchDocument) -> str:
    return " ".join((item.id, item.title, item.description, item.category, *item.tags, *item.keywords))


def asking(search: Callable[[SearchQuery], SearchPage]) -> Finder:
    """Return a finder that asks a search engine."""
    return lambda text, limit: [
        hit.document.id for hit in search(SearchQuery(text, limit=limit, highlight=False)).hits
    ]  # fmt: skip
