"""Where a request may be sent on to, and with which credentials: a `Transport` above another one."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from marketplace.http.base import Failure, Request, Response, Transport

MOST = 5
"""Redirects that are followed for one request."""

_SEND_ON = frozenset({301, 302, 303, 307, 308})
_SAFE = ("GET", "HEAD")


def origin_of(url: str) -> str:
    """Return the scheme, host and port of an address, as `https://host:443`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or {'https': 443}.get(parts.scheme, 80)}"


class Redirecting:
    """Follows redirects to the same scheme, host and port, and from http to https of the same host; no others.

    Args:
        token_of: returns the token kept for an origin (see `origin_of`), None when there is none: it is asked anew for
            each address, so credentials never follow to another one.
    """

    def __init__(self, transport: Transport, token_of: Callable[[str], str | None] = lambda _origin: None) -> None:
        self._transport = transport
        self._token_of = token_of

    def send(self, request: Request) -> Response:
        """Send a request; see `Transport`.

        Raises:
            Failure: `redirect`, to where it must not lead, in a circle, or of a request that is not to be moved.
        """
        seen = {request.url}
        while True:
            response = self._transport.send(self._with_token(request))
            if response.status not in _SEND_ON:
                return response
            response.close()
            target = _target(request, response.headers.get("location", ""), seen)
            seen.add(target)
            request = replace(request, url=target)

    def _with_token(self, request: Request) -> Request:
        token = self._token_of(origin_of(request.url))
        if token is None:
            return request
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})


def _target(request: Request, location: str, seen: set[str]) -> str:
    """Return the address to which a request is redirected, if it may be followed there."""
    try:
        target = urljoin(request.url, location)
        here, there = urlsplit(request.url), urlsplit(target)
        upgraded = (here.scheme, there.scheme) == ("http", "https") and here.hostname == there.hostname
        same = origin_of(request.url) == origin_of(target)
    except ValueError as error:
        raise Failure("redirect", f"it redirects to what is no address: {location[:200]!r}") from error
    if target in seen or len(seen) > MOST:
        raise Failure("redirect", "its redirects lead in a circle")
    if request.method not in _SAFE:
        raise Failure("redirect", f"it wants the {request.method} sent to {target[:200]}")
    if not same and not upgraded:
        raise Failure("redirect", f"it redirects to another server: {origin_of(target)[:200]}")
    return target
