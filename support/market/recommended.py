"""What `recommend` said, and the indexes that its scenarios ask for."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from itertools import permutations
from typing import Any

from marketplace.insights.companions import Companion, ranked
from marketplace.insights.statistics import last_days
from marketplace.insights.trending import trends
from support.centralized.servers import Server
from support.market.packages import publish
from support.market.world import World


def of_kind(document: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the suggestions of a kind in the order in which they were given."""
    return [item for item in document["results"] if item["kind"] == kind]


def told(document: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what is recommended as used together: package, because of which, and why."""
    return [(item["id"], item["because"], item["reason"]) for item in of_kind(document, "together")]


def publish_texts(world: World, rows: Iterable[Mapping[str, str]]) -> None:
    """Publish a package for each row of `id`, `title` and `description`."""
    for row in rows:
        publish(world, row["id"], "1.0.0", title=row["title"], description=row["description"])


def forget_requirements(world: World) -> None:
    """Make the index one of a version that kept no requirements."""
    with closing(sqlite3.connect(world.home / "registry" / "index.sqlite")) as db, db:
        db.execute("DROP TABLE requires")


def forge_requirement(world: World, dependent: str, dependency: str) -> None:
    """Write a requirement into the index that no release has."""
    with closing(sqlite3.connect(world.home / "registry" / "index.sqlite")) as db, db:
        db.execute("INSERT INTO requires VALUES (?, ?)", (dependent, dependency))


def add_in(world: World, name: str, *steps: str) -> None:
    """Add packages to a project of its own, in one command for each of `steps` that names some."""
    home = world.project
    world.project = world.root / "projects" / name
    world.project.mkdir(parents=True)
    try:
        for packages in filter(None, steps):
            world.run(f"ggen market add {packages}")
    finally:
        world.project = home


def forget_chosen(world: World) -> None:
    """Make the numbers those of a version that did not count what is chosen together."""
    with closing(sqlite3.connect(world.home / "registry" / "statistics" / "counts.sqlite")) as db, db:
        db.execute("DROP TABLE together")


def chosen_as_served(server: Server, id_: str) -> list[str]:
    """Return by which ways a server tells that projects have chosen a package together with others."""
    asked = f'recommendations(basedOn: ["{id_}"]) {{ reason }}'
    query = {"query": f'{{ {asked} package(id: "{id_}") {{ recommendations {{ reason }} }} }}'}
    ways = {
        "REST": server.ask(f"/api/v1/recommendations?based_on={id_}"), "page": server.ask(f"/p/{id_}"),
        "GraphQL": server.ask("/graphql", "POST", json.dumps(query).encode(), content_type="application/json"),
    }  # fmt: skip
    assert b"errors" not in ways["GraphQL"].body, ways
    assert all(answer.status == 200 for answer in ways.values()), ways
    return [way for way, answer in ways.items() if b"chosen" in answer.body]


_TODAY = "2026-03-01"
_NOW = 3


def told_in_each_order(scores: Mapping[str, float]) -> set[tuple[str, float]]:
    """Let packages speak for one, each with a score, in each order; return who was named, and the score in all."""
    found = [Companion("io.ggen.json", score, beside, 1, 1) for beside, score in scores.items()]
    return {(one.beside, one.score) for order in permutations(found) for one in ranked(order)}


def places_of_trends(rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """Return the place of each row that is a trend, by its `what`."""
    columns = ("last three", "before, a day", "days")
    downloads = {row["what"]: _days(*(int(row[name]) for name in columns)) for row in rows}
    return {trend.id: place for place, trend in enumerate(trends(downloads, _TODAY), 1)}


def _days(now: int, before: int, count: int) -> dict[str, int]:
    days = last_days(_TODAY, count + _NOW)
    spread = [now // _NOW + (place < now % _NOW) for place in range(_NOW)]
    return {**dict.fromkeys(days[:-_NOW], before), **dict(zip(reversed(days), spread, strict=False))}
