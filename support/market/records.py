"""Damaged records for the scenarios about strict reading."""

import json

from marketplace.model import canonical
from marketplace.model.tree import Tree, TreeEntry, digest_of


def changed_record(record: bytes, field: str, value: str) -> bytes:
    """Return a canonical record with one field set to the JSON in `value`, or left out when that says `(gone)`."""
    fields = canonical.decode(record)
    if value == "(gone)":
        del fields[field]
    else:
        fields[field] = json.loads(value)
    return canonical.encode(fields)


def nested_lists(depth: int) -> bytes:
    """Return JSON with a number inside of `depth` lists."""
    return b"[" * depth + b"1" + b"]" * depth


def small_tree(*files: tuple[str, bool, str]) -> Tree:
    """Return the tree of files given as path, whether executable, and text."""
    return Tree.of(
        TreeEntry(path, executable, len(text.encode()), digest_of(text.encode())) for path, executable, text in files
    )
