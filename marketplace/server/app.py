"""The server as an ASGI application: it runs under Granian, uvicorn, or whatever else speaks ASGI 3."""

import itertools
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from starlette.exceptions import HTTPException

from marketplace.clock import timestamp
from marketplace.errors import IntegrityError, InvalidInputError, MarketError, NotFoundError
from marketplace.protocol.paths import API, Kind, Place, place_of
from marketplace.protocol.problems import OWN_FILES
from marketplace.server import logs
from marketplace.server.answers import method_not_allowed, send_problem
from marketplace.server.api import Api
from marketplace.server.asgi import Message, Receive, Scope, Send, header, path_below, raw_path_of
from marketplace.server.board import Board
from marketplace.server.bodies import DisconnectedError, Incoming
from marketplace.server.content import Content
from marketplace.server.counting import Counting
from marketplace.server.files import Files
from marketplace.server.fresh import FreshDocuments
from marketplace.server.guard import InFlight, RateLimit, client_of
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY, Options
from marketplace.server.pool import Pool
from marketplace.server.routes import OPERATING, ROUTES, router
from marketplace.server.searches import Searches
from marketplace.server.web.keeping import KeptPages
from marketplace.server.web.pages import FAILED, PAGE, Pages, is_page

NO_ROUTE = "none"
GRAPHQL = "graphql"
LABELS = (*get_args(Kind), *dict.fromkeys(route.handler for route in ROUTES), PAGE, NO_ROUTE)
"""Names under which requests are counted: kinds of files, handlers, pages, and what leads nowhere."""

_HANDLERS = {route.path: route.handler for route in ROUTES if "{" not in route.path}
_UPLOADS = f"/{API}uploads/"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_WITH_BODY = frozenset({"POST", "PATCH", "PUT"})
_AT_ONCE = frozenset({"body-too-large", "too-slow", "overloaded", "draining", "rate-limited", "bundle-cut"})
"""Codes after which nothing more is read of a body."""

_REMEMBERED, _REMEMBERED_LENGTH = 4096, 200
"""Paths whose meaning is remembered, and the longest of them: a few megabytes at most."""

_GONE = 499
"""Status under which a request is logged whose client went away (as nginx does)."""


