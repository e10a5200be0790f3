"""Packages that are like one: those whose texts share its telling words."""

from typing import NamedTuple

from marketplace.search.base import SearchDocument, SearchQuery
from marketplace.search.query import MAX_WORDS, TEXT, Plan, Vocabulary, Word, is_stop_word, rarity, stem_of
from marketplace.search.schema import split

_REQUIRED = 2
"""Words that must be shared: one alone may mean something else in each."""


class Alike(NamedTuple):
    """A package that is like another: how much of its telling words it shares (0 to 1), and which they are."""

    document: SearchDocument
    score: float
    words: tuple[str, ...]


def plan_alike(document: SearchDocument, vocabulary: Vocabulary) -> Plan:
    """Prepare the search for what is like `document`: its rarest words that another document has too."""
    stems = _stems(document)
    shared = [(vocabulary.frequency(stem), stem) for stem in stems]
    telling = sorted((count, stem) for count, stem in shared if count > 1)[:MAX_WORDS]
    words = [Word(stems[stem], stems[stem], stem, rarity(count, vocabulary.documents), known=True)
             for count, stem in telling]  # fmt: skip
    return Plan("", tuple(words), _REQUIRED, SearchQuery())


def alike(document: SearchDocument, score: float, plan: Plan) -> Alike:
    """Return what is told of a hit of a plan's search."""
    stems = _stems(document)
    return Alike(document, min(score / TEXT, 1.0), tuple(word.text for word in plan.words if word.stem in stems))


def is_alike(found: Alike, plan: Plan) -> bool:
    """Tell whether a hit shares enough of the telling words: the search also finds them in namespaces."""
    return len(found.words) >= min(_REQUIRED, len(plan.words))


def _stems(document: SearchDocument) -> dict[str, str]:
    """Return the words of a document that mean something, by their stems."""
    texts = (document.id.rpartition(".")[2], document.title, *document.tags, *document.keywords, document.description)
    return {stem_of(word): word for text in texts for word in split(text) if not is_stop_word(word)}
