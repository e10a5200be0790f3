"""The one table of routes beside the files: what is served, counted, and told by openapi.json comes from here."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from marketplace.errors import NotFoundError
from marketplace.protocol import bundle
from marketplace.protocol.paths import API
from marketplace.server.api import Api

Handler = Callable[[Request], Awaitable[Response]]
_JSON, _BYTES, _TEXT = "application/json", "application/octet-stream", "text/plain"


class Route(NamedTuple):
    """A route.

    `handler` is a method of `Api`; `sends` and `answers` are media types of the request's and the answer's body, empty
    for none; `statuses` are those of success, `refusals` of what is wrong in what is sent; `query` names parameters.
    """

    method: str
    path: str
    handler: str
    summary: str
    sends: str = ""
    answers: str = _JSON
    statuses: tuple[int, ...] = (200,)
    refusals: tuple[int, ...] = ()
    query: tuple[str, ...] = ()
    token: bool = False


_SEARCH = (
    "q", "category", "keyword", "author", "license", "tag", "sort", "min_downloads", "limit", "offset", "highlight",
)  # fmt: skip

ROUTES = (
    Route("GET", f"/{API}search", "search", "Search packages", statuses=(200, 304), refusals=(400,), query=_SEARCH),
    Route("GET", f"/{API}recommendations", "recommendations", "What goes with packages", refusals=(400, 404),
          query=("based_on", "limit")),
    Route("POST", f"/{API}batch", "batch", "Get everything that trees need, as a bundle", _JSON, bundle.MEDIA_TYPE,
          refusals=(400, 404, 413, 422)),
    Route("GET", f"/{API}metadata", "metadata", "Facts about the registry"),
    Route("GET", f"/{API}stats", "stats", "What was counted, day by day", refusals=(400, 404), query=("id", "days")),
    Route("GET", f"/{API}whoami", "whoami", "The token's name and namespaces", token=True),
    Route("POST", f"/{API}missing", "missing", "Ask which blobs are not here", _JSON, refusals=(400, 413, 422),
          token=True),
    Route("POST", f"/{API}blobs", "blobs", "Send blobs as a bundle", bundle.MEDIA_TYPE, refusals=(413, 422, 507),
          token=True),
    Route("HEAD", f"/{API}uploads/{{digest}}", "upload_state", "How much of a blob is here", answers="",
          refusals=(404,), token=True),
    Route("PATCH", f"/{API}uploads/{{digest}}", "upload", "Append a part of a blob", _BYTES, "", (204,),
          (400, 404, 409, 413, 422, 507), token=True),
    Route("POST", f"/{API}releases", "releases", "Publish a signed release", _JSON, _JSON, (200, 201),
          (400, 409, 413, 422, 507), token=True),
    Route("POST", f"/{API}yanks", "yanks", "Append a signed yank or unyank", _JSON, _JSON, (200, 201),
          (404, 409, 413, 422, 507), token=True),
    Route("POST", "/graphql", "graphql", "Ask in GraphQL", _JSON, _JSON, refusals=(400, 413, 415, 422)),
    Route("GET", "/healthz", "healthz", "Whether the process lives"),
    Route("GET", "/readyz", "readyz", "Whether requests will be answered", refusals=(503,)),
    Route("GET", "/metrics", "metrics", "Numbers in Prometheus' text format", answers=_TEXT),
    Route("GET", "/openapi.json", "openapi", "This description"),
)  # fmt: skip

OPERATING = frozenset({"/healthz", "/readyz", "/metrics"})
"""What is answered even by a server that is too busy or about to stop."""


def router(api: Api, pages: Sequence[StarletteRoute]) -> Router:
    """Return what leads requests to the handlers of `api`, and to the pages."""
    routes = [
        StarletteRoute(route.path, getattr(api, route.handler), methods=[route.method], name=route.handler)
        for route in ROUTES
    ]
    return Router([*routes, *pages], redirect_slashes=False, default=_nothing)


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NotFoundError("not-found", "there is nothing here", hint="check the address of the registry")
