"""The server as an ASGI application: it runs under Granian, uvicorn, or whatever else speaks ASGI 3."""

import re
import secrets
import traceback
from typing import Any

from starlette.exceptions import HTTPException

from marketplace.errors import IntegrityError, InvalidInputError, MarketError, NotFoundError
from marketplace.protocol.paths import API
from marketplace.server.answers import method_not_allowed, send_problem
from marketplace.server.api import Api
from marketplace.server.asgi import Message, Receive, Scope, Send, header, path_of
from marketplace.server.bodies import DisconnectedError
from marketplace.server.content import Content
from marketplace.server.files import Files
from marketplace.server.fresh import FreshDocuments
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY, Options
from marketplace.server.pool import Pool
from marketplace.server.routes import router
from marketplace.server.tokens import TokenStore

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Application:
    """Answers requests; what it needs is opened when the first one comes."""

    def __init__(self, options: Options) -> None:
        self._options = options
        key = log_key(options.folder / LOG_KEY, options.name)
        self._pool = Pool(lambda: Content(options.open_registry(), key, API))
        self._documents = FreshDocuments(self._pool, options.folder / "index.sqlite", options.cache)
        registry = options.open_registry()
        self._files = Files(self._documents, self._pool, registry.store.path_of)
        tokens = TokenStore(options.folder / "tokens.json")
        self._router: Any = router(Api(options, key.verifier.name, self._pool, tokens))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's worth of ASGI: the lifespan, or one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        self._documents.close()
        self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = header(scope, b"x-request-id") or b""
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8).encode()
        outgoing = _Outgoing(send, request_id)
        try:
            await self._dispatch(scope, receive, outgoing)
        except DisconnectedError:
            return
        except Exception as error:
            if outgoing.status is not None:
                raise  # the answer has begun: only cutting the connection tells that it is not whole
            await _send_error(scope, outgoing, error)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        if path is None:
            raise NotFoundError("not-found", "there is nothing here", hint="check the address of the registry")
        if not await self._files.answer(scope, send, path):
            scope["app"] = self
            await self._router(scope, receive, send)


class _Outgoing:
    """Sends on, with the request's id; `status` is there once the answer has begun."""

    def __init__(self, send: Send, request_id: bytes) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], (b"x-request-id", self._request_id)]}
        await self._send(message)


async def _send_error(scope: Scope, send: Send, error: Exception) -> None:
    reading = scope["method"] in ("GET", "HEAD")
    known = _known(error)
    # What is wrong with the registry's own data is no fault of who only reads.
    status = 500 if reading and isinstance(known, IntegrityError) else None
    await send_problem(send, known, head=scope["method"] == "HEAD", status=status)


def _known(error: Exception) -> MarketError:
    if isinstance(error, MarketError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return method_not_allowed(", ".join(sorted((error.headers or {}).get("Allow", "GET").split(", "))))
        return InvalidInputError("request-malformed", str(error.detail))
    traceback.print_exception(error)
    return MarketError("unexpected", "the server met an error that it does not know", hint="tell its operator")
