"""From what a user typed to a query: built from objects, so that no text is ever read as syntax.

Tiers (docs/search.md): the whole text is an id, a name or another form of it; every word is a word of the id; the text
begins one; it is one with a typing error; its words are in the texts. A tier's constant is above what all tiers below
it add up to times the greatest factor that downloads give (3), so popularity never lifts a package out of its tier.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from marketplace.search.base import MAX_QUERY, SearchQuery
from marketplace.search.schema import FILTERS, TEXT_BOOSTS, clean, filter_term, split, stem_analyzer

if TYPE_CHECKING:
    import tantivy

MAX_WORDS = 12
_MAX_FUZZY = 48
"""Longest text in characters for which typing errors are looked up: the automaton grows with it."""

_ID, _CALLED, _NAME, _FORM = 60_000_000.0, 9_000_000.0, 7_000_000.0, 1_500_000.0
_WORD, _NAME_PREFIX, _WORD_PREFIX = 200_000.0, 45_000.0, 10_000.0
_NAME_TYPO, _WORD_TYPO = 2_500.0, 600.0
_SHORTEST_BEGINNING = 4
"""Shortest word that may be the misspelt beginning of a name, when no text has it."""
TEXT = 100.0
"""Most that the texts can add: each word's part is scaled so that all of them together stay below."""

_TIE = 0.1
"""What a second field with the same word adds, beside the best one."""
_NAMED = 2.0
"""Boost of a word that is the package's whole name."""
_LARGEST = _NAMED + _TIE * sum(TEXT_BOOSTS.values())
_ADJACENT, _IN_NAME = 0.3, 0.1
"""Shares of the texts' score for typed neighbours that stand together, and for an id that has all the words."""
_SLOP = 1
_UNKNOWN, _GUESS = 0.8, 0.7
"""Share of a full match that the likeliest word for a misspelt one gets, and share of that for all other candidates."""

_STOP_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "from", "has", "have", "i", "in", "into", "is", "it",
    "its", "my", "of", "on", "or", "our", "so", "such", "that", "the", "their", "then", "there", "these", "they",
    "this", "to", "was", "we", "will", "with", "you", "your",
))  # fmt: skip
"""Words that carry no meaning in a sentence; they count when nothing else was typed."""


def is_stop_word(word: str) -> bool:
    """Tell whether a word carries no meaning in a sentence."""
    return word in _STOP_WORDS


class Word(NamedTuple):
    """A word of the query.

    Attributes:
        text: as typed, lower case, without accents.
        meant: the same, or for a word that no text has, the likeliest one that it misspells.
        stem: of what is meant.
        rarity: how rare that is, 0 to 1.
        known: whether any text has the word as typed.
    """

    text: str
    meant: str
    stem: str
    rarity: float
    known: bool


class Vocabulary(Protocol):
    """What the indexes know of words."""

    @property
    def documents(self) -> int:
        """Return how many documents there are."""

    def frequency(self, stem: str) -> int:
        """Return how many documents hold a stem in any text."""

    def correct(self, word: str) -> str | None:
        """Return the likeliest word of the texts that `word` misspells, or None."""


class Plan(NamedTuple):
    """A query prepared: what `build` needs, independent of any one index, so that every part is scored alike."""

    typed: str
    words: tuple[Word, ...]
    required: int
    query: SearchQuery

    @property
    def misspelt(self) -> bool:
        """Tell whether the text may be a misspelt name: several words that are all known to the texts are none."""
        return len(self.words) == 1 or not all(word.known for word in self.words)

    @property
    def key(self) -> str:
        """The typed words as one name."""
        return "-".join(split(self.typed))


def edits(length: int) -> int:
    """Return how many typing errors are forgiven in a word: short words have too many neighbours."""
    return 0 if length < 3 or length > _MAX_FUZZY else 1 if length < 8 else 2


def make_plan(query: SearchQuery, vocabulary: Vocabulary) -> Plan:
    """Prepare `query`: cut it, leave out stop words, look up how rare each word is, correct unknown ones."""
    typed = clean(query.text[:MAX_QUERY]).strip().lower()
    texts = list(dict.fromkeys(split(typed)))[:MAX_WORDS]
    texts = [text for text in texts if not is_stop_word(text)] or texts
    words = tuple(_word(text, vocabulary) for text in texts)
    return Plan(typed, words, _required(len(words)), query)


def relaxed(plan: Plan) -> Plan | None:
    """Return the plan with one required word, or None when it asks for no more already."""
    return Plan(plan.typed, plan.words, 1, plan.query) if plan.required > 1 else None


def _required(count: int) -> int:
    """Return how many of so many words must match: both of two, then about seven in ten, as sentences are wordy."""
    return count if count <= 2 else math.ceil(count * 0.7)


