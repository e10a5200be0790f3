"""What calls itself deprecated comes after what does not; otherwise the order stays."""

import re
from collections.abc import Sequence

from marketplace.plugins.hooks import Hit, hookimpl

_SAID = re.compile(r"\b(deprecated|unmaintained|superseded|obsolete)\b", re.IGNORECASE)


@hookimpl
def rank_hits(hits: Sequence[Hit]) -> list[str]:
    return [hit.id for hit in sorted(hits, key=_is_deprecated)]  # sorting keeps the order of equals


def _is_deprecated(hit: Hit) -> bool:
    return bool(_SAID.search(f"{hit.title} {hit.description}")) or "deprecated" in hit.tags
