"""`/graphql`: requests as the GraphQL over HTTP specification has them, one or several in a body."""

import asyncio
import inspect
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import CoroutineType
from typing import Any, NamedTuple, TypeGuard

from graphql import DocumentNode, ExecutionResult, GraphQLError, execute, get_operation_ast, subscribe
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from marketplace.errors import InvalidInputError, MarketError
from marketplace.protocol.problems import problem_of
from marketplace.protocol.strict import read_value
from marketplace.server.answers import CHANGING
from marketplace.server.graph import streaming
from marketplace.server.graph.asking import Asking, Parts
from marketplace.server.graph.documents import Documents, Prepared
from marketplace.server.graph.limits import MAX_BATCH, check_cost
from marketplace.server.graph.schema import made
from marketplace.server.tokens import Token

MAX_BODY = 1024 * 1024
"""Most bytes of a body: one record of 64 KiB, or ten requests, and their variables."""

_JSON, _GRAPHQL = "application/json", "application/graphql-response+json"
_FIELDS = {"query", "variables", "operationName", "extensions"}
_AWAITED = (CoroutineType, asyncio.Future)
_NOT_OURS = frozenset({"type", "title", "status", "detail"})


class Wanted(NamedTuple):
    """One request."""

    query: str
    variables: Mapping[str, Any]
    operation: str | None

    @classmethod
    def of(cls, fields: Any) -> "Wanted":
        """Read a request.

        Raises:
            InvalidInputError: `graphql-request-malformed`.
        """
        if not isinstance(fields, dict) or fields.keys() - _FIELDS:
            raise _malformed(f"a request is an object with {', '.join(sorted(_FIELDS))}")
        query, variables, operation = fields.get("query"), fields.get("variables"), fields.get("operationName")
        if not isinstance(query, str):
            raise _malformed("query is no text")
        if not isinstance(variables, dict | None) or not isinstance(operation, str | None):
            raise _malformed("variables is no object, or operationName is no text")
        return cls(query, variables or {}, operation or None)


def _malformed(message: str) -> InvalidInputError:
    return InvalidInputError("graphql-request-malformed", message, hint='send {"query": "{ registry { name } }"}')


class GraphQL:
    """Answers requests about `parts`."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.schema = made()
        self.documents = Documents(self.schema)

    async def post(self, request: Request, body: bytes, token: Callable[[], Token]) -> Response:
        """Answer a body with one request, or a list of several.

        Raises:
            InvalidInputError: `media-type-unknown`; what is wrong with a request itself is told in the answer.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != _JSON:
            message = f"a body of the type {kind[:80] or '(none)'!r} is not taken"
            raise InvalidInputError("media-type-unknown", message, hint=f"send {_JSON}")
        value = read_value(body, limit=MAX_BODY, what="request")
        if streaming.TYPE in request.headers.get("accept", ""):
            return await self._stream(value, token)
        if not isinstance(value, list):
            return self._response(request, await self.answer(value, token))
        if not 1 <= len(value) <= MAX_BATCH:
            return self._response(request, _refused(_wrong_batch(len(value))))
        return self._response(request, [await self.answer(one, token) for one in value])

    def _response(self, request: Request, answer: object) -> Response:
        """Return an answer; one that was not executed has another status for those who ask for GraphQL's own type."""
        kind = _GRAPHQL if _GRAPHQL in request.headers.get("accept", "") else _JSON
        refused = isinstance(answer, dict) and "data" not in answer
        status = 400 if refused and kind == _GRAPHQL else 200
        return Response(_encoded(answer), status, {"cache-control": CHANGING.decode()}, media_type=kind)

    async def answer(self, fields: Any, token: Callable[[], Token]) -> dict[str, Any]:
        """Return the answer to one request, its errors in it."""
        wanted = await self._checked(fields)
        if not isinstance(wanted, _Ready):
            return wanted
        if wanted.kind == "subscription":
            hint = f"ask for {streaming.TYPE}"
            message = "a subscription is answered as a stream"
            return _refused(InvalidInputError("graphql-not-streamed", message, hint=hint))
        found = execute(
            self.schema, wanted.document, context_value=Asking(self.parts, token), operation_name=wanted.operation,
            variable_values=wanted.variables, is_awaitable=_is_awaitable,
        )  # fmt: skip
        return _told(await found if inspect.isawaitable(found) else found)

    async def _checked(self, fields: Any) -> "_Ready | dict[str, Any]":
        """Return what is to be executed, or the answer to what is not."""
        try:
            wanted = Wanted.of(fields)
            prepared = await self._prepared(wanted.query)
            if prepared.document is None:
                return {"errors": [_error(error, "graphql-invalid") for error in prepared.errors]}
            check_cost(prepared.document, wanted.operation, wanted.variables)
        except MarketError as error:
            return _refused(error)
        operation = get_operation_ast(prepared.document, wanted.operation)
        kind = operation.operation.value if operation else ""
        return _Ready(prepared.document, dict(wanted.variables), wanted.operation, kind)

    async def _prepared(self, text: str) -> Prepared:
        if kept := self.documents.kept(text):
            return kept
        return await self.parts.pool.read(lambda _content: self.documents.prepare(text))

    async def _stream(self, fields: Any, token: Callable[[], Token]) -> Response:
        """Answer as server-sent events.

        Raises:
            UnavailableError: `graphql-too-many-subscriptions`.
        """
        ready = await self._checked(fields)
        if not isinstance(ready, _Ready):
            return Response(_encoded(ready), 400, {"cache-control": CHANGING.decode()}, media_type=_JSON)
        if ready.kind != "subscription":
            return _sent(streaming.once(_encoded(await self.answer(fields, token))))
        self.parts.releases.check_room()
        found = subscribe(
            self.schema, ready.document, context_value=Asking(self.parts, token), operation_name=ready.operation,
            variable_values=ready.variables,
        )  # fmt: skip
        results = await found if inspect.isawaitable(found) else found
        if isinstance(results, ExecutionResult):
            return Response(_encoded(_told(results)), 400, {"cache-control": CHANGING.decode()}, media_type=_JSON)
        return _sent(streaming.events(_each(results), self.parts.draining))


