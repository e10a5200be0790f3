"""What plugins answer, held to what may be answered before anything is done with it."""

import base64
from collections.abc import Container, Mapping, Sequence
from typing import Any, Literal

from marketplace.plugins.types import Finding, PluginFailedError

MAX_FINDINGS = 1000
"""Most findings of a plugin about one package."""
MAX_MESSAGE = 500
"""Longest message of a finding, in characters."""

CHANGEABLE: Mapping[str, type] = {
    "title": str, "description": str, "license": str, "authors": list, "category": str, "tags": list, "keywords": list,
    "homepage": str, "repository": str,
}  # fmt: skip
"""The fields of a manifest that a plugin may change, each a text or a list of texts."""

_LEVELS: dict[str, Literal["error", "warning"]] = {"error": "error", "warning": "warning"}


def findings(answer: Any, files: Container[str]) -> tuple[Finding, ...]:
    """Read a list of findings about a package that has these files; None is an empty list.

    Raises:
        PluginFailedError: it is none.
    """
    items = [] if answer is None else answer
    if not isinstance(items, list) or len(items) > MAX_FINDINGS:
        raise PluginFailedError(f"it answered what is no list of at most {MAX_FINDINGS} findings")
    return tuple(_finding(item, files) for item in items)


def _finding(item: Any, files: Container[str]) -> Finding:
    if not isinstance(item, dict) or item.keys() != {"level", "file", "message"}:
        raise PluginFailedError("a finding of its has not just level, file and message")
    level, file, message = item["level"], item["file"], item["message"]
    if not isinstance(level, str) or level not in _LEVELS:
        raise PluginFailedError(f"a finding of its has the level {level!r:.40}, not error or warning")
    if not isinstance(file, str) or (file and file not in files):
        raise PluginFailedError(f"a finding of its is about {file!r:.80}, which is no file of the package")
    if not isinstance(message, str) or not message.strip() or len(message) > MAX_MESSAGE:
        raise PluginFailedError(f"a finding of its has no message of at most {MAX_MESSAGE} characters")
    return Finding(_LEVELS[level], file, " ".join(message.split()))


def order(answer: Any, ids: Sequence[str]) -> list[int]:
    """Read the ids of hits in another order; return the places that the hits had.

    Raises:
        PluginFailedError: it is not a permutation of `ids`.
    """
    if not isinstance(answer, list) or not all(isinstance(id_, str) for id_ in answer) or sorted(answer) != sorted(ids):
        raise PluginFailedError("it answered other hits than it was given")
    places: dict[str, list[int]] = {}
    for place in reversed(range(len(ids))):
        places.setdefault(ids[place], []).append(place)
    return [places[id_].pop() for id_ in answer]


def changes(answer: Any) -> dict[str, str | list[str]]:
    """Read the fields of a manifest that a plugin wants otherwise; None is no change.

    Raises:
        PluginFailedError: it names what no plugin may change, or a value of another kind.
    """
    if not isinstance(answer, dict | None):
        raise PluginFailedError("it answered what is no table of fields")
    for name, value in (answer or {}).items():
        if name not in CHANGEABLE:
            raise PluginFailedError(f"it wants to change {name!r:.40}: it may change {', '.join(CHANGEABLE)}")
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not (is_list if CHANGEABLE[name] is list else isinstance(value, str)):
            raise PluginFailedError(f"it gives {name} a value of another kind")
    return answer or {}


def data(answer: Any, length: int) -> tuple[bytes | None]:
    """Read up to `length` bytes, or that there is no such file: None.

    Raises:
        PluginFailedError: it is neither.
    """
    if answer is None:
        return (None,)
    text = answer["base64"] if isinstance(answer, dict) and answer.keys() == {"base64"} else None
    try:
        found = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or len(found) > length:
        raise PluginFailedError(f"it answered what is not at most {length} bytes")
    return (found,)
