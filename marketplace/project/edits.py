"""Edits of installed files that the user would lose."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from marketplace.errors import ConflictError, MarketError
from marketplace.project import content
from marketplace.project.project import Project

if TYPE_CHECKING:
    from marketplace.storage.filesystem import FilesystemStore


def refuse_edits(project: Project, store: "FilesystemStore", contents: Mapping[str, str]) -> None:
    """Refuse to touch folders that are not what the content ids say, or of which that cannot be told.

    Raises:
        ConflictError: `local-edits`.
    """
    for id_, content_id in contents.items():
        if not os.path.lexists(project.packages / id_):
            continue
        found = _edits(project, store, id_, content_id)
        if found:
            raise ConflictError(
                "local-edits", f"{id_} has local edits: {', '.join(found[:5])}", id=id_, files=found,
                hint="copy what you want to keep to another place, then run the command again with --force",
            )  # fmt: skip


def _edits(project: Project, store: "FilesystemStore", id_: str, content_id: str) -> list[str]:
    try:
        tree = content.kept_tree(project.trees / id_, content_id, store)
    except MarketError as error:
        return [f"nothing tells what was installed ({error.message})"]
    found = content.problems(project.packages / id_, tree)
    return [f"{problem.path or 'its folder'} ({problem.kind})" for problem in found]
