"""The hooks: what a plugin may implement, with `hookimpl` on each function. See docs/plugins.md.

A plugin names each hook that it implements in its metadata too, as an entry point of the group `ggen.<hook>`: so it is
known without importing it. Its functions get arguments by their names, and may leave out those that they do not need.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from marketplace.plugins.types import File, Finding, Hit, Package

__all__ = ["File", "Finding", "Hit", "Hooks", "Package", "hookimpl"]

PROJECT = "ggen"
_hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function as the implementation of the hook that it is named after."""


class Hooks:
    """The specifications. Their names are those of `marketplace.plugins.found.HOOKS`."""

    @_hookspec
    def validate_package(self, package: Package) -> Iterable[Finding]:  # type: ignore[empty-body]
        """Look at a package before it is published; an error refuses it."""

    @_hookspec
    def scan_package(self, package: Package) -> Iterable[Finding]:  # type: ignore[empty-body]
        """Look for dangers in a package that is to be published, installed or verified; an error stops that."""

    @_hookspec
    def rank_hits(self, query: str, hits: Sequence[Hit]) -> Iterable[str]:  # type: ignore[empty-body]
        """Put the hits of a page into another order: return the ids of all, each once."""

    @_hookspec
    def transform_manifest(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """Mend what a manifest says before it is signed: return the fields that change, with their new values."""

    @_hookspec
    def read_location(self, location: str, path: str, start: int, length: int) -> bytes | None:
        """Read a file of a registry whose address has the plugin's name as its scheme; None when it is not there."""
