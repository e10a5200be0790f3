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
from marketplace.server.content import Content
from marketplace.server.counting import Counting
from marketplace.server.document import Document
from marketplace.server.parameters import offset_of, search_query
from marketplace.server.responses import of_document
from marketplace.server.searches import Searches
from marketplace.server.web import chart, publishers, views
from marketplace.server.web.keeping import KeptPages

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

    def __init__(self, name: str, kept: KeptPages, searches: Searches, counting: Counting) -> None:
        self._name = name
        self._kept = kept
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
            return await self._shown(request, "/", "front.html", lambda content: views.front(content.registry))
        query = search_query(parameters)
        answer = await self._searches.get(query)
        if not query.offset and _TYPING not in request.headers:
            self._counting.searched(found=answer.page.total > 0)
        address, view = f"{answer.revision} {query!r}", views.results(query, answer.page)
        if not answer.good:
            return self._page(request, Document(self._rendered("results.html", view)))
        return await self._shown(request, address, "results.html", lambda _content: view)

    async def package(self, request: Request) -> Response:
        """Show a package, or one version of it."""
        id_ = PackageId.parse(request.path_params["id"])
        text = request.path_params.get("version")
        version = Version.parse(text) if text else None
        address = f"/p/{id_}/{text or ''}"
        return await self._shown(
            request, address, "package.html", lambda content: views.package(content.registry, id_, version)
        )

    async def namespace(self, request: Request) -> Response:
        """Show who publishes in a namespace, and what."""
        name, offset = request.path_params["namespace"], offset_of(request.query_params.multi_items())
        address = f"/n/{name}?{offset}"
        return await self._shown(
            request, address, "namespace.html", lambda content: publishers.namespace(content.registry, name, offset)
        )

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
                page = self._page(request, Document(self._rendered("error.html", problem.fields)))
                page.status_code = problem.status if page.status_code != 304 else 304
                return page

        return told

    async def _shown(
        self, request: Request, address: str, template: str, read: Callable[[Content], object]
    ) -> Response:
        """Answer with a page that is kept under an address, else made of what `read` returns."""
        return self._page(
            request, await self._kept.get(address, lambda content: self._rendered(template, read(content)))
        )

    def _rendered(self, template: str, view: object) -> bytes:
        return self._templates.get_template(template).render(view=view).encode("utf-8")

    def _page(self, request: Request, document: Document) -> Response:
        return of_document(request, document, _HTML, _HEADERS)

    @cached_property
    def _templates(self) -> Environment:
        return environment(self._name)


def environment(name: str) -> Environment:
    """Return what renders the templates of the registry `name`."""
    templates = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    templates.filters["counted"] = _counted
    templates.globals |= {"registry": name, "chart": chart, "views": views}
    return templates


def is_page(path: str) -> bool:
    """Tell whether a path, without its first slash, is that of a page."""
    return path == "" or path in _FILES or path.startswith(("p/", "n/"))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@cache
def _file(name: str) -> Document:
    return Document((_FOLDER / name).read_bytes())
