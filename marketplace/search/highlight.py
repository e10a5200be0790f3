"""Where in the shown texts the typed words are found."""

import re
from collections.abc import Iterator, Mapping, Sequence

from marketplace.search.base import SearchDocument
from marketplace.search.query import Word, edits
from marketplace.search.schema import stem_analyzer
from marketplace.search.spelling import distance

SHOWN = ("id", "title", "description")
"""The fields that are shown as running text, and so may be highlighted."""

_TOKEN = re.compile(r"[^\W_]+")
Spans = list[tuple[int, int]]


class Highlighter:
    """Finds words for one query: a shown word counts when it has a typed word's stem or begins with it; when a text has
    none such, also when it is the typed word with the typing errors that searching forgives."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._stems = frozenset(word.stem for word in words)
        self._texts = tuple(word.text for word in words)
        # a stem differs from its word in the last letter at most (library, librari): the rest is where to look closer
        starts = {start for word in words for start in (word.text, word.stem[:-1] or word.stem)}
        self._near = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(starts)))})[^\W_]*", re.IGNORECASE)
        self._matches: dict[str, bool] = {}

    def of(self, document: SearchDocument) -> Mapping[str, Spans]:
        """Return the `[start, end)` spans in characters of each shown field that has any."""
        shown = {field: str(getattr(document, field)) for field in SHOWN}
        found = {field: self._spans(text) for field, text in shown.items()}
        if not any(found.values()):
            found = {field: list(self._misspelt(text)) for field, text in shown.items()}
        return {field: spans for field, spans in found.items() if spans}

    def _spans(self, text: str) -> Spans:
        pattern = self._near if text.isascii() else _TOKEN
        return [match.span() for match in pattern.finditer(text) if self._matched(match[0])]

    def _matched(self, token: str) -> bool:
        known = self._matches.get(token)
        if known is None:
            folded = token.lower()
            stems = stem_analyzer().analyze(token)
            known = folded.startswith(self._texts) or any(stem in self._stems for stem in stems)
            self._matches[token] = known
        return known

    def _misspelt(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _TOKEN.finditer(text):
            token = match[0].lower()
            if any(distance(token, word, edits(len(word))) is not None for word in self._texts):
                yield match.span()
