"""What is recommended, and why: one shape for every registry and every way of showing it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from marketplace.errors import IntegrityError, InvalidInputError

TOGETHER, SIMILAR, TRENDING, POPULAR = "together", "similar", "trending", "popular"
KINDS = (TOGETHER, SIMILAR, TRENDING, POPULAR)
MAX_ASKED = 50
"""Most packages that one question is about."""
MAX_LIMIT = 50
_MOST_CHARACTERS = 500


class Suggestion(NamedTuple):
    """A package that is recommended.

    `kind` is one of KINDS; `score` orders those of one kind and cannot be compared across them; `because` is the one of
    those asked about that speaks most for it, empty for none; `reason` is what people are told, as in "it …".
    """

    kind: str
    id: str
    version: str
    title: str
    score: float
    because: str
    reason: str

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {**self._asdict(), "score": round(self.score, 4)}


def of_json(fields: Any) -> tuple[Suggestion, ...]:
    """Read the `results` of an answer; kinds that this version does not know are left out.

    Raises:
        IntegrityError: `document-malformed`.
    """
    try:
        found = [_suggestion(item) for item in fields["results"][: MAX_LIMIT * len(KINDS)]]
    except (KeyError, TypeError, ValueError) as error:
        message = f"the recommendations are malformed: {str(error)[:200]}"
        raise IntegrityError("document-malformed", message) from error
    return tuple(item for item in found if item.kind in KINDS)


def _suggestion(item: Mapping[str, Any]) -> Suggestion:
    texts = {name: item[name] for name in Suggestion._fields if name != "score"}
    if not all(isinstance(value, str) for value in texts.values()):
        raise ValueError("a text is none")
    return Suggestion(score=float(item["score"]), **{name: text[:_MOST_CHARACTERS] for name, text in texts.items()})


def merged(found: Iterable[Suggestion], limit: int) -> tuple[Suggestion, ...]:
    """Return the best `limit` suggestions of each kind, each package once in each; those first that come first."""
    kept: list[Suggestion] = []
    best: dict[tuple[str, str], Suggestion] = {}
    for item in found:
        best.setdefault((item.kind, item.id), item)
    for kind in KINDS:
        of_kind = sorted((one for one in best.values() if one.kind == kind), key=lambda one: (-one.score, one.id))
        kept += of_kind[:limit]
    return tuple(kept)


def check(asked: int, limit: int) -> None:
    """Look at a question for recommendations.

    Raises:
        InvalidInputError: `page-invalid`, about too many packages or for too many.
    """
    if asked > MAX_ASKED or not 1 <= limit <= MAX_LIMIT:
        hint = f"ask about up to {MAX_ASKED} packages, and for 1 to {MAX_LIMIT}"
        raise InvalidInputError(
            "page-invalid", f"{limit} recommendations for {asked} packages are not given", hint=hint
        )
