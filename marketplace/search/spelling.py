"""Which word somebody meant who typed one that no text has."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from marketplace.search.query import Builder, edits, stem_of
from marketplace.search.ranking import Part, documents, frequency, rank
from marketplace.search.schema import split

if TYPE_CHECKING:
    from marketplace.search.base import DocumentSource, SearchDocument

_SAMPLE = 20
"""Documents whose words are looked at: the most downloaded of those that have a word like the one typed."""

_SHORTEST = 4
"""Shortest word that is corrected: shorter ones are near to everything."""


class Words:
    """The `Vocabulary` of the parts that are searched."""

    def __init__(self, parts: Sequence[Part], source: "DocumentSource") -> None:
        self._parts = parts
        self._source = source
        self.documents = documents(parts)

    def frequency(self, stem: str) -> int:
        """Return how many documents hold a stem in any text."""
        return frequency(self._parts, stem)

    def correct(self, word: str) -> str | None:
        """Return the word nearest to `word` in the texts; of equally near ones the most frequent."""
        most = edits(len(word))
        if not most or len(word) < _SHORTEST:
            return None
        queries = [Builder(part.schema).like(word, part.without) for part in self._parts]
        sample = [id_ for id_, _ in rank(self._parts, queries, "relevance", 0, _SAMPLE).page]
        found: dict[str, int] = {}
        for candidate in _words_of(self._source.lookup(sample)):
            steps = distance(candidate, word, most)
            if steps is not None:
                found[candidate] = steps
        return min(found, key=lambda near: (found[near], -self.frequency(stem_of(near)), near), default=None)


def _words_of(documents: "Mapping[str, SearchDocument]") -> set[str]:
    texts = (
        " ".join((item.id, item.title, item.description, *item.tags, *item.keywords)) for item in documents.values()
    )
    return set(split(" ".join(texts)))


def distance(one: str, other: str, most: int) -> int | None:
    """Return how many edits (insert, delete, replace, swap neighbours) part two words, None for more than `most`.

    The optimal string alignment distance, as tantivy's automaton counts it.
    """
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        above, row = row, [i + 1]
        for j, against in enumerate(other):
            cost = min(above[j] + (letter != against), above[j + 1] + 1, row[j] + 1)
            if i and j and letter == other[j - 1] and one[i - 1] == against:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before = above
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
