"""Errors over HTTP: a MarketError as an RFC 9457 problem document, and the error that an answer stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.errors import (
    ConflictError,
    DeniedError,
    IntegrityError,
    InvalidInputError,
    MarketError,
    NotFoundError,
    UnavailableError,
)
from marketplace.protocol.strict import read_object

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:ggen:error:"
MAX_PROBLEM = 64 * 1024
"""Most bytes of a problem document that are read."""

_MAX_TEXT = 2000

_STATUS: Mapping[type[MarketError], int] = {
    InvalidInputError: 400, IntegrityError: 422, NotFoundError: 404, ConflictError: 409, DeniedError: 403,
    UnavailableError: 503, MarketError: 500,
}  # fmt: skip
OWN_FILES = frozenset({
    "index-corrupt", "statistics-corrupt", "statistics-unwritable", "store-unsafe", "token-store-damaged",
    "token-store-unsafe", "trust-store-damaged",
})  # fmt: skip
"""Codes of what is wrong with the registry's own files: where they lie is told to its operator alone."""

_STATUS_BY_CODE = {
    "token-missing": 401, "token-unknown": 401, "body-too-large": 413, "media-type-unknown": 415, "length-missing": 411,
    "method-not-allowed": 405, "blobs-missing": 422, "rate-limited": 429, "disk-full": 507, "too-slow": 408,
    **dict.fromkeys(OWN_FILES, 500),
}  # fmt: skip
"""Statuses that say more than the class of the error. What is wrong with the registry's own files is its trouble."""

_CLASS_BY_CODE: Mapping[str, type[MarketError]] = {"blobs-missing": ConflictError}
_OWN = frozenset({"type", "title", "status", "detail", "instance", "code", "hint", "message", "self", "retry_after"})


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it goes over the wire."""

    status: int
    fields: Mapping[str, object]


def status_of(error: MarketError) -> int:
    """Return the HTTP status of an error: its code's own, else that of its class."""
    return _STATUS_BY_CODE.get(error.code) or _STATUS[type(error)]


def problem_of(error: MarketError, *, status: int | None = None) -> Problem:
    """Return the problem document of an error; `status` replaces the usual one.

    What is wrong with the registry's own data is a trouble of the server (500), though as an IntegrityError it would
    read as one of the request.
    """
    status = status or status_of(error)
    if error.code in OWN_FILES:
        error = MarketError(
            error.code, "a file of the registry's own cannot be used", hint="tell its operator: its log says which"
        )
    details = {name: value for name, value in error.details.items() if name not in _OWN}
    fields = {
        **details, "type": TYPE_PREFIX + error.code, "title": error.code.replace("-", " ").capitalize(),
        "status": status, "detail": error.message, "code": error.code, "hint": error.hint,
    }  # fmt: skip
    return Problem(status, fields)


def error_of(status: int, media_type: str, body: bytes, *, retry_after: float | None = None) -> MarketError:
    """Return the error that an answer of `status` (400 and above) stands for.

    The status decides the class, so that no body turns a refusal into something that fallback may cross; a problem
    document adds code, message, hint and details. `retry_after` (seconds) goes into the details.
    """
    fields = _read(media_type, body)
    code, kind = _code(fields), _class_of(status)
    details = {name: value for name, value in fields.items() if name not in _OWN}
    if retry_after is not None:
        details["retry_after"] = retry_after
    details["status"] = status
    if code is None:
        return _without_code(status, kind, details)
    if kind in (InvalidInputError, ConflictError):
        kind = _CLASS_BY_CODE.get(code, kind)
    message = _text(fields.get("detail")) or f"the registry answered {status} ({code})"
    return kind(code, message, hint=_text(fields.get("hint")), **details)


def _class_of(status: int) -> type[MarketError]:
    """Return the class by docs/protocol.md: what is not listed there is a request that the registry refuses."""
    match status:
        case 401 | 403 | 407 | 451:
            return DeniedError
        case 404 | 410:
            return NotFoundError
        case 409:
            return ConflictError
        case 422:
            return IntegrityError
        case 408 | 429:
            return UnavailableError
        case _:
            return UnavailableError if status >= 500 else InvalidInputError


def _without_code(status: int, kind: type[MarketError], details: dict[str, object]) -> MarketError:
    """Return the error of an answer that says nothing of itself: another server's page, or nothing at all."""
    message = f"the registry answered with status {status}"
    if kind is DeniedError:
        return DeniedError("denied", message, hint="check the token and its rights", **details)
    if kind is NotFoundError:
        return NotFoundError("not-found", message, hint="check the registry's address", **details)
    if kind is ConflictError:
        return ConflictError("conflict", message, hint="look at the package as it is now", **details)
    if kind is UnavailableError:
        return UnavailableError("registry-unavailable", message, hint="try again later", **details)
    return InvalidInputError("request-refused", message, hint="check the registry's address", **details)


def _read(media_type: str, body: bytes) -> Mapping[str, Any]:
    if media_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        return {}
    try:
        return read_object(body, limit=MAX_PROBLEM, what="problem document")
    except IntegrityError:
        return {}  # the status has its meaning without it


def _code(fields: Mapping[str, Any]) -> str | None:
    code = fields.get("code")
    known = isinstance(code, str) and len(code) <= 64 and code.isascii() and code.replace("-", "").isalnum()
    return code if known else None


def _text(value: object) -> str | None:
    return value[:_MAX_TEXT] if isinstance(value, str) else None
