"""The rules for paths inside a package: the same at publish and at install, on every platform."""

import re
import unicodedata
from collections.abc import Iterable

from marketplace.errors import IntegrityError
from marketplace.model.ids import WINDOWS_RESERVED

MAX_COMPONENT = 255
MAX_PATH = 4096
MAX_DEPTH = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = frozenset('<>:"|?*')
_MARKERS = (".ggen", "ggen.lock")
"""This program's own names: a package must not bring a project state with it."""


def _refuse(rule: str, path: str, why: str) -> IntegrityError:
    shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
    hint = "rename the file in the package"
    return IntegrityError(f"path-{rule}", f"path {shown!r} {why}", hint=hint, entry=shown)


def check_path(path: str) -> None:
    """Refuse a path that is not a plain relative path on every platform.

    Raises:
        IntegrityError: a `path-…` code, with the path as `entry`.
    """
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        raise _refuse("not-utf8", path, "is not UTF-8") from None
    if not path or size > MAX_PATH:
        raise _refuse("too-long", path[:200], f"is empty or longer than {MAX_PATH} bytes")
    if "\\" in path:
        raise _refuse("backslash", path, "has a backslash")
    if path.startswith("/") or _DRIVE.match(path):
        raise _refuse("absolute", path, "is absolute or names a drive")
    if _CONTROL.search(path):
        raise _refuse("control-character", path, "has a control character")
    if _BIDI.search(path):
        raise _refuse("bidi", path, "has a character that reverses the text's direction")
    components = path.split("/")
    if len(components) > MAX_DEPTH:
        raise _refuse("too-deep", path[:200], f"is nested deeper than {MAX_DEPTH}")
    for component in components:
        _check_component(component, path)


def _check_component(component: str, path: str) -> None:
    if component in ("", ".", ".."):
        raise _refuse("traversal", path, "has an empty, . or .. component")
    if len(component.encode("utf-8")) > MAX_COMPONENT:
        raise _refuse("too-long", path[:200], f"has a component longer than {MAX_COMPONENT} bytes")
    if component[-1] in ". ":
        raise _refuse("trailing-dot", path, "has a component that ends in a dot or a space")
    if not _FORBIDDEN.isdisjoint(component):
        raise _refuse("forbidden-character", path, 'has one of < > : " | ? *')
    folded = fold(component)
    if folded.partition(".")[0].rstrip() in WINDOWS_RESERVED:
        raise _refuse("reserved", path, "has a name that is reserved on Windows")
    if folded in _MARKERS or folded.startswith(".ggen-"):
        raise _refuse("marker", path, "has a name that this program uses itself")


def fold(text: str) -> str:
    """Return what case-insensitive and normalising filesystems compare (NFKC of the case-folded NFD form)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())


def check_paths(paths: Iterable[str]) -> None:
    """Check each path, and that no two would meet on a case-insensitive or normalising filesystem.

    Raises:
        IntegrityError: `path-duplicate`, `path-collision`, `path-file-and-folder`, or a code of `check_path`.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        check_path(path)
        folded = fold(path)
        if folded in files:
            if files[folded] == path:
                raise _refuse("duplicate", path, "occurs twice")
            why = f"and {files[folded]!r} are one file where case or Unicode form does not count"
            raise _refuse("collision", path, why)
        files[folded] = path
        _note_folders(path, folders)
    for folded in files.keys() & folders.keys():
        raise _refuse("file-and-folder", files[folded], "is a file and a folder")


def _note_folders(path: str, folders: dict[str, str]) -> None:
    parent = path.rpartition("/")[0]
    while parent:
        folded = fold(parent)
        if folders.setdefault(folded, parent) != parent:
            raise _refuse("collision", path, f"and {folders[folded]!r} are one folder where case does not count")
        parent = parent.rpartition("/")[0]
