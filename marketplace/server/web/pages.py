"""The handlers of the pages, and the headers that keep a page to itself."""

from collections.abc import Awaitable, Callable
from functools import cache, cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketplace.errors import IntegrityError, MarketError
from marketplace.model.ids import PackageId
from marketplace.model.version import Version
from marketplace.protocol.problems import problem_of
from marketplace.server.counting import Counting
from marketplace.server.fresh import Document
from marketplace.server.parameters import offset_of, search_query
from marketplace.server.pool import Pool
from marketplace.server.responses import of_document
from marketplace.server.searches import Searches
from marketplace.server.web import chart, publishers, views

_FOLDER = Path(__file__).parent
_HTML = "text/html; charset=utf-8"
_FILES = {"style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8"}
_TYPING = "x-typing"
"""A header of searches that are made while somebody types: they are not counted, since nobody has asked yet."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""Nothing is loaded but our style and script: what a README could smuggle in would still do nothing."""

PAGE = "page"
"""The name under which requests for pages are counted."""

FAILED = "ggen.failed"
"""The key under which a request's scope has the error that a page tells, for the log."""

Handler = Callable[[Request], Awaitable[Response]]


class Pages:
    """The pages of the registry `name`."""

    def __init__(self, name: str, pool: Pool, searches: Searches, counting: Counting) -> None:
        self._name = name
        self._pool = pool
        self._searches = searches
        self._counting = counting

    def routes(self) -> list[Route]:
        """Return what leads to the pages."""
        found: dict[str, Handler] = {
            "/": self.front, "/p/{id}": self.package, "/p/{id}/{version}": self.package,
            "/n/{namespace}": self.namespace,
            **{f"/{name}": self.file for name in _FILES},
        }  # fmt: skip
        return [Route(path, self._told(handler), methods=["GET"], name=PAGE) for path, handler in found.items()]

    async def front(self, request: Request) -> Response:
        """Show the first page, or the answer to a search."""
        parameters = request.query_params.multi_items()
        if not parameters:
            found = await self._pool.read(lambda content: views.front(content.registry))
            return self._page(request, "front.html", front=found)
        query = search_query(parameters)
        answer = await self._searches.get(query)
        if not query.offset and _TYPING not in request.headers:
            self._counting.searched(found=answer.page.total > 0)
        return self._page(request, "results.html", results=views.results(query, answer.page))

    async def package(self, request: Request) -> Response:
        """Show a package, or one version of it."""
        id_ = PackageId.parse(request.path_params["id"])
        text = request.path_params.get("version")
        version = Version.parse(text) if text else None
        view = await self._pool.read(lambda content: views.package(content.registry, id_, version))
        return self._page(request, "package.html", view=view)

    async def namespace(self, request: Request) -> Response:
        """Show who publishes in a namespace, and what."""
        name, offset = request.path_params["namespace"], offset_of(request.query_params.multi_items())
        view = await self._pool.read(lambda content: publishers.namespace(content.registry, name, offset))
        return self._page(request, "namespace.html", view=view)

    async def file(self, request: Request) -> Response:
        """Send the style or the script of all pages."""
        name = request.url.path.removeprefix("/")
        return of_document(request, _file(name), _FILES[name], _HEADERS)

    def _told(self, handler: Handler) -> Handler:
        """Let a handler's errors be pages too."""

        async def told(request: Request) -> Response:
            try:
                return await handler(request)
            except MarketError as error:
                request.scope[FAILED] = error
                # What is wrong with the registry's own data is no fault of who only reads.
                problem = problem_of(error, status=500 if isinstance(error, IntegrityError) else None)
                page = self._page(request, "error.html", problem=problem.fields)
                page.status_code = problem.status if page.status_code != 304 else 304
                return page

        return told

    def _page(self, request: Request, template: str, **given: object) -> Response:
        text = self._templates.get_template(template).render(given)
        return of_document(request, Document(text.encode("utf-8")), _HTML, _HEADERS)

    @cached_property
    def _templates(self) -> Environment:
        templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        templates.filters["counted"] = _counted
        templates.globals |= {"registry": self._name, "chart": chart, "views": views}
        return templates


def is_page(path: str) -> bool:
    """Tell whether a path, without its first slash, is that of a page."""
    return path == "" or path in _FILES or path.startswith(("p/", "n/"))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@cache
def _file(name: str) -> Document:
    return Document((_FOLDER / name).read_bytes())
