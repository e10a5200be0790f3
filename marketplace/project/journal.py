"""Changing a project all at once: stage everything, write one journal (the point of no return), then rename.

A command that is killed before the journal is written has changed nothing; one that is killed later is completed by
the next command, from the journal.
"""

import json
import os
import shutil
from pathlib import Path

from marketplace.project.project import Project
from marketplace.storage.files import sync_folder, write_atomic

_FILES = ("ggen.toml", "installed.json", "ggen.lock")
"""Replaced in this order: the lock last."""


def staging(project: Project) -> Path:
    """Return a new, empty staging folder; what an interrupted command left there is dropped.

    Call it with the project's lock held and after `recover`.
    """
    folder = project.state / "staging"
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "new").mkdir(parents=True)
    (folder / "trees").mkdir()
    (folder / "old").mkdir()
    return folder


def commit(project: Project, replaced: list[str], removed: list[str]) -> None:
    """Make what is staged the project's: packages (`new/<id>`), their trees (`trees/<id>`), then the files."""
    folder = project.state / "staging"
    for place in (folder / "new", folder / "trees", folder):
        sync_folder(place)
    journal = {"replaced": replaced, "removed": removed}
    write_atomic(project.journal, json.dumps(journal).encode())
    recover(project)


def recover(project: Project) -> bool:
    """Complete a change whose journal is there; return whether there was one. Call it with the lock held."""
    if not project.journal.exists():
        return False
    journal = json.loads(project.journal.read_bytes())
    folder = project.state / "staging"
    for place in (project.packages, project.trees):
        place.mkdir(exist_ok=True)
    for id_ in journal["replaced"]:
        if (folder / "new" / id_).exists():
            _set_aside(project, id_)
            (folder / "new" / id_).rename(project.packages / id_)
        if (folder / "trees" / id_).exists():
            (folder / "trees" / id_).replace(project.trees / id_)
    for id_ in journal["removed"]:
        _set_aside(project, id_)
        (project.trees / id_).unlink(missing_ok=True)
    for place in (project.packages, project.trees):
        _sync_or_remove(place)
    for name in _FILES:
        if (folder / name).exists():
            target = project.state if name == "installed.json" else project.root
            (folder / name).replace(target / name)
    sync_folder(project.root)
    project.journal.unlink()
    shutil.rmtree(folder)
    return True


def _sync_or_remove(folder: Path) -> None:
    """Make a folder's entries durable; an empty one is removed: nothing of the last package stays behind."""
    if any(folder.iterdir()):
        sync_folder(folder)
    else:
        folder.rmdir()


def _set_aside(project: Project, id_: str) -> None:
    target = project.packages / id_
    if os.path.lexists(target):  # a link that leads nowhere too: what lies in the place gives way
        target.rename(project.state / "staging" / "old" / id_)