class _Ready(NamedTuple):
    """What is good and can be executed; `kind` is query, mutation or subscription, empty when no operation is meant."""

    document: DocumentNode
    variables: dict[str, Any]
    operation: str | None
    kind: str


async def _each(results: AsyncIterator[ExecutionResult]) -> AsyncIterator[bytes]:
    """Yield results as they are sent; a trouble with the source is the last of them."""
    try:
        async for result in results:
            yield _encoded(_told(result))
    except MarketError as error:
        yield _encoded(_refused(error))


def _sent(events: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(events, headers={"cache-control": "no-store"}, media_type=streaming.TYPE)


def _encoded(answer: object) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _is_awaitable(value: object) -> TypeGuard[Awaitable[Any]]:
    """Tell whether a value has to be waited for: ours are of these kinds, and the library's look takes longer."""
    return isinstance(value, _AWAITED)


def _wrong_batch(count: int) -> InvalidInputError:
    message = f"{count} requests are in one body, and 1 to {MAX_BATCH} may be"
    return InvalidInputError("graphql-batch-too-large", message, hint="send several bodies", limit=MAX_BATCH)


def _told(result: ExecutionResult) -> dict[str, Any]:
    errors = {"errors": [_error(error, "graphql-invalid") for error in result.errors]} if result.errors else {}
    if result.data is None and errors and not any(error.path for error in result.errors or ()):
        return errors  # variables or the name of the operation were wrong: nothing was executed
    return {"data": result.data, **errors}


def _refused(error: MarketError) -> dict[str, Any]:
    return {"errors": [{"message": error.message, "extensions": _extensions(error)}]}


def _error(error: GraphQLError, code: str) -> dict[str, Any]:
    """Return an error as it is answered: the product's own with its code, an unknown one without what it says."""
    original = error.original_error
    known: MarketError | None = original if isinstance(original, MarketError) else None
    if original is not None and known is None and not isinstance(original, GraphQLError):
        traceback.print_exception(original)
        known = MarketError("unexpected", "the server met an error that it does not know", hint="tell its operator")
    told: dict[str, Any] = dict(error.formatted)
    if known is None:
        return {**told, "extensions": {"code": code}}
    return {**told, "message": str(problem_of(known).fields["detail"]), "extensions": _extensions(known)}


def _extensions(error: MarketError) -> dict[str, Any]:
    fields = problem_of(error).fields
    return {name: value for name, value in fields.items() if name not in _NOT_OURS}


async def made_in_thread(parts: Parts) -> GraphQL:
    """Return what answers requests; making it takes a moment, in which others are answered."""
    return await asyncio.get_running_loop().run_in_executor(None, GraphQL, parts)