def _word(text: str, vocabulary: Vocabulary) -> Word:
    stem = stem_of(text)
    found = vocabulary.frequency(stem)
    meant = None if found else vocabulary.correct(text)
    if meant is None:
        return Word(text, text, stem, rarity(found, vocabulary.documents), found > 0)
    stem = stem_of(meant)
    return Word(text, meant, stem, rarity(vocabulary.frequency(stem), vocabulary.documents), known=False)


def stem_of(word: str) -> str:
    """Return the stem under which the texts are indexed."""
    return str((stem_analyzer().analyze(word) or [word])[0])


def rarity(found: int, documents: int) -> float:
    """Return BM25's inverse document frequency (Robertson and Spärck Jones) as a share of its greatest value."""
    found = min(found, documents)
    share = math.log(1 + (documents - found + 0.5) / (found + 0.5)) / math.log(2 * documents + 2)
    return min(max(share, 0.05), 1.0)


class Builder:
    """Makes tantivy queries for one schema."""

    def __init__(self, schema: "tantivy.Schema") -> None:
        import tantivy

        self._schema = schema
        self._query = tantivy.Query
        self._must, self._should, self._not = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
        self._integer = tantivy.FieldType.Integer

    def build(self, plan: Plan, without: Sequence[str], *, ranked: bool = True) -> "tantivy.Query":
        """Return the query for `plan`; the ids in `without` never match. Unranked, it has the same hits, faster."""
        clauses = [(self._must, self._term(f"is_{name}", value)) for name, value in _filters(plan.query)]
        if plan.query.min_downloads > 0:
            least = min(plan.query.min_downloads, 2**63 - 1)
            clauses.append(
                (self._must, self._query.range_query(self._schema, "downloads", self._integer, least, 2**63 - 1))
            )
        clauses = [(occur, self._query.const_score_query(clause, 0.0)) for occur, clause in clauses]
        if plan.words:
            clauses.append((self._must, self._text(plan) if ranked else self._matching(plan)))
        elif plan.typed:
            return self._query.empty_query()
        else:
            clauses.append((self._must, self._query.all_query()))
        return self._query.boolean_query([*clauses, *self._none_of(without)])

    def alike(self, plan: Plan, without: Sequence[str]) -> "tantivy.Query":
        """Return the query for documents whose texts share the required number of a plan's words."""
        words = self._query.boolean_query(self._sentence(plan), plan.required)
        return self._query.boolean_query([(self._must, words), *self._none_of(without)])

    def near(self, text: str, without: Sequence[str]) -> "tantivy.Query":
        """Return the query for ids, names and words of ids that are spelled like `text` or begin with it."""
        typed = clean(text[:MAX_QUERY]).strip().lower()
        last = "-".join(split(typed.rpartition(".")[2]))
        tiers = [self._fuzzy("id", typed), self._fuzzy("forms", "-".join(split(typed))), self._fuzzy("name", last)]
        tiers += [self._fuzzy("parts", word) for word in last.split("-")[:MAX_WORDS]]
        tiers += [self._prefix("name", last)] if last else []
        return self._query.boolean_query([(self._must, self._any(*tiers)), *self._none_of(without)])

    def _none_of(self, ids: Sequence[str]) -> "list[tuple[tantivy.Occur, tantivy.Query]]":
        return [(self._not, self._query.term_set_query(self._schema, "id", list(ids)))] if ids else []

    # --- the parts of a query ----------------------------------------------------------------------------------------

    def _text(self, plan: Plan) -> "tantivy.Query":
        sentence = self._query.boolean_query(self._sentence(plan), plan.required)
        tiers = [*self._whole(plan), *(self._single(plan.words[0]) if len(plan.words) == 1 else self._pairs(plan))]
        return self._query.boolean_query([(self._should, query) for query in (sentence, *tiers)])

    def _matching(self, plan: Plan) -> "tantivy.Query":
        """Return what `_text` matches, without the clauses that match nothing beyond another one."""
        words = [(self._should, self._has(word)) for word in plan.words]
        queries = [self._query.boolean_query(words, plan.required), self._term("spaces", plan.key)]
        queries += [self._prefix(field, plan.key) for field in ("name", "forms")]
        queries += [self._term("called", plan.key), self._term("forms", plan.key.replace("-", ""))]
        if plan.misspelt and edits(len(plan.key)):
            queries += [self._fuzzy(field, plan.key) for field in ("name", "forms")]
        if len(plan.words) == 1:
            queries += [self._prefix("parts", plan.words[0].text), *self._word_typos(plan.words[0])]
        return self._any(*queries)

    def _has(self, word: Word) -> "tantivy.Query":
        near = [] if word.known else [self._prefix("words", word.text)]
        if not word.known and edits(len(word.text)):
            near += [self._fuzzy(field, word.text) for field in ("name", "words")]
        return self._any(self._term("all", word.stem), *near)

    def _whole(self, plan: Plan) -> "list[tantivy.Query]":
        """Return the tiers of the text as one name."""
        key = plan.key
        tiers = [
            self._score(self._term("id", plan.typed), _ID),
            self._score(self._term("called", key), _CALLED),
            self._score(self._term("name", key), _NAME),
            self._score(self._any(self._term("forms", key), self._term("forms", key.replace("-", ""))), _FORM),
            self._score(self._term("spaces", key), _WORD),
            self._score(self._any(self._prefix("name", key), self._prefix("forms", key)), _NAME_PREFIX),
        ]
        if plan.misspelt and edits(len(key)):
            tiers.append(self._score(self._any(self._fuzzy("name", key), self._fuzzy("forms", key)), _NAME_TYPO))
        return tiers

    def _single(self, word: Word) -> "list[tantivy.Query]":
        """Return the tiers of a single word among those of the id."""
        text = word.text
        tiers = [self._score(self._term("parts", text), _WORD), self._score(self._prefix("parts", text), _WORD_PREFIX)]
        near = self._word_typos(word)
        return [*tiers, self._score(self._any(*near), _WORD_TYPO)] if near else tiers

    def _word_typos(self, word: Word) -> "list[tantivy.Query]":
        near = [self._fuzzy("parts", word.text)] if edits(len(word.text)) else []
        if not word.known and len(word.text) >= _SHORTEST_BEGINNING:
            near.append(self._query.fuzzy_term_query(self._schema, "name", word.text, 1, prefix=True))
        return near

    def _pairs(self, plan: Plan) -> "list[tantivy.Query]":
        """Return the bonuses for several words: neighbours that stand together, all of them in the id."""
        stems = [word.stem for word in plan.words]
        share = TEXT * _ADJACENT / (len(stems) - 1)
        phrases = [self._query.phrase_query(self._schema, "all", list(pair), _SLOP) for pair in pairwise(stems)]
        named = self._every([self._term("parts", word.meant) for word in plan.words])
        return [*(self._score(phrase, share) for phrase in phrases), self._score(named, TEXT * _IN_NAME)]

    def _sentence(self, plan: Plan) -> "list[tuple[tantivy.Occur, tantivy.Query]]":
        """Return one clause a word, each scored by where in the texts it stands and how rare it is."""
        share = TEXT / _LARGEST / len(plan.words)
        return [(self._should, self._in_texts(word, share * word.rarity)) for word in plan.words]

    def _in_texts(self, word: Word, share: float) -> "tantivy.Query":
        share *= 1.0 if word.known else _UNKNOWN
        fields = [self._score(self._term(field, word.stem), share * boost) for field, boost in TEXT_BOOSTS.items()]
        fields.append(self._score(self._term("name", word.meant), share * _NAMED))
        near = [] if word.known else self._misspelt(word.text, share)
        return self._query.disjunction_max_query([*fields, *near], _TIE)

    def _misspelt(self, text: str, share: float) -> "list[tantivy.Query]":
        """Return the queries for a word that no text has: what begins with it, and all that it may misspell."""
        near = [self._score(self._prefix("words", text), share)]
        if edits(len(text)):
            near += [self._score(self._fuzzy(field, text), share * _GUESS) for field in ("name", "parts", "words")]
        return near

    def holding(self, stem: str | None, without: Sequence[str]) -> "tantivy.Query":
        """Return the query for documents that hold `stem` in any text; None for all documents."""
        held = self._query.all_query() if stem is None else self._term("all", stem)
        return self._query.boolean_query([(self._must, held), *self._none_of(without)]) if without else held

    def like(self, word: str, without: Sequence[str]) -> "tantivy.Query":
        """Return the query for documents that have a word of which `word` may be a misspelling."""
        return self._query.boolean_query([(self._must, self._fuzzy("words", word)), *self._none_of(without)])

    # --- small ones --------------------------------------------------------------------------------------------------

    def _term(self, field: str, value: str) -> "tantivy.Query":
        return self._query.term_query(self._schema, field, value, "basic")

    def _prefix(self, field: str, value: str) -> "tantivy.Query":
        # a prefix automaton without edits takes 4 µs, a regular expression 180 (measured, docs/adr)
        return self._query.fuzzy_term_query(self._schema, field, value, 0, prefix=True)

    def _fuzzy(self, field: str, value: str) -> "tantivy.Query":
        return self._query.fuzzy_term_query(self._schema, field, value, edits(len(value)))

    def _score(self, query: "tantivy.Query", score: float) -> "tantivy.Query":
        return self._query.const_score_query(query, score)

    def _any(self, *queries: "tantivy.Query") -> "tantivy.Query":
        return self._query.boolean_query([(self._should, query) for query in queries])

    def _every(self, queries: "Sequence[tantivy.Query]") -> "tantivy.Query":
        return self._query.boolean_query([(self._must, query) for query in queries])


def _filters(query: SearchQuery) -> list[tuple[str, str]]:
    given = [(name, getattr(query, name)) for name in FILTERS]
    return [(name, filter_term(value[:MAX_QUERY])) for name, value in given if value is not None]
