"""JSON as it arrives from elsewhere, read strictly: whatever could be read in two ways is refused."""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from marketplace.errors import IntegrityError
from marketplace.model.canonical import MAX_DEPTH

_MAX_SAFE_INTEGER = 2**53 - 1
"""RFC 8259 section 6: beyond it readers do not agree."""


def read_object(data: bytes, *, limit: int, what: str) -> dict[str, Any]:
    """Parse a JSON object of at most `limit` bytes; `what` names it in the error.

    Raises:
        IntegrityError: `document-too-large`, or `document-malformed`: it is no JSON object in UTF-8, or has a key
            twice, NaN, infinity, an integer beyond 2^53 - 1, a lone surrogate, or is nested deeper than 32.
    """
    value = read_value(data, limit=limit, what=what)
    if not isinstance(value, dict):
        raise malformed(what, "it is no object")
    return value


def read_value(data: bytes, *, limit: int, what: str) -> Any:
    """Parse JSON of at most `limit` bytes, whatever value it is.

    Raises:
        IntegrityError: as `read_object`.
    """
    if len(data) > limit:
        raise too_large(what, limit)
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite,
            parse_int=_safe_integer,
        )  # fmt: skip
        _check_depth(value)
    except (ValueError, RecursionError) as error:
        raise malformed(what, error) from error
    return value


def text(value: object, longest: int | None = None) -> str:
    """Return a value that is a text, of at most `longest` characters.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str) or (longest is not None and len(value) > longest):
        raise ValueError(f"{str(value)[:40]!r} is no {'' if longest is None else 'short '}text")
    return value


def whole(value: object) -> int:
    """Return a value that is a number of things.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{str(value)[:40]!r} is no number of things")
    return value


def too_large(what: str, limit: int) -> IntegrityError:
    """Return the error for a document beyond its limit."""
    return IntegrityError("document-too-large", f"the {what} is longer than {limit:,} bytes", limit=limit)


def malformed(what: str, error: object) -> IntegrityError:
    """Return the error for a document that is not what its name says."""
    return IntegrityError("document-malformed", f"the {what} is malformed: {str(error)[:200]}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    for key in found:
        key.encode("utf-8")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large")
    return value


def _safe_integer(text: str) -> int:
    value = int(text) if len(text) <= 17 else _MAX_SAFE_INTEGER + 1
    if abs(value) > _MAX_SAFE_INTEGER:
        raise ValueError(f"{text[:40]} is beyond 2^53 - 1")
    return value


def _check_depth(value: object) -> None:
    """Walk level by level, so that no nesting reaches Python's own limit; look at every text too."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {MAX_DEPTH}")


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, str):
        value.encode("utf-8")
    return value if isinstance(value, list) else ()
