"""Answers made of documents that are kept: with their tags, and in the coding that suits the client."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from marketplace.server.answers import CHANGING
from marketplace.server.asgi import header
from marketplace.server.conditional import encoding_of, matches
from marketplace.server.document import Document


def of_document(
    request: Request, document: Document, media_type: str, more: Mapping[str, str] | None = None
) -> Response:
    """Return a document, or 304 when the client has it; `more` are further headers."""
    coding, tag, data = document.encoded(encoding_of(request.scope))
    headers = {"etag": tag.decode(), "cache-control": CHANGING.decode(), "vary": "accept-encoding", **(more or {})}
    if matches(header(request.scope, b"if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    headers |= {} if coding == "identity" else {"content-encoding": coding}
    return Response(data, headers=headers, media_type=media_type)
