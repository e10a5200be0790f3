"""Pages of lists, as Relay's connections: a cursor is opaque to whoever has it, and names the place behind an entry."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from marketplace.errors import InvalidInputError
from marketplace.search.base import MAX_LIMIT

_MOST = 2**31


def cursor(place: int) -> str:
    """Return the cursor of the entry at a place, from 0 on."""
    return base64.urlsafe_b64encode(f"at:{place}".encode()).decode("ascii")


def place_after(text: str | None) -> int:
    """Return the place behind a cursor, 0 when there is none.

    Raises:
        InvalidInputError: `graphql-cursor-invalid`.
    """
    if text is None:
        return 0
    try:
        name, _, digits = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(":")
        if name == "at" and digits.isascii() and digits.isdigit() and int(digits[:11]) < _MOST:
            return int(digits) + 1
    except (binascii.Error, UnicodeError):
        pass
    hint = "take endCursor of the page before, as it is"
    raise InvalidInputError("graphql-cursor-invalid", f"{text[:40]!r} is no cursor of this list", hint=hint)


def checked_first(first: int) -> int:
    """Return how many entries are wanted.

    Raises:
        InvalidInputError: `graphql-page-invalid`.
    """
    if not 1 <= first <= MAX_LIMIT:
        message = f"first is {first}, not a number from 1 to {MAX_LIMIT}"
        raise InvalidInputError("graphql-page-invalid", message, hint="ask for the next page with `after`")
    return first


def page(edges: Sequence[dict[str, Any]], start: int, total: int) -> dict[str, Any]:
    """Return a connection of `edges`, which begin at place `start` of `total` entries."""
    for place, edge in enumerate(edges, start):
        edge["cursor"] = cursor(place)
    info = {
        "has_next_page": start + len(edges) < total, "has_previous_page": start > 0 and bool(total),
        "start_cursor": edges[0]["cursor"] if edges else None, "end_cursor": edges[-1]["cursor"] if edges else None,
    }  # fmt: skip
    return {"total_count": total, "edges": edges, "page_info": info}


def page_of(entries: Sequence[dict[str, Any]], first: int, after: str | None) -> dict[str, Any]:
    """Return a page of a list that is there as a whole.

    Raises:
        InvalidInputError: as `place_after` and `checked_first`.
    """
    start = place_after(after)
    return page([dict(edge) for edge in entries[start : start + checked_first(first)]], start, len(entries))
