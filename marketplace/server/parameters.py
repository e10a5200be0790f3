"""The parameters of requests, read strictly: one that is not known is a mistake of whoever asks."""

from collections.abc import Sequence
from typing import Any

from marketplace.errors import InvalidInputError
from marketplace.model.ids import PackageId
from marketplace.search.base import SORTS, SearchQuery

_TEXTS = ("q", "category", "keyword", "author", "license", "tag", "sort")
_NUMBERS = ("min_downloads", "limit", "offset")
_SWITCHES = ("highlight",)
_KNOWN = (*_TEXTS, *_NUMBERS, *_SWITCHES)


def search_query(parameters: list[tuple[str, str]]) -> SearchQuery:
    """Read a search's parameters.

    Raises:
        InvalidInputError: `parameter-invalid`, naming the parameter.
    """
    given: dict[str, Any] = {"limit": 20, "highlight": False}
    seen = set()
    for name, value in parameters:
        if name in seen:
            raise _invalid(name, "occurs twice", _KNOWN)
        seen.add(name)
        given["text" if name == "q" else name] = _value(name, value)
    return SearchQuery(**given)


def question(parameters: list[tuple[str, str]]) -> tuple[list[PackageId], int]:
    """Read the parameters of a question for recommendations: `based_on` any number of times, `limit` once.

    Raises:
        InvalidInputError: `parameter-invalid`, or `id-invalid`.
    """
    known = ("based_on", "limit")
    for name, _ in parameters:
        if name not in known:
            raise _invalid(name, "is not known here", known)
    limits = [value for name, value in parameters if name == "limit"]
    if len(limits) > 1:
        raise _invalid("limit", "occurs twice", known)
    asked = dict.fromkeys(PackageId.parse(value) for name, value in parameters if name == "based_on")
    return list(asked), _number("limit", limits[0], known) if limits else 10


def offset_of(parameters: list[tuple[str, str]]) -> int:
    """Read at which entry a page begins, where that is all that can be chosen; 0 when it is not said.

    Raises:
        InvalidInputError: `parameter-invalid`.
    """
    known = ("offset",)
    for name, _ in parameters:
        if name not in known or len(parameters) > 1:
            raise _invalid(name, "is not known here, or occurs twice", known)
    return _number("offset", parameters[0][1], known) if parameters else 0


def _number(name: str, value: str, known: Sequence[str]) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 10:
        raise _invalid(name, "is not a whole number", known)
    return int(value)


def _value(name: str, value: str) -> object:
    if name in _NUMBERS:
        return _number(name, value, _KNOWN)
    if name in _SWITCHES:
        if value not in ("0", "1"):
            raise _invalid(name, "is neither 0 nor 1", _KNOWN)
        return value == "1"
    if name not in _TEXTS:
        raise _invalid(name, "is not known here", _KNOWN)
    if name == "sort" and value not in SORTS:
        raise _invalid(name, f"is none of {', '.join(SORTS)}", _KNOWN)
    return value


def _invalid(name: str, why: str, known: Sequence[str]) -> InvalidInputError:
    shown = name[:80]
    hint = f"known are {', '.join(known)}"
    return InvalidInputError("parameter-invalid", f"the parameter {shown!r} {why}", hint=hint, parameter=shown)
