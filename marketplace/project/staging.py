"""Staging a change of a project: everything that it will consist of is made and checked before any of it counts."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.errors import NotFoundError
from marketplace.model.release import Release
from marketplace.model.tree import Tree
from marketplace.project import content, journal
from marketplace.project.lockfile import Locked, Lockfile
from marketplace.project.project import Project

if TYPE_CHECKING:
    from marketplace.plugins.verdicts import Told
    from marketplace.registry.base import Advance, Registry
    from marketplace.storage.filesystem import FilesystemStore

    Inspect = Callable[[Path, Tree], Sequence[Told]]

_AT_ONCE = 2
_MANY = 16
"""How many threads stage packages, and of how many packages on: most of it is the kernel's work."""


class Stager:
    """Stages changes of one project from one store; the arguments are `Workshop`'s."""

    def __init__(
        self, project: Project, registry: "Registry", store: "FilesystemStore", *, copy: bool, advance: "Advance",
        inspect: "Inspect | None",
    ) -> None:  # fmt: skip
        self._project = project
        self._registry = registry
        self._store = store
        self._copy = copy
        self._advance = advance
        self._inspect = inspect

    def stage(self, changed: Sequence[Locked], lock: Lockfile, text: str | None, state: Mapping[str, object]) -> int:
        """Stage a change; return the bytes that were fetched for it because the store's copies were damaged.

        Raises:
            IntegrityError: `package-unsafe`, or what checking the files raises.
            UnavailableError: `content-missing`, or `offline-miss`.
        """
        folder = journal.staging(self._project)
        lacking = [item for item, whole in zip(changed, self._stage_all(changed, folder), strict=True) if not whole]
        fetched = sum(self._stage_again(item, folder) for item in lacking)
        (folder / "installed.json").write_text(json.dumps(state, indent=1), encoding="utf-8")
        (folder / "ggen.lock").write_bytes(lock.render().encode())
        if text is not None:
            (folder / "ggen.toml").write_bytes(text.encode())
        (self._project.state / ".gitignore").write_text("*\n", encoding="utf-8")
        return fetched

    def _stage_all(self, items: Sequence[Locked], folder: Path) -> Sequence[bool]:
        """Stage packages, several at a time when they are many and nobody looks into them; return which were whole."""
        one = partial(self._stage_one, folder=folder)
        if len(items) < _MANY or self._inspect:
            return [one(item) for item in items]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(one, items))

    def _stage_one(self, item: Locked, folder: Path) -> bool:
        """Stage a package; return whether the store (still) had all of it."""
        release, store = item.release, self._store
        try:
            tree = content.checked_tree(store, release)
            content.stage(store, tree, folder / "new" / str(release.id), copy=self._copy)
            self._refuse_dangers(release, folder / "new" / str(release.id), tree)
            kept = folder / "trees" / str(release.id)
            store.materialise(release.content_id, kept, executable=False, copy=self._copy)
        except NotFoundError:
            return False
        return True

    def _refuse_dangers(self, release: Release, folder: Path, tree: Tree) -> None:
        """Refuse a package in which a plugin has found what is dangerous, before it takes its place."""
        if dangers := self._inspect(folder, tree) if self._inspect else ():
            from marketplace.plugins.verdicts import unsafe

            raise unsafe(str(release), dangers)

    def _stage_again(self, item: Locked, folder: Path) -> int:
        """Fetch what turned out to be lacking of a package, and stage it; return the bytes."""
        release = item.release
        content.drop_damaged(self._store, release)
        try:
            fetched = self._registry.fetch_many([release], self._store, advance=self._advance)
        except NotFoundError as error:
            raise content.content_missing(release) from error
        shutil.rmtree(folder / "new" / str(release.id), ignore_errors=True)
        (folder / "trees" / str(release.id)).unlink(missing_ok=True)
        if not self._stage_one(item, folder):
            raise content.content_missing(release)
        return fetched.bytes
