"""A package whose manifest was mended before it is signed: the folder that it came from stays as it is."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from marketplace.errors import MarketError
from marketplace.model.manifest import FILE_NAME, Manifest
from marketplace.model.package import PackageSource
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.plugins.answers import CHANGEABLE, changes
from marketplace.plugins.subjects import described
from marketplace.plugins.types import PluginFailedError


@dataclass(frozen=True, slots=True)
class Edited:
    """A `PackageSource` with another `package.toml`; all other files are those of `base`."""

    base: PackageSource
    manifest: Manifest
    data: bytes

    @property
    def tree(self) -> Tree:
        """The files."""
        return Tree.of(
            TreeEntry(FILE_NAME, entry.executable, len(self.data), digest_of(self.data))
            if entry.path == FILE_NAME else entry
            for entry in self.base.tree
        )  # fmt: skip

    def open(self, path: str) -> BinaryIO:
        """Open one file of the tree by its path."""
        return io.BytesIO(self.data) if path == FILE_NAME else self.base.open(path)


class Change(NamedTuple):
    """A field of a manifest that a plugin has changed."""

    plugin: str
    field: str
    before: str | list[str]
    after: str | list[str]

    def __str__(self) -> str:
        return f"{self.plugin}: {self.field} {self.before!r} becomes {self.after!r}"


class Answer(NamedTuple):
    """What a plugin has made of a package."""

    source: PackageSource
    changes: list[Change]


def changed(answer: Any, source: PackageSource, plugin: str) -> Answer:
    """Return what comes of a plugin's answer; nothing where it wants what is there already.

    Raises:
        PluginFailedError: it wants what it may not.
    """
    before = described(source.manifest)
    wanted = {name: value for name, value in changes(answer).items() if value != before[name]}
    if not wanted:
        return Answer(source, [])
    return Answer(edited(source, wanted), [Change(plugin, name, before[name], wanted[name]) for name in wanted])


def edited(source: PackageSource, wanted: Mapping[str, str | Sequence[str]]) -> Edited:
    """Return `source` with other values in `[package]`; comments and layout stay.

    Raises:
        PluginFailedError: that would be no sound manifest, or more than these fields would change.
    """
    with source.open(FILE_NAME) as file:
        data = _rewritten(file.read(), wanted)
    try:
        manifest = Manifest.parse(data)
    except MarketError as error:
        raise PluginFailedError(f"what it wants is no sound manifest: {error.message}") from error
    if _fixed(manifest) != _fixed(source.manifest):
        raise PluginFailedError("what it wants would change more than the fields that it names")
    return Edited(source, manifest, data)


def _fixed(manifest: Manifest) -> tuple[object, ...]:
    return tuple(getattr(manifest, name) for name in manifest.__slots__ if name not in CHANGEABLE)


def _rewritten(data: bytes, wanted: Mapping[str, str | Sequence[str]]) -> bytes:
    import tomlkit

    document: Any = tomlkit.parse(data)
    for name, value in wanted.items():
        if value:
            document["package"][name] = value
        else:
            document["package"].pop(name, None)
    return tomlkit.dumps(document).encode("utf-8")
