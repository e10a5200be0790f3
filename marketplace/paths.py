"""The rules for paths inside a package: the same at publish and at install, on every platform.

A path is refused when it could leave the folder it is unpacked into, when some platform cannot hold it or reads it as
another name, when it cannot be shown honestly, or when it is a name that this program or a version-control system
gives meaning to.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from marketplace.errors import IntegrityError
from marketplace.model.ids import WINDOWS_RESERVED

MAX_COMPONENT = 255
"""Longest component in bytes (NAME_MAX of Linux and the BSDs)."""

MAX_PATH = 4096
"""Longest path in bytes (PATH_MAX of Linux)."""

MAX_DEPTH = 64
"""Most components of a path: far beyond any real package, and short of what makes recursive tools slow."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = frozenset('<>:"|?*')
_RESERVED = WINDOWS_RESERVED | {"conin$", "conout$"}
_MARKER = re.compile(r"\.ggen|\.ggen-.*|ggen\.lock|ggen\.toml|ggen~[0-9]+", re.DOTALL)
"""This program's own names, and the short name that NTFS gives to `.ggen`: a package brings no project with it."""

_VERSION_CONTROL = re.compile(r"\.git|\.hg|\.svn|\.jj|\.bzr|git~[0-9]+")
"""A repository inside a package would run its hooks and settings when a tool is used there (CVE-2022-24765)."""

_SHOWN = 200
"""Characters of a path that an error repeats."""


def _refuse(rule: str, path: str, why: str) -> IntegrityError:
    entry = shown(path)
    hint = "rename the file in the package"
    return IntegrityError(f"path-{rule}", f"path '{entry}' {why}", hint=hint, entry=entry)


def shown(path: str) -> str:
    """Return `path` fit for a terminal and for JSON: cut at 200 characters, what cannot be printed escaped."""
    cut = path if len(path) <= _SHOWN else path[:_SHOWN] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def fold(text: str) -> str:
    """Return what case-insensitive and normalising filesystems compare.

    That is the compatibility caseless form of the Unicode Standard, section 3.13, definition D146.
    """
    if text.isascii():
        return text.lower()
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())


def check_path(path: str) -> None:
    """Refuse a path that is not a plain relative path on every platform.

    Raises:
        IntegrityError: `path-not-utf8`, `path-empty`, `path-too-long`, `path-too-deep`, `path-backslash`,
            `path-absolute`, `path-control-character`, `path-bidi`, `path-invisible`, `path-traversal`,
            `path-trailing-dot`, `path-forbidden-character`, `path-reserved`, `path-marker` or
            `path-version-control`, with the path as `entry`.
    """
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        raise _refuse("not-utf8", path, "is not UTF-8") from None
    if not path:
        raise _refuse("empty", path, "is empty")
    if size > MAX_PATH:
        raise _refuse("too-long", path, f"is longer than {MAX_PATH} bytes")
    _check_characters(path)
    components = path.split("/")
    if len(components) > MAX_DEPTH:
        raise _refuse("too-deep", path, f"is nested deeper than {MAX_DEPTH}")
    for component in components:
        _check_component(component, path)


def _check_characters(path: str) -> None:
    if "\\" in path:
        raise _refuse("backslash", path, "has a backslash")
    if path.startswith("/") or _DRIVE.match(path):
        raise _refuse("absolute", path, "is absolute or names a drive")
    if _CONTROL.search(path):
        raise _refuse("control-character", path, "has a control character")
    if path.isascii():
        return
    if _BIDI.search(path):
        raise _refuse("bidi", path, "has a character that reverses the text's direction")
    if any(unicodedata.category(char) == "Cf" for char in path):
        raise _refuse("invisible", path, "has a character that is not shown, which HFS+ does not compare either")


def _check_component(component: str, path: str) -> None:
    if not _is_sound(component):
        _refuse_broken(component, path)


@lru_cache(maxsize=4096)
def _is_sound(component: str) -> bool:
    """Tell whether a component breaks no rule; the same few names occur again and again in packages."""
    try:
        _refuse_broken(component, component)
    except IntegrityError:
        return False
    return True


def _refuse_broken(component: str, path: str) -> None:
    if component in ("", ".", ".."):
        raise _refuse("traversal", path, "has an empty, . or .. component")
    if len(component.encode("utf-8")) > MAX_COMPONENT:
        raise _refuse("too-long", path, f"has a component longer than {MAX_COMPONENT} bytes")
    if component[-1] in ". ":
        raise _refuse("trailing-dot", path, "has a component that ends in a dot or a space")
    if not _FORBIDDEN.isdisjoint(component):
        raise _refuse("forbidden-character", path, 'has one of < > : " | ? *')
    folded = fold(component)
    if folded.partition(".")[0].rstrip() in _RESERVED:
        raise _refuse("reserved", path, "has a name that is reserved on Windows")
    if _MARKER.fullmatch(folded):
        raise _refuse("marker", path, "has a name that this program uses itself")
    if _VERSION_CONTROL.fullmatch(folded):
        raise _refuse("version-control", path, "has the name of a version-control folder")


class PathSet:
    """The paths of one package, checked one by one as they come."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def add(self, path: str) -> None:
        """Check one more path, by itself and against those before it.

        Raises:
            IntegrityError: a code of `check_path`, `path-duplicate`, `path-collision` or `path-file-and-folder`.
        """
        check_path(path)
        folded = fold(path)
        known = self._files.get(folded)
        if known == path:
            raise _refuse("duplicate", path, "occurs twice")
        if known is not None:
            raise _refuse("collision", path, f"and '{shown(known)}' are one file where case or Unicode form is ignored")
        if folded in self._folders:
            raise _refuse("file-and-folder", path, "is a file and a folder")
        self._files[folded] = path
        self._add_folders(path)

    def _add_folders(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        while parent:
            folded = fold(parent)
            known = self._folders.get(folded)
            if known == parent:
                return  # its own parents were noted with it
            if known is not None:
                raise _refuse(
                    "collision", path, f"meets the folder '{shown(known)}' where case or Unicode form is ignored"
                )
            if folded in self._files:
                raise _refuse("file-and-folder", self._files[folded], "is a file and a folder")
            self._folders[folded] = parent
            parent = parent.rpartition("/")[0]


def check_paths(paths: Iterable[str]) -> None:
    """Check each path, and that no two would meet on a case-insensitive or normalising filesystem.

    Raises:
        IntegrityError: `path-duplicate`, `path-collision`, `path-file-and-folder`, or a code of `check_path`.
    """
    known = PathSet()
    for path in paths:
        known.add(path)
