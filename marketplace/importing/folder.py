"""The files of a catalog of the older shape: `ggen-index.json` and `manifests/<name>.package.toml`.

A catalog comes from elsewhere: links are not followed (a link to a private file would be published), sizes are
bounded, and one bad entry never hides the others.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from marketplace.errors import NotFoundError
from marketplace.importing.problems import Problem, refuse
from marketplace.model.manifest import MAX_BYTES as MAX_MANIFEST

INDEX_FILE = "ggen-index.json"
MANIFESTS = "manifests"
SUFFIX = ".package.toml"
MAX_INDEX = 16 * 1024 * 1024
"""Longest index read, in bytes: the limit of one metadata document."""

_HINT_INDEX = "the manifests were read all the same; repair the index to have the two compared"


@dataclass(frozen=True, slots=True)
class CatalogFolder:
    """What lies in the folder: the index's entries by name, the manifests' files by name, and troubles met."""

    index: Mapping[str, Mapping[str, Any]]
    manifests: Mapping[str, Path]
    refused: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the index or the folder of manifests has, sorted."""
        return tuple(sorted({*self.index, *self.manifests}))


def open_folder(folder: Path) -> CatalogFolder:
    """List a catalog.

    Raises:
        NotFoundError: `catalog-not-found`, the folder has neither an index nor manifests.
    """
    index_file, manifests = folder / INDEX_FILE, folder / MANIFESTS
    if not os.path.lexists(index_file) and not manifests.is_dir():
        hint = f"name a folder that has {INDEX_FILE}, {MANIFESTS}/ or both"
        raise NotFoundError("catalog-not-found", f"there is no catalog in {folder}", hint=hint, path=str(folder))
    index, refused, notes = _read_index(index_file)
    found = sorted(manifests.iterdir()) if manifests.is_dir() else []
    files = {file.name.removesuffix(SUFFIX): file for file in found if file.name.endswith(SUFFIX)}
    for name in [name for name in files if not name.isprintable()]:
        refused.append(_unprintable(files.pop(name)))
    return CatalogFolder(index, files, tuple(refused), tuple(notes))


def _unprintable(file: Path) -> Problem:
    shown = repr(file.name)
    return Problem(shown, "name", "entry-malformed", f"the file name {shown} cannot be shown", "rename the file")


def read_manifest(entry: str, file: Path) -> bytes:
    """Return the bytes of a manifest.

    Raises:
        RefusedError: `manifest-unsafe`, `manifest-too-large` or `manifest-unreadable`.
    """
    try:
        return _read_bounded(file, MAX_MANIFEST)
    except _UnsafeError:
        hint = "put the manifest itself in its place"
        raise refuse(entry, "", "manifest-unsafe", f"{file.name} is a link or no regular file", hint) from None
    except OverflowError:
        message = f"{file.name} is longer than {MAX_MANIFEST} bytes"
        raise refuse(entry, "", "manifest-too-large", message, "move what is not about the package out") from None
    except OSError as error:
        message = f"{file.name} cannot be read: {error.strerror}"
        raise refuse(entry, "", "manifest-unreadable", message, "check its permissions") from error


class _UnsafeError(Exception):
    pass


def _read_bounded(file: Path, limit: int) -> bytes:
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise (_UnsafeError() if file.is_symlink() else error) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _UnsafeError
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise OverflowError
    return data


def _read_index(file: Path) -> tuple[dict[str, Mapping[str, Any]], list[Problem], list[Problem]]:
    try:
        data = _read_bounded(file, MAX_INDEX)
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_once)
        packages = document["packages"]
        if not isinstance(packages, list):
            raise TypeError("packages is not a list")
    except (_UnsafeError, OverflowError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        note = Problem(INDEX_FILE, "", "index-unreadable", f"{INDEX_FILE} was not used: {_why(error)}", _HINT_INDEX)
        return {}, [], [note]
    entries: dict[str, Mapping[str, Any]] = {}
    refused = [problem for place, item in enumerate(packages, 1) if (problem := _take(entries, place, item))]
    return entries, refused, []


def _take(entries: dict[str, Mapping[str, Any]], place: int, item: object) -> Problem | None:
    """Add one entry of the index, or tell what is wrong with it."""
    name = item.get("name") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(name, str) or not name or not name.isprintable():
        message = f"entry {place} of {INDEX_FILE} is not an object with a printable name"
        return Problem(f"#{place}", "name", "entry-malformed", message, "give the entry a name")
    if name in entries:
        message = f"entry {place} of {INDEX_FILE} repeats the name {name!r}; the first was used"
        return Problem(f"#{place}", "name", "entry-duplicate", message, "remove one of the two")
    entries[name] = item
    return None


def _why(error: Exception) -> str:
    match error:
        case _UnsafeError():
            return "it is a link or no regular file"
        case OverflowError():
            return f"it is longer than {MAX_INDEX} bytes"
        case FileNotFoundError():
            return "it is missing"
        case KeyError():
            return f"it has no {error}"
        case OSError():
            return error.strerror or str(error)
    return str(error)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found
