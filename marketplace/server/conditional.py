"""Conditional and partial answers (RFC 9110 sections 13 and 14), decided from the request's headers alone."""

import re
from typing import NamedTuple

from marketplace.server.asgi import Scope, header

_TAG = re.compile(rb'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_RANGE = re.compile(rb"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class Part(NamedTuple):
    """What of a representation is sent: `status` 200, 206, 304 or 416, and `length` bytes from `start`."""

    status: int
    start: int
    length: int


def part_of(scope: Scope, etag: bytes, size: int) -> Part:
    """Return what a GET or HEAD asks for of a representation of `size` bytes with the strong tag `etag`, in quotes.

    Several ranges in one request are answered with the whole, as RFC 9110 section 14.2 allows.
    """
    if matches(header(scope, b"if-none-match"), etag):
        return Part(304, 0, 0)
    asked = header(scope, b"range")
    if asked is None or scope["method"] != "GET" or not _if_range(header(scope, b"if-range"), etag):
        return Part(200, 0, size)
    match = _RANGE.fullmatch(asked)
    if match is None or match[1] == match[2] == b"":
        return Part(200, 0, size)
    return _ranged(match[1], match[2], size)


def _ranged(first: bytes, last: bytes, size: int) -> Part:
    if first == b"":
        start, end = max(0, size - int(last)), size
        return Part(206, start, end - start) if int(last) and size else Part(416, 0, 0)
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < int(first):
        return Part(200, 0, size)  # not a range at all: ignored
    return Part(206, start, end - start) if start < size else Part(416, 0, 0)


def _if_range(value: bytes | None, etag: bytes) -> bool:
    """Tell whether the range still holds: the tag must be the same by strong comparison; dates never are."""
    return value is None or value.strip() == etag


def matches(value: bytes | None, etag: bytes) -> bool:
    """Tell whether `If-None-Match` names the tag, by weak comparison."""
    if value is None:
        return False
    return value.strip() == b"*" or etag.strip(b'"') in _TAG.findall(value)


def encoding_of(scope: Scope) -> str:
    """Return the content coding that suits the client best: `zstd`, `gzip`, or `identity`."""
    value = header(scope, b"accept-encoding")
    if value is None or header(scope, b"range") is not None:
        return "identity"
    weights = dict(map(_weighed, value.lower().split(b",")))
    best = max(("zstd", "gzip"), key=lambda name: _weight(weights, name.encode()))
    return best if _weight(weights, best.encode()) > 0 else "identity"


def _weighed(item: bytes) -> tuple[bytes, float]:
    name, _, parameters = item.partition(b";")
    match = re.search(rb"q[ \t]*=[ \t]*([01](?:\.[0-9]{0,3})?)(?![0-9.])", parameters)
    return name.strip(), float(match[1]) if match else float(not parameters.strip())


def _weight(weights: dict[bytes, float], name: bytes) -> float:
    return weights.get(name, weights.get(b"*", 0.0))
