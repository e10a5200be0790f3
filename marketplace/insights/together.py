"""What projects of this machine have chosen together: pairs of packages and how often, of no project and no day.

It is kept beside the other numbers, and told to nobody but who asks on this machine.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator

from marketplace.insights.journal import Record

TABLE = "together"
CREATE = "CREATE TABLE together (one TEXT, other TEXT, count INTEGER NOT NULL, PRIMARY KEY (one, other)) WITHOUT ROWID"
"""A row for each pair, both ways round, and one for each package with '' as the other: how often it was chosen."""

_ADD = "INSERT INTO together VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
_PAIRS = "SELECT one, other, count FROM together WHERE one IN (SELECT value FROM json_each(?))"


def add(db: sqlite3.Connection, records: Iterable[tuple[Record, int]]) -> None:
    """Add what records of the kind `t` say."""
    db.executemany(_ADD, _rows(records))


def _rows(records: Iterable[tuple[Record, int]]) -> Iterator[tuple[str, str, int]]:
    for (kind, _, what), count in records:
        if kind == "t":
            one, _, other = what.partition(" ")
            yield from ((one, other, count), (other, one, count)) if other else ((one, "", count),)


def read(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return how often others were chosen beside each of `ids`, and by '' how often it was itself."""
    found: dict[str, dict[str, int]] = {}
    for one, other, count in db.execute(_PAIRS, (json.dumps(sorted(ids)),)):
        found.setdefault(one, {})[other] = count
    return found
