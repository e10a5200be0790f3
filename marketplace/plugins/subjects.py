"""A package as plugins are given it: what its manifest says, and its files, read through this program alone."""

from collections.abc import Callable
from typing import Any, BinaryIO

from marketplace.errors import MarketError
from marketplace.model.manifest import Manifest
from marketplace.model.tree import Tree, TreeEntry
from marketplace.plugins.types import PIECE


class Subject:
    """A package that plugins are asked about.

    Args:
        open_entry: opens a file of the tree.
    """

    def __init__(self, manifest: Manifest, tree: Tree, open_entry: Callable[[TreeEntry], BinaryIO]) -> None:
        self.name = f"{manifest.id} {manifest.version}"
        self.files = frozenset(entry.path for entry in tree)
        self.size = tree.size
        self.trouble: MarketError | None = None
        """Why a file could not be read: no fault of the plugin that asked for it."""
        self._tree = tree
        self._open = open_entry
        self._manifest = manifest

    def is_troubled(self) -> bool:
        """Say whether a file could not be read."""
        return self.trouble is not None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a hook that is asked about a package."""
        manifest, files = self._manifest, [[e.path, e.size, e.executable, e.digest] for e in self._tree]
        package = {"id": str(manifest.id), "version": str(manifest.version), "manifest": described(manifest)}
        return {"package": {**package, "files": files}}

    def piece(self, path: str, start: int) -> bytes:
        """Return up to PIECE bytes of a file from `start` on.

        Raises:
            KeyError: the package has no such file.
            MarketError: it cannot be read.
        """
        entry = self._tree.get(path)
        if entry is None:
            raise KeyError(path)
        try:
            with self._open(entry) as file:
                file.seek(min(start, entry.size))
                return file.read(min(PIECE, max(entry.size - start, 0)))
        except MarketError as error:
            self.trouble = error
            raise


def described(manifest: Manifest) -> dict[str, Any]:
    """Return the fields of a manifest as plugins see them."""
    return {
        "id": str(manifest.id), "version": str(manifest.version), "title": manifest.title,
        "description": manifest.description, "license": manifest.license,
        "authors": list(manifest.authors), "category": manifest.category, "tags": list(manifest.tags),
        "keywords": list(manifest.keywords), "homepage": manifest.homepage, "repository": manifest.repository,
        "readme": manifest.readme, "dependencies": {str(id_): str(req) for id_, req in manifest.dependencies},
        "templates": [
            {"path": t.path, "description": t.description, "variables": [v.name for v in t.variables]}
            for t in manifest.templates
        ],
    }  # fmt: skip
