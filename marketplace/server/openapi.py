"""`openapi.json`: the interface described from the table of routes, and the files beside it."""

from collections.abc import Mapping
from typing import Any

from marketplace import __version__
from marketplace.protocol import problems
from marketplace.server.routes import ROUTES, Route

_DIGEST = "[0-9a-f]{64}"
_JSON, _BYTES = "application/json", "application/octet-stream"

FILES: Mapping[str, tuple[str, str]] = {
    "/registry.json": ("The root document", _JSON),
    "/packages/{id}.json": ("A package document", _JSON),
    "/releases/{id}/{version}.json": ("A signed release record", _JSON),
    "/blobs/sha256/{digest}": ("A file or an encoded tree, by its digest", _BYTES),
    "/archives/sha256/{digest}.gpack": ("The archive of a tree", _BYTES),
    "/log/checkpoint": ("The signed checkpoint of the log", "text/plain; charset=utf-8"),
    "/log/tile/{tile}": ("Hashes of the log, or entries", _BYTES),
    "/yanked.json": ("What is yanked now", _JSON),
    "/categories.json": ("Packages in each category", _JSON),
    "/downloads/{id}.json": ("Downloads of a package", _JSON),
    "/catalog.json": ("What search shows of every package", _JSON),
}
"""The files of docs/protocol.md: what they hold, and their media types."""

_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "id": {"type": "string", "maxLength": 200},
    "version": {"type": "string", "maxLength": 250},
    "digest": {"type": "string", "pattern": _DIGEST},
    "tile": {"type": "string"},
}
_INTEGERS = frozenset({"min_downloads", "limit", "offset", "days"})
_PROBLEM = {"$ref": "#/components/responses/Problem"}


def document(name: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the registry of that name."""
    paths: dict[str, dict[str, Any]] = {path: {"get": _file(path, *about)} for path, about in FILES.items()}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"The registry {name}", "version": __version__},
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": _response("What went wrong (RFC 9457)", problems.MEDIA_TYPE, _PROBLEM_SCHEMA)},
        },
    }


_PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "code": {"type": "string"}, "hint": {"type": ["string", "null"]},
    },
}  # fmt: skip


def _response(text: str, media: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    content = {"content": {media: {"schema": schema or {}}}} if media else {}
    return {"description": text, **content}


def _file(path: str, text: str, media: str) -> dict[str, Any]:
    changed = {"304": {"description": "What the client has is right"}, "206": _response("The part asked for", media)}
    return {
        "summary": text,
        "parameters": _path_parameters(path),
        "responses": {
            "200": _response(text, media),
            **changed,
            "404": _PROBLEM,
            "416": {"description": "There is no such part"},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    good = {str(status): _response(route.summary, route.answers) for status in route.statuses}
    refused = {*route.refusals, 429, 503, *((401, 403) if route.token else ()), *((408,) if route.sends else ())}
    query = [
        {"name": name, "in": "query", "schema": {"type": "integer" if name in _INTEGERS else "string"}}
        for name in route.query
    ]
    schema = {} if route.sends == _JSON else {"schema": {"type": "string", "format": "binary"}}
    body = {"requestBody": {"required": True, "content": {route.sends: schema}}} if route.sends else {}
    return {
        "summary": route.summary,
        "operationId": route.handler,
        "parameters": [*_path_parameters(route.path), *query],
        "responses": {**good, **{str(status): _PROBLEM for status in sorted(refused)}},
        **body,
        **({"security": [{"token": []}]} if route.token else {}),
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in _PARAMETERS.items()
        if f"{{{name}}}" in path
    ]
