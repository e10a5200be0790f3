"""Answers that every part of the server gives: JSON and problem documents, with the headers that all have."""

import json
from collections.abc import Mapping

from marketplace.errors import InvalidInputError, MarketError
from marketplace.protocol import problems
from marketplace.server.asgi import Headers, Send, answer

CHANGING = b"no-cache"
SAFE: Headers = [(b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"default-src 'none'; sandbox")]
"""A file of a package must not run in a browser, whatever is in it."""


def method_not_allowed(allowed: str) -> MarketError:
    """Return the error for a method that a path does not have."""
    return InvalidInputError("method-not-allowed", f"only {allowed} is answered here", hint=None, allow=allowed)


async def send_problem(send: Send, error: MarketError, *, head: bool = False, status: int | None = None) -> None:
    """Answer with an error's problem document."""
    problem = problems.problem_of(error, status=status)
    body = json.dumps(problem.fields, default=str).encode()
    headers: Headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"), *SAFE, *_hints(problem.status, error.details),
    ]  # fmt: skip
    await answer(send, problem.status, headers, b"" if head else body)


def _hints(status: int, details: Mapping[str, object]) -> Headers:
    found: Headers = []
    if "allow" in details:
        found.append((b"allow", str(details["allow"]).encode("latin-1")))
    if status == 401:
        found.append((b"www-authenticate", b'Bearer realm="ggen"'))
    if "retry_after" in details:
        found.append((b"retry-after", str(details["retry_after"]).encode("ascii")))
    return found
