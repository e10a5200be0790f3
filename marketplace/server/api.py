"""The interface beside the files: searching, batches, publishing, yanking, and what operators ask."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from marketplace import __version__
from marketplace.errors import IntegrityError, NotFoundError, UnavailableError
from marketplace.model.tree import DIGEST
from marketplace.protocol import bundle
from marketplace.protocol.documents import PROTOCOL
from marketplace.server import publishing
from marketplace.server.answers import CHANGING
from marketplace.server.batch import MAX_BLOBS, BatchRequest, blobs_of, digests
from marketplace.server.board import Board
from marketplace.server.bodies import BlockingBody, Body
from marketplace.server.content import Content
from marketplace.server.counting import Counting, asked_of
from marketplace.server.options import MIB, Options
from marketplace.server.parameters import question, search_query
from marketplace.server.pool import Pool
from marketplace.server.responses import of_document
from marketplace.server.searches import Searches
from marketplace.server.tokens import Token, TokenStore
from marketplace.server.uploads import Uploads, numbers_of

if TYPE_CHECKING:
    from marketplace.server.graph.handler import GraphQL

_MAX_REQUEST = 8 * MIB
"""Most bytes of a request that lists digests: a hundred thousand of them fit."""

_MAX_RECORD = 64 * 1024
_MAX_GRAPHQL = MIB


class Api:
    """The handlers; each raises MarketErrors for whoever called it to answer with."""

    def __init__(
        self, options: Options, name: str, pool: Pool, *, board: Board, counting: Counting, searches: Searches
    ) -> None:
        self._options = options
        self._name = name
        self._pool = pool
        self._board = board
        self._counting = counting
        self._searches = searches
        self._tokens = TokenStore(options.folder / "tokens.json")
        self._graph: GraphQL | None = None

    # --- reading -----------------------------------------------------------------------------------------------------

    async def search(self, request: Request) -> Response:
        """Answer a search."""
        query = search_query(request.query_params.multi_items())
        found = await self._searches.get(query)
        if not query.offset:
            self._counting.searched(found=found.page.total > 0)
        return of_document(request, found.document, "application/json")

    async def recommendations(self, request: Request) -> Response:
        """Tell what goes with packages."""
        asked, limit = question(request.query_params.multi_items())
        found = await self._pool.read(lambda content: content.registry.recommend_to_others(asked, limit))
        return _json({"based_on": list(map(str, asked)), "results": [item.to_json() for item in found]})

    async def batch(self, request: Request) -> Response:
        """Send all that the wanted trees need."""
        wanted = BatchRequest.of(await self._body(request, _MAX_REQUEST).json("request"))
        blobs = await self._pool.read(lambda content: blobs_of(content.registry.store, wanted))
        self._counting.sent(wanted.want)
        length = bundle.length((blob.digest, blob.size) for blob in blobs)
        headers = {"content-length": str(length), "cache-control": "no-store"}
        return StreamingResponse(self._pieces(bundle.write(blobs)), headers=headers, media_type=bundle.MEDIA_TYPE)

    async def _pieces(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        while (piece := await self._pool.read(lambda _content: next(pieces, None))) is not None:
            yield piece

    async def metadata(self, _request: Request) -> Response:
        """Tell facts about the registry."""
        info = await self._pool.read(lambda content: content.registry.metadata())
        return _json({
            "name": self._name, "protocol": PROTOCOL, "version": __version__, "packages": info.packages,
            "releases": info.releases, "log_size": info.log_size, "log_root": info.log_root,
            "limits": {
                "bundle": self._options.largest_bundle, "blob": self._options.largest_blob, "digests": MAX_BLOBS,
            },
        })  # fmt: skip

    async def stats(self, request: Request) -> Response:
        """Tell what was counted."""
        id_, days = asked_of(request.query_params.multi_items())
        return _json((await self._counting.statistics(id_, days)).to_json())

    # --- publishing --------------------------------------------------------------------------------------------------

    async def missing(self, request: Request) -> Response:
        """Tell which blobs are not here."""
        token = self._token(request)
        asked = digests(await self._body(request, _MAX_REQUEST).json("request"), "digests", MAX_BLOBS)
        lacking = await self._pool.read(lambda content: [d for d in asked if not content.registry.store.has(d)])
        partial = await self._pool.write(lambda content: self._uploads(content, token).partial(lacking))
        return _json({"missing": lacking, "partial": partial})

    async def upload_state(self, request: Request) -> Response:
        """Tell how much of a blob is here."""
        token, digest = self._token(request), _digest(request)
        here = await self._pool.write(lambda content: self._uploads(content, token).offset(digest))
        return Response(None, 200, {"upload-offset": str(here), "cache-control": "no-store"})

    async def upload(self, request: Request) -> Response:
        """Append a part of a blob."""
        token, digest = self._token(request), _digest(request)
        offset, length = numbers_of(request.scope, self._options.largest_blob)
        stream = self._stream(request, length - offset)
        here = await self._pool.write(
            lambda content: self._uploads(content, token).append(digest, offset, length, stream)
        )
        return Response(None, 204, {"upload-offset": str(here)})

    def _uploads(self, content: Content, token: Token) -> Uploads:
        return Uploads(self._options.folder / "uploads", content.registry.store, token)

    async def blobs(self, request: Request) -> Response:
        """Keep the blobs of a bundle."""
        self._token(request)
        options = self._options
        stream = self._stream(request, options.largest_bundle)
        limits = bundle.Limits(MAX_BLOBS, options.largest_bundle, options.largest_blob)
        try:
            kept = await self._pool.write(lambda content: bundle.keep(stream, content.registry.store, limits))
        except UnavailableError as error:
            if error.code != "bundle-cut":
                raise
            # The request is whole, so that its bundle is not is no trouble of the server's, and will not pass.
            raise IntegrityError(error.code, error.message, hint="what came whole is kept; send the rest") from error
        return _json({"stored": len(kept.stored), "bytes": sum(kept.stored.values())})

    async def releases(self, request: Request) -> Response:
        """Publish a signed release."""
        token = self._token(request)
        record = await self._body(request, _MAX_RECORD).whole()
        new, receipt = await self._pool.write(lambda content: publishing.publish(content.registry, record, token))
        return _json(receipt, 201 if new else 200)

    async def yanks(self, request: Request) -> Response:
        """Append a signed yank or unyank."""
        token = self._token(request)
        record = await self._body(request, _MAX_RECORD).whole()
        new, done = await self._pool.write(lambda content: publishing.yank(content.registry, record, token))
        return _json(done, 201 if new else 200)

    async def whoami(self, request: Request) -> Response:
        """Tell whose token it is."""
        token = self._token(request)
        return _json({"name": token.name, "namespaces": token.namespaces})

    async def graphql(self, request: Request) -> Response:
        """Answer a GraphQL request."""
        body = await self._body(request, _MAX_GRAPHQL).whole()
        return await (await self._graph_ready()).post(request, body, lambda: self._token(request))

    async def _graph_ready(self) -> "GraphQL":
        """Return what answers GraphQL; what it stands on is loaded when it is first asked."""
        if self._graph is None:
            from marketplace.server.graph.asking import Parts
            from marketplace.server.graph.dependents import Dependents
            from marketplace.server.graph.handler import made_in_thread
            from marketplace.server.graph.releases import NewReleases

            new = NewReleases(self._pool, self._searches.documents)
            parts = Parts(
                self._name, self._pool, self._counting, self._searches, Dependents(), new,
                lambda: self._board.draining, _MAX_RECORD,
            )  # fmt: skip
            self._graph = self._graph or await made_in_thread(parts)
        return self._graph

    # --- operating ---------------------------------------------------------------------------------------------------

    async def healthz(self, _request: Request) -> Response:
        """Tell that the process lives."""
        return _json({"ok": True})

    async def readyz(self, _request: Request) -> Response:
        """Tell whether requests will be answered.

        Raises:
            UnavailableError: `not-ready`.
        """
        if self._board.draining:
            raise UnavailableError("not-ready", "the server is being stopped", retry_after=5, problems=["draining"])
        problems = await self._pool.read(_troubles)
        if problems:
            raise UnavailableError("not-ready", "; ".join(problems), retry_after=5, problems=problems)
        return _json({"ok": True})

    async def metrics(self, _request: Request) -> Response:
        """Tell the numbers that operators watch."""
        info = await self._pool.read(lambda content: content.registry.metadata())
        gauges = (("packages", info.packages), ("releases", info.releases), ("log_entries", info.log_size))
        text = "".join(f"# TYPE ggen_{name} gauge\nggen_{name} {value}\n" for name, value in gauges)
        counted = await self._counting.metrics()
        return Response(self._board.text() + text + counted, media_type="text/plain; version=0.0.4")

    async def openapi(self, _request: Request) -> Response:
        """Describe the interface."""
        from marketplace.server.openapi import document

        return _json(document(self._name))

    def _stream(self, request: Request, limit: int) -> BinaryIO:
        return cast(BinaryIO, BlockingBody(self._body(request, limit), asyncio.get_running_loop()))

    def _token(self, request: Request) -> Token:
        return self._tokens.authenticate(request.headers.get("authorization"))

    def _body(self, request: Request, limit: int) -> Body:
        return Body(request.scope, request.receive, limit, self._options.idle)


def _digest(request: Request) -> str:
    """Return the digest in the path.

    Raises:
        NotFoundError: `not-found`.
    """
    digest = f"sha256:{request.path_params['digest']}"
    if not DIGEST.fullmatch(digest):
        raise NotFoundError("not-found", "there is nothing here", hint="a blob is named by 64 hexadecimal digits")
    return digest


def _troubles(content: Content) -> list[str]:
    """Look at what every request needs: the index, the store and space."""
    import shutil

    found = []
    content.registry.index.head()
    store = content.registry.store.root
    free = shutil.disk_usage(store if store.exists() else content.registry.folder).free
    if free < _LEAST_FREE:
        found.append(f"only {free:,} bytes are free")
    return found


_LEAST_FREE = 16 * MIB
"""Free bytes without which no release can be published any more."""


def _json(document: Mapping[str, object], status: int = 200) -> Response:
    body = json.dumps(document, ensure_ascii=False).encode("utf-8")
    return Response(body, status, {"cache-control": CHANGING.decode()}, media_type="application/json")
