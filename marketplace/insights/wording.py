"""Words of documents: how much a text says, in words of its own, and what it shares with others.

A text is measured by its different sequences of four words (shingles: A. Broder, "On the resemblance and containment of
documents", 1997), so that a sentence counts once however often it stands there. A quarter of the sequences, chosen by
their checksum, stands for all when texts are compared: equal sequences are chosen in every text alike.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_WORDS = 1500
"""Words of a text that are looked at: more do not earn more."""

_LENGTH = 4
_ONE_IN = 4
_FILLER_SHARE = 0.3
"""Share of filler words from which on a text is taken for filler."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
"""A word; in scripts that put no blanks between words, a character."""

_FENCE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^\s*(?:#{1,6}\s*)?\[?v?(\d+\.\d+\.\d+[^\s\])]*)", re.MULTILINE)
_FILLER = frozenset((
    "lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do", "eiusmod", "tempor",
    "incididunt", "ut", "labore", "et", "dolore", "magna", "aliqua", "enim", "ad", "minim", "veniam", "quis", "nostrud",
    "exercitation", "ullamco", "laboris", "nisi", "aliquip", "ex", "ea", "commodo", "consequat", "duis", "aute",
    "irure", "in", "reprehenderit", "voluptate", "velit", "esse", "cillum", "eu", "fugiat", "nulla", "pariatur",
    "excepteur", "sint", "occaecat", "cupidatat", "non", "proident", "sunt", "culpa", "qui", "officia", "deserunt",
    "mollit", "anim", "id", "est", "laborum", "todo", "tbd", "fixme", "xxx", "placeholder",
)) - {"in", "do", "id", "non", "ad", "ex"}  # fmt: skip
"""Words of the usual filler (Cicero, "De finibus", as typesetters mangled it), and marks of what is to be written."""

_EMPTY = frozenset((
    "a", "add", "added", "and", "bug", "bugfix", "bugfixes", "bugs", "bump", "change", "changed", "changes", "chore",
    "cleanup", "code", "dependencies", "fix", "fixed", "fixes", "for", "general", "improve", "improved", "improvement",
    "improvements", "in", "initial", "internal", "is", "it", "maintenance", "minor", "misc", "more", "new", "of", "on",
    "other", "package", "performance", "refactor", "release", "released", "several", "small", "some", "stability",
    "stuff", "the", "things", "this", "to", "tweaks", "update", "updated", "updates", "various", "version", "we",
    "with",
))  # fmt: skip
"""Words of which changelogs that say nothing are made."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A text without its code blocks: how many words it has, how many it says, and the marks of its sequences.

    Attributes:
        words: words in the part that is looked at.
        said: words that are not said before: at most its different sequences, and twice its different words; 0 for
            filler.
        marks: checksums of the chosen sequences, signed 64-bit numbers, sorted.
        filler: whether it is filler.
    """

    words: int
    said: int
    marks: tuple[int, ...]
    filler: bool

    @classmethod
    def of(cls, text: str) -> "Prose":
        """Measure a text."""
        words = words_of(_FENCE.sub("\n", text))[:MAX_WORDS]
        if sum(word in _FILLER for word in words) > _FILLER_SHARE * len(words):
            return cls(len(words), 0, (), filler=True)
        sequences = {" ".join(words[start : start + _LENGTH]) for start in range(len(words) - _LENGTH + 1)}
        said = min(len(sequences) + _LENGTH - 1, 2 * len(set(words)), len(words))
        return cls(len(words), said, tuple(sorted(_marks(sequences))), filler=False)


def _marks(sequences: set[str]) -> Iterator[int]:
    for sequence in sequences:
        data = sequence.encode("utf-8")
        if zlib.crc32(data) % _ONE_IN == 0:
            yield int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


def words_of(text: str) -> list[str]:
    """Return the words of a text, case-folded."""
    return _WORD.findall(text.casefold())


def examples_in(text: str) -> int:
    """Return how many lines with words stand in the fenced code blocks of a Markdown text."""
    lines = (line for block in _FENCE.findall(text) for line in block.splitlines()[1:-1])
    return sum(bool(_WORD.search(line)) for line in lines)


def telling_words(text: str) -> frozenset[str]:
    """Return the different words of three letters or more that say something about a change; none in filler."""
    words = words_of(text)
    if sum(word in _FILLER for word in words) > _FILLER_SHARE * len(words):
        return frozenset()
    return frozenset(word for word in words if len(word) > 2 and word not in _EMPTY and not word.isdigit())


def entries_of(changelog: str) -> dict[str, str]:
    """Return the text under each version's heading of a changelog (a line that begins with the version)."""
    found = list(_HEADING.finditer(changelog))
    ends = [*(match.start() for match in found[1:]), len(changelog)]
    return {match[1]: changelog[match.end() : end] for match, end in zip(found, ends, strict=True)}
