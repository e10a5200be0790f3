"""Canonical JSON: one byte string per value, so that digests and signatures are stable.

The subset of RFC 8785 (JCS) that signed records need: objects with string keys sorted by code point, arrays, strings,
integers, booleans and null. Floats are refused: their shortest form differs between languages.
"""

import json
from typing import Any, NoReturn

from marketplace.errors import IntegrityError

MAX_DEPTH = 32
"""Deepest nesting accepted when reading; our own records nest 3 deep."""

_MAX_SAFE_INTEGER = 2**53 - 1
"""RFC 8785 section 3.2.2.3: larger integers do not survive an IEEE 754 reader."""


def encode(value: object) -> bytes:
    """Return the canonical UTF-8 encoding of `value`.

    Raises:
        ValueError: a float, an integer beyond ±(2^53 - 1), a lone surrogate or a non-string key is inside.
    """
    _check(value, 0)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def decode(data: bytes) -> Any:
    """Parse canonical JSON strictly: the bytes must be exactly what `encode` gives for the value.

    Raises:
        IntegrityError: `record-not-canonical`, for duplicate keys, NaN, huge integers, deep nesting, lone surrogates,
            trailing data, or any other spelling than the canonical one.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_float=_refuse)
        if encode(value) != data:
            raise ValueError("another spelling of the same value")
    except (ValueError, RecursionError) as error:
        raise IntegrityError("record-not-canonical", f"the record is not canonical JSON: {error}") from error
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"number {text} is not an integer")


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    match value:
        case None | bool():
            return
        case int():
            if abs(value) > _MAX_SAFE_INTEGER:
                raise ValueError("integer beyond 2^53 - 1")
        case str():
            value.encode("utf-8")
        case list() | tuple():
            for item in value:
                _check(item, depth + 1)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise ValueError("an object key is not a string")  # noqa: TRY004 - one error type for bad values
                key.encode("utf-8")
                _check(item, depth + 1)
        case _:
            raise ValueError(f"{type(value).__name__} has no canonical form")
