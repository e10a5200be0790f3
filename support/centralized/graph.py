"""Questions in GraphQL over HTTP, and answers compared with what REST tells."""

import json
from collections.abc import Mapping
from typing import Any

from support.centralized.exchange import Answer
from support.centralized.servers import Server

FACTS = ("id", "title", "description", "category", "tags", "keywords", "license", "authors", "downloads")


def send(server: Server, request: object, **headers: str) -> Answer:
    """Send a body, which is made JSON unless it is bytes."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return server.ask("/graphql", "POST", body, **{"content_type": "application/json", **headers})


def ask(server: Server, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """Ask, and return the whole answer: data, errors."""
    answer = send(server, {"query": query, "variables": variables or {}}, **headers)
    assert answer.status == 200, answer
    found: dict[str, Any] = json.loads(answer.body)
    return found


def data(server: Server, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """Ask what must be answered without an error; return the data."""
    found = ask(server, query, variables, **headers)
    assert "errors" not in found, found
    told: dict[str, Any] = found["data"]
    return told


def codes(found: Mapping[str, Any]) -> list[str]:
    """Return the codes of the errors in an answer."""
    return [error["extensions"]["code"] for error in found.get("errors", ())]


def check_search(server: Server, arguments: str, parameters: str) -> None:
    """Compare a search with the same one by REST: hits, their facts, scores, total and facets."""
    filled = arguments.replace("'", '"')
    facets = "facets { category { value count } license { value count } author { value count } tag { value count } }"
    found = data(
        server, f"{{ search({filled}) {{ totalCount {facets} edges {{ score node {{ {' '.join(FACTS)} }} }} }} }}"
    )["search"]
    told = server.ask(f"/api/v1/search?{parameters}").json()
    assert found["totalCount"] == told["total"], (found, told)
    hits = [{**edge["node"], "score": edge["score"]} for edge in found["edges"]]
    assert hits == [{name: item[name] for name in (*FACTS, "score")} for item in told["results"]], (hits, told)
    counts = {name: {item["value"]: item["count"] for item in values} for name, values in found["facets"].items()}
    assert counts == told["facets"], (counts, told["facets"])
