"""Made-up packages in any number, the same for the same seed: what benchmarks and large scenarios search."""

import random
from collections.abc import Iterator

from marketplace.search.base import SearchDocument
from support.market.catalogs.documents import document

_SYLLABLES = ("ra", "ko", "ti", "mel", "sun", "dor", "fi", "lex", "na", "pro", "ver", "qui", "sta", "bo", "zen", "cal")
_CATEGORIES = ("web", "cli", "data", "testing", "security", "docs", "devops", "graphics", "network", "mobile")
_LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0")


def vocabulary(count: int = 3000) -> list[str]:
    """Return distinct made-up words, the common ones first."""
    source = random.Random("words")
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(source.choice(_SYLLABLES) for _ in range(source.randint(2, 4)))] = None
    return list(words)


def made_up(count: int, seed: int = 1) -> Iterator[SearchDocument]:
    """Yield `count` packages; word frequencies follow Zipf's law, as in real texts."""
    source = random.Random(seed)
    words = vocabulary()
    weights = [1 / (rank + 10) for rank in range(len(words))]
    for number in range(count):
        drawn = source.choices(words, weights, k=18)
        yield document(
            f"io.{drawn[0]}.{drawn[1]}-{drawn[2]}-{number}", title=f"{drawn[1]} {drawn[2]}",
            description=" ".join(drawn[3:15]), category=source.choice(_CATEGORIES), license=source.choice(_LICENSES),
            tags=tuple(drawn[15:17]), keywords=(drawn[17],), authors=(f"author-{source.randrange(200)}",),
            downloads=int(10 ** source.uniform(0, 6)),
        )  # fmt: skip
