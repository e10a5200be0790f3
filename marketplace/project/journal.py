"""Changing a project all at once: stage everything, write one journal (the point of no return), then rename.

A command that is killed before the journal is written has changed nothing; one that is killed later is completed by
the next command, from the journal.
"""

import json
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
    (folder / "old").mkdir()
    return folder


def commit(project: Project, replaced: list[str], removed: list[str]) -> None:
    """Make the staged packages (`new/<id>`) and files of the staging folder the project's."""
    folder = project.state / "staging"
    for place in (folder / "new", folder):
        sync_folder(place)
    journal = {"replaced": replaced, "removed": removed}
    write_atomic(project.state / "journal.json", json.dumps(journal).encode())
    recover(project)


def recover(project: Project) -> bool:
    """Complete a change whose journal is there; return whether there was one. Call it with the lock held."""
    path = project.state / "journal.json"
    if not path.exists():
        return False
    journal = json.loads(path.read_bytes())
    folder = project.state / "staging"
    project.packages.mkdir(exist_ok=True)
    for id_ in journal["replaced"]:
        if (folder / "new" / id_).exists():
            _set_aside(project, id_)
            (folder / "new" / id_).rename(project.packages / id_)
    for id_ in journal["removed"]:
        _set_aside(project, id_)
    sync_folder(project.packages)
    for name in _FILES:
        if (folder / name).exists():
            target = project.state if name == "installed.json" else project.root
            (folder / name).replace(target / name)
    sync_folder(project.root)
    path.unlink()
    shutil.rmtree(folder)
    return True


def _set_aside(project: Project, id_: str) -> None:
    target = project.packages / id_
    if target.exists():
        target.rename(project.state / "staging" / "old" / id_)