class Application:
    """Answers requests.

    Args:
        board: numbers shared with other workers; its own without.
        clock: seconds of a monotonic clock.
        write: takes a line of the log for each request.
    """

    def __init__(
        self, options: Options, board: Board | None = None, *, clock: Callable[[], float] = time.perf_counter,
        write: logs.Write | None = None,
    ) -> None:  # fmt: skip
        key = log_key(options.folder / LOG_KEY, options.name)
        self._board = board or Board(LABELS)
        self._clock = clock
        self._write = write or (logs.to_stderr if options.log else None)
        self._pool = Pool(lambda: Content(options.open_registry(), key, API))
        self._documents = FreshDocuments(self._pool, options.folder / "index.sqlite", options.cache)
        registry = options.open_registry()
        self._counting = Counting(self._pool, registry)
        self._files = Files(self._documents, self._pool, registry.store.path_of, self._counting)
        searches = Searches(key.verifier.name, self._pool, self._documents)
        api = Api(options, key.verifier.name, self._pool, board=self._board, counting=self._counting, searches=searches)
        kept = KeptPages(self._pool, self._documents, lambda: (registry.counting.today(), registry.trust.stamp()))
        pages = Pages(key.verifier.name, kept, searches, self._counting)
        self._router: Any = router(api, pages.routes())
        self._in_flight = InFlight(options.in_flight, lambda: self._board.draining)
        self._rate = RateLimit(options.rate)
        self._drawn, self._numbers = secrets.token_hex(4).encode(), itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's worth of ASGI: the lifespan, or one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await self._counting.flush()
        self._documents.close()
        self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens, and tell of it."""
        start, code = self._clock(), ""
        outgoing = _Outgoing(send, self._id_of(scope))
        incoming = Incoming(receive)
        asked = _asked(scope)
        self._board.began()
        try:
            await self._guarded(scope, incoming, outgoing, asked)
        except DisconnectedError:
            outgoing.status = outgoing.status or _GONE
        except Exception as error:
            if outgoing.status is not None:
                code = "cut"
                raise  # the answer has begun: only cutting the connection tells that it is not whole
            if scope["method"] in _WITH_BODY and _known_code(error) not in _AT_ONCE:
                await incoming.discard()
            code = outgoing.note(await _send_error(scope, outgoing, error))
        else:
            code = outgoing.note(scope.get(FAILED))
        finally:
            self._told(scope, outgoing, _route_of(asked, scope["method"]), self._clock() - start, code)

    def _id_of(self, scope: Scope) -> bytes:
        """Return the id that the client gave its request, or else a new one."""
        given = header(scope, b"x-request-id")
        return given if given and _REQUEST_ID.fullmatch(given) else b"%s%08x" % (self._drawn, next(self._numbers))

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, asked: "_Asked | None") -> None:
        if asked is None:
            raise NotFoundError("not-found", "there is nothing here", hint="check the address of the registry")
        if asked.operating:
            await self._dispatch(scope, receive, send, asked)
            return
        self._in_flight.enter()
        try:
            if asked.limited:
                self._rate.take(client_of(scope))
            await self._dispatch(scope, receive, send, asked)
        finally:
            self._in_flight.leave()

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send, asked: "_Asked") -> None:
        if asked.place is not None:
            await self._files.answer(scope, send, asked.path, asked.place)
        else:
            scope["app"] = self
            await self._router(scope, receive, send)

    def _told(self, scope: Scope, outgoing: "_Outgoing", route: str, seconds: float, code: str) -> None:
        status = outgoing.status or 500
        self._board.ended(route, status, seconds, outgoing.sent)
        if self._write is None:
            return
        self._write(logs.Line(
            timestamp(datetime.now(UTC)), outgoing.request_id.decode(), scope["method"], scope["path"], route, status,
            seconds, outgoing.sent, client_of(scope), code, outgoing.detail,
        ))  # fmt: skip


class _Outgoing:
    """Sends on, with the request's id; `status` is there once the answer has begun, `detail` is logged beside it."""

    def __init__(self, send: Send, request_id: bytes) -> None:
        self._send = send
        self.detail = ""
        self.request_id = request_id
        self.status: int | None = None
        self.sent = 0

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            for name, value in message["headers"]:
                if name == b"content-length":
                    self.sent = int(value)
            message = {**message, "headers": [*message["headers"], (b"x-request-id", self.request_id)]}
        return self._send(message)

    def note(self, error: MarketError | None) -> str:
        """Note what a request failed with, if it did; return the code."""
        self.detail = error.message if error and error.code in OWN_FILES else ""
        return error.code if error else ""


class _Asked(NamedTuple):
    """What a request's path means: the file it names, if it names one; whether it is for operators, or has a rate."""

    path: str
    place: Place | None
    operating: bool
    limited: bool


def _asked(scope: Scope) -> _Asked | None:
    raw, root = raw_path_of(scope), scope.get("root_path", "")
    return (_remembered if len(raw) <= _REMEMBERED_LENGTH else _meaning)(raw, root)


def _meaning(raw: bytes, root: str) -> _Asked | None:
    path = path_below(raw, root)
    if path is None:
        return None
    return _Asked(path, place_of(path), f"/{path}" in OPERATING, path.startswith(API) or path == GRAPHQL)


_remembered = lru_cache(_REMEMBERED)(_meaning)


def _route_of(asked: _Asked | None, method: str) -> str:
    """Return the name under which a request is counted."""
    if asked is None:
        return NO_ROUTE
    if asked.place is not None:
        return asked.place.kind
    if f"/{asked.path}".startswith(_UPLOADS):
        return "upload" if method == "PATCH" else "upload_state"
    return PAGE if is_page(asked.path) else _HANDLERS.get(f"/{asked.path}", NO_ROUTE)


async def _send_error(scope: Scope, send: Send, error: Exception) -> MarketError:
    """Answer with an error's problem; return the error as it is known."""
    reading = scope["method"] in ("GET", "HEAD")
    known = _known(error)
    # What is wrong with the registry's own data is no fault of who only reads.
    status = 500 if reading and isinstance(known, IntegrityError) else None
    await send_problem(send, known, head=scope["method"] == "HEAD", status=status)
    return known


def _known_code(error: Exception) -> str:
    return error.code if isinstance(error, MarketError) else ""


def _known(error: Exception) -> MarketError:
    if isinstance(error, MarketError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            allowed = sorted((error.headers or {}).get("Allow", "GET").split(", "))
            return method_not_allowed(", ".join(allowed))
        return InvalidInputError("request-malformed", str(error.detail))
    traceback.print_exception(error)
    return MarketError("unexpected", "the server met an error that it does not know", hint="tell its operator")
