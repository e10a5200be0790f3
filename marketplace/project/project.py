"""A user's project folder: `ggen.toml`, `ggen.lock` and `.ggen/`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.errors import IntegrityError, InvalidInputError, NotFoundError
from marketplace.model.ids import PackageId
from marketplace.model.manifest import parse_dependencies
from marketplace.model.requirement import Requirement
from marketplace.project import lockfile
from marketplace.project.lockfile import Lockfile
from marketplace.storage.locks import FileLock

FILE_NAME = "ggen.toml"
_NEW = "# What this project needs; `ggen market add ID` adds to it.\n\n[dependencies]\n"


@dataclass(frozen=True, slots=True)
class Project:
    """The project in the folder `root`."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Project":
        """Return the project of the nearest `ggen.toml` in `start` or above.

        Raises:
            NotFoundError: `no-project`.
        """
        for folder in [start.absolute(), *start.absolute().parents]:
            if (folder / FILE_NAME).is_file():
                return cls(folder)
        hint = "`ggen market add ID` makes one in the current folder"
        raise NotFoundError("no-project", f"there is no {FILE_NAME} in {start} or above", hint=hint)

    @property
    def state(self) -> Path:
        """The folder of installed packages and of this program's own files."""
        return self.root / ".ggen"

    @property
    def packages(self) -> Path:
        """The folder that has one folder per installed package."""
        return self.state / "packages"

    def manifest_text(self) -> str:
        """Return the text of `ggen.toml`, or of a new one."""
        path = self.root / FILE_NAME
        return path.read_text(encoding="utf-8") if path.exists() else _NEW

    def lock(self) -> Lockfile:
        """Read `ggen.lock`; see `lockfile.read`."""
        return lockfile.read(self.root / "ggen.lock")

    def installed(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is installed: id to `version`, `content_id` and `source`.

        Raises:
            IntegrityError: `installed-state-damaged`.
        """
        path = self.state / "installed.json"
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            hint = "remove the folder .ggen and run `ggen market install`"
            raise IntegrityError("installed-state-damaged", f"{path} cannot be read: {error}", hint=hint) from error
        return dict(found)

    def exclusive(self, timeout: float, notify: Callable[[str], None]) -> FileLock:
        """Return the lock that every command which changes the project holds."""
        self.check_folders()
        self.state.mkdir(exist_ok=True)
        return FileLock(self.state / "lock", purpose="changing the project", timeout=timeout, notify=notify)

    def check_folders(self) -> None:
        """Refuse a project whose own folders were replaced by links.

        Raises:
            IntegrityError: `destination-unsafe`.
        """
        for folder in (self.state, self.packages, self.state / "staging"):
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                hint = "remove it: packages would be written somewhere else"
                raise IntegrityError("destination-unsafe", f"{folder} is a link or no folder", hint=hint)


def requirements_of(text: str) -> dict[PackageId, Requirement]:
    """Read the `[dependencies]` of a `ggen.toml`.

    Raises:
        InvalidInputError: `project-invalid`, or what reading ids and requirements raises.
    """
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = f"correct {FILE_NAME} and try again"
        raise InvalidInputError("project-invalid", f"{FILE_NAME} is not valid TOML: {error}", hint=hint) from error
    return dict(parse_dependencies(document.get("dependencies", {})))


def edited(text: str, changes: Mapping[str, str | None]) -> str:
    """Return the text of a `ggen.toml` with requirements set or (None) removed; comments and order stay.

    Raises:
        NotFoundError: `not-required`, a package to remove is not in it.
    """
    import tomlkit

    document: Any = tomlkit.parse(text)
    table: Any = document.setdefault("dependencies", tomlkit.table())
    for id_, requirement in changes.items():
        if requirement is not None:
            table[id_] = requirement
        elif id_ in table:
            del table[id_]
        else:
            hint = f"it has {', '.join(table) or 'none'}"
            raise NotFoundError("not-required", f"{FILE_NAME} does not require {id_}", hint=hint, id=id_)
    return tomlkit.dumps(document)
