"""Problem documents for scenarios."""

import json
from collections.abc import Iterator

from marketplace import errors
from marketplace.errors import ConflictError, MarketError, NotFoundError
from marketplace.model import canonical
from marketplace.protocol import problems


def round_trip(class_name: str, code: str) -> int:
    """Send an error over the wire and compare what comes back; return its status."""
    kind: type[MarketError] = getattr(errors, class_name)
    sent = kind(code, "it is so", hint="do that", id="io.acme.web", available=["1.0.0"])
    problem = problems.problem_of(sent)
    back = problems.error_of(problem.status, problems.MEDIA_TYPE, json.dumps(problem.fields).encode())
    assert type(back) is kind, back
    assert (back.code, back.message, back.hint) == (sent.code, sent.message, sent.hint)
    assert back.details == {**sent.details, "status": problem.status}
    return problem.status


def example() -> str:
    """Return the problem document of an error, canonical."""
    error = ConflictError("version-exists", "it is there", hint="raise it", id="io.acme.web")
    return canonical.encode(problems.problem_of(error).fields).decode()


def statuses(text: str) -> Iterator[int]:
    """Yield the numbers of `401, 500-599`."""
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        yield from range(int(first), int(last or first) + 1)


def check_status(status: int, class_name: str) -> None:
    """Look at an answer of that status without a body, and with problem documents of other classes."""
    kind = getattr(errors, class_name)
    lies = [
        b"",
        *(json.dumps({"code": code, "status": 200}).encode() for code in ("not-found", "denied", "key-changed")),
    ]
    for body in lies:
        found = problems.error_of(status, f"{problems.MEDIA_TYPE}; charset=utf-8", body, retry_after=7)
        assert type(found) is kind, (status, body, found)
        assert (found.details["status"], found.details["retry_after"]) == (status, 7)
        assert found.hint or body


def not_found(media_type: str, body: bytes) -> MarketError:
    """Return the error of a 404 with that body."""
    found = problems.error_of(404, media_type, body)
    assert type(found) is NotFoundError, found
    return found


def pretender(members: str, length: int) -> MarketError:
    """Return the error of a problem document with members of these names and a long detail."""
    fields = {**dict.fromkeys(members.split(", "), "x"), "code": "page-invalid", "detail": "d" * length}
    assert len(fields) > 5, fields
    return problems.error_of(400, problems.MEDIA_TYPE, json.dumps(fields).encode()[: 10**6])
