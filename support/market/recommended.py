"""What `recommend` said, and the indexes that its scenarios ask for."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from marketplace.insights.statistics import last_days
from marketplace.insights.trending import trends
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


_TODAY = "2026-03-01"
_NOW = 3


def places_of_trends(rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """Return the place of each row that is a trend, by its `what`."""
    columns = ("last three", "before, a day", "days")
    downloads = {row["what"]: _days(*(int(row[name]) for name in columns)) for row in rows}
    return {trend.id: place for place, trend in enumerate(trends(downloads, _TODAY), 1)}


def _days(now: int, before: int, count: int) -> dict[str, int]:
    days = last_days(_TODAY, count + _NOW)
    spread = [now // _NOW + (place < now % _NOW) for place in range(_NOW)]
    return {**dict.fromkeys(days[:-_NOW], before), **dict(zip(reversed(days), spread, strict=False))}
