"""What plugins are given and what they answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

PIECE = 4 * 1024 * 1024
"""Most bytes of a file that are handed to a plugin at once."""

ReadPiece = Callable[[str, int], bytes]
"""Returns up to PIECE bytes of a file from an offset on, none at its end; raises KeyError for an unknown path."""


class Finding(NamedTuple):
    """Something that a plugin has found in a package.

    An `error` refuses the package, a `warning` is shown. `file` is the path that it is about, empty for the whole.
    """

    level: Literal["error", "warning"]
    file: str
    message: str


def no_files(path: str, _start: int) -> bytes:
    """Be the files of a question that is about none."""
    raise KeyError(path)


class PluginFailedError(Exception):
    """A plugin did not answer, or not as it should; the text says what happened."""


class Hit(NamedTuple):
    """A result of a search: the package's newest release, and how well it matched.

    `quality` is 0 to 100, None where it is not known; `updated_at` is UTC, `YYYY-MM-DDTHH:MM:SSZ`.
    """

    id: str
    version: str
    title: str
    description: str
    category: str
    tags: Sequence[str]
    keywords: Sequence[str]
    license: str
    authors: Sequence[str]
    downloads: int
    quality: int | None
    updated_at: str
    score: float
    registry: str


class Question(NamedTuple):
    """What a plugin is asked: a hook, its arguments as JSON has them, and the files that it may read on the way.

    `size` are the bytes that it may have to read for its answer.
    """

    hook: str
    arguments: Mapping[str, Any]
    piece: ReadPiece = no_files
    size: int = 0


class File(NamedTuple):
    """A file of a package: its path, its bytes, its digest (`sha256:` and 64 hexadecimal digits)."""

    path: str
    size: int
    executable: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is to be published or installed.

    `manifest` has the fields of `[package]` by their names, `dependencies` as texts by id, and `templates`.
    """

    id: str
    version: str
    manifest: Mapping[str, Any]
    files: tuple[File, ...]
    _piece: ReadPiece = field(repr=False)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, all of them at once.

        Raises:
            KeyError: the package has no such file.
        """
        data = bytearray()
        while piece := self._piece(path, len(data)):
            data += piece
        return bytes(data)
