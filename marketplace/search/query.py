"""From what a user typed to a query: built from objects, so that no text is ever read as syntax.

Tiers: an exact id or name outranks an exact word of the id, that a prefix, that a typing error, that a word of the
texts. Each tier's constant is above what the tiers below can add up to for one word.
"""

import re
from typing import TYPE_CHECKING

from marketplace.search.base import MAX_QUERY, SearchDocument, SearchQuery
from marketplace.search.schema import split

if TYPE_CHECKING:
    import tantivy

_MAX_WORDS = 16
_EXACT_ID, _EXACT_NAME, _EXACT_PART, _PREFIX, _TYPO = 10_000.0, 5_000.0, 400.0, 120.0, 50.0
_TEXT_BOOSTS = {"title": 3.0, "tags": 2.0, "keywords": 2.0, "description": 1.0}
_SHORTEST_TYPO, _SHORTEST_TWO_TYPOS = 3, 8
"""Word lengths from which one and two edits are forgiven: shorter words have too many neighbours."""


def words(text: str) -> list[str]:
    """Return the words of a query, at most 16 of its first 256 characters."""
    return split(text[:MAX_QUERY])[:_MAX_WORDS]


def build_query(schema: "tantivy.Schema", query: SearchQuery, *, every: bool) -> "tantivy.Query":
    """Return the query; with `every` each word must match somewhere, otherwise one is enough."""
    import tantivy

    must, should = tantivy.Occur.Must, tantivy.Occur.Should
    typed = words(query.text)
    clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
    if typed:
        each = [(must if every else should, _word(schema, word)) for word in typed]
        clauses.append((must, tantivy.Query.boolean_query([*each, *_whole(schema, query.text)])))
    elif query.text.strip():
        clauses.append((must, tantivy.Query.empty_query()))
    clauses += [(must, tantivy.Query.term_query(schema, field, value)) for field, value in _filters(query)]
    if query.min_downloads:
        clauses.append((must, tantivy.Query.range_query(
            schema, "downloads", tantivy.FieldType.Integer, query.min_downloads, 2**63 - 1
        )))  # fmt: skip
    return tantivy.Query.boolean_query(clauses) if clauses else tantivy.Query.all_query()


def _filters(query: SearchQuery) -> list[tuple[str, str]]:
    given = {
        "category_raw": query.category and query.category.lower(), "license_raw": query.license,
        "author_raw": query.author and query.author.lower(), "tag_raw": query.tag and query.tag.lower(),
        "keyword_raw": query.keyword and query.keyword.lower(),
    }  # fmt: skip
    return [(field, value) for field, value in given.items() if value]


def _whole(schema: "tantivy.Schema", text: str) -> "list[tuple[tantivy.Occur, tantivy.Query]]":
    """Return bonuses for a text that is a whole id or name."""
    import tantivy

    typed = text.strip().lower()[:MAX_QUERY]
    name = "-".join(typed.split())
    should = tantivy.Occur.Should
    return [
        (should, tantivy.Query.const_score_query(tantivy.Query.term_query(schema, "id", typed), _EXACT_ID)),
        (should, tantivy.Query.const_score_query(tantivy.Query.term_query(schema, "name", name), _EXACT_NAME)),
    ]


def _word(schema: "tantivy.Schema", word: str) -> "tantivy.Query":
    """Return the best tier that `word` reaches in a document, plus its text score."""
    import tantivy

    query = tantivy.Query
    tiers = [
        query.const_score_query(query.term_query(schema, "parts", word), _EXACT_PART),
        query.const_score_query(query.regex_query(schema, "parts", f"{re.escape(word)}.*"), _PREFIX),
    ]
    if len(word) >= _SHORTEST_TYPO:
        distance = 2 if len(word) >= _SHORTEST_TWO_TYPOS else 1
        fuzzy = query.fuzzy_term_query(schema, "parts", word, distance, transposition_cost_one=True)
        tiers.append(query.const_score_query(fuzzy, _TYPO))
    stem = _stem(word)
    texts = [
        (tantivy.Occur.Should, query.boost_query(query.term_query(schema, field, stem), boost))
        for field, boost in _TEXT_BOOSTS.items()
    ]
    if len(word) >= _SHORTEST_TYPO:
        texts += [
            (tantivy.Occur.Should, query.const_score_query(query.fuzzy_term_query(schema, field, stem, 1), 0.5))
            for field in ("title", "tags")
        ]
    best = query.disjunction_max_query(tiers)
    return query.boolean_query([(tantivy.Occur.Should, best), *texts])


def _stem(word: str) -> str:
    import tantivy

    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.stemmer("english")).build()
    return str((analyzer.analyze(word) or [word])[0])


def highlights(document: SearchDocument, text: str) -> dict[str, list[tuple[int, int]]]:
    """Return, for each shown text field, the `[start, end)` spans whose word has a typed word's stem or start."""
    typed = {word: _stem(word) for word in words(text)}
    found: dict[str, list[tuple[int, int]]] = {}
    for field in ("id", "title", "description"):
        shown = str(getattr(document, field))
        spans = [
            match.span()
            for match in re.finditer(r"[0-9a-z]+", shown.lower())
            if any(match[0].startswith(word) or _stem(match[0]) == stem for word, stem in typed.items())
        ]
        if spans:
            found[field] = spans
    return found
