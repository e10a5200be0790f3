"""The one table of routes beside the files: what is served and what openapi.json tells come from here."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from marketplace.errors import NotFoundError
from marketplace.protocol.paths import API
from marketplace.server.api import Api

Handler = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    """A route: its method and path, the handler's name in `Api`, what it does, and whether it wants a token."""

    method: str
    path: str
    handler: str
    summary: str
    token: bool = False


ROUTES = (
    Route("GET", f"/{API}search", "search", "Search packages"),
    Route("POST", f"/{API}batch", "batch", "Get everything that trees need, as a bundle"),
    Route("GET", f"/{API}metadata", "metadata", "Facts about the registry"),
    Route("GET", f"/{API}whoami", "whoami", "The token's name and namespaces", token=True),
    Route("POST", f"/{API}missing", "missing", "Ask which blobs are not here", token=True),
    Route("POST", f"/{API}blobs", "blobs", "Send blobs as a bundle", token=True),
    Route("POST", f"/{API}releases", "releases", "Publish a signed release", token=True),
    Route("POST", f"/{API}yanks", "yanks", "Append a signed yank or unyank", token=True),
    Route("GET", "/healthz", "healthz", "Whether the process lives"),
    Route("GET", "/readyz", "readyz", "Whether requests will be answered"),
)


def router(api: Api) -> Router:
    """Return what leads requests to the handlers of `api`."""
    routes = [
        StarletteRoute(route.path, getattr(api, route.handler), methods=[route.method], name=route.handler)
        for route in ROUTES
    ]
    return Router(routes, redirect_slashes=False, default=_nothing)


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NotFoundError("not-found", "there is nothing here", hint="check the address of the registry")
