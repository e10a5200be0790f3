"""What the graph of a served registry recommends, beside what REST does."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from support.centralized import graph
from support.centralized.servers import Server

_FIELDS = "kind score reason because { id } package { id title latest { version } }"


def first_of_each(
    packages: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, str]]
) -> list[tuple[str, str, str, str, str]]:
    """Return for each row's package the first that is recommended: of which, kind, package, because of which, why."""
    found = []
    for package, row in zip(packages, rows, strict=True):
        told = package["recommendations"][0]
        found.append((row["of"], told["kind"], told["package"]["id"], told["because"]["id"], told["reason"]))
    return found


def both_ways(server: Server, asked: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is recommended by GraphQL, as REST would tell it, and what is by REST."""
    query = f"query($ids: [ID!]!) {{ recommendations(basedOn: $ids, first: 3) {{ {_FIELDS} }} }}"
    told = graph.data(server, query, {"ids": asked})["recommendations"]
    parameters = "&".join(["limit=3", *(f"based_on={id_}" for id_ in asked)])
    results: list[dict[str, Any]] = server.ask(f"/api/v1/recommendations?{parameters}").json()["results"]
    return [_as_rest(item) for item in told], results


def _as_rest(item: Mapping[str, Any]) -> dict[str, Any]:
    package = item["package"]
    return {
        "kind": item["kind"].lower(), "id": package["id"], "version": package["latest"]["version"],
        "title": package["title"], "score": item["score"], "because": (item["because"] or {"id": ""})["id"],
        "reason": item["reason"],
    }  # fmt: skip


def kinds_of(server: Server, within: str, arguments: str) -> set[str]:
    """Return of which kinds something is recommended, in the whole graph or `within` a package."""
    asked = f"recommendations{arguments} {{ kind }}"
    found = graph.data(server, f"{{ {within} {{ {asked} }} }}" if within else f"{{ {asked} }}")
    return {item["kind"] for item in (found["package"] if within else found)["recommendations"]}
