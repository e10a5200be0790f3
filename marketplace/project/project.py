"""A user's project folder: `ggen.toml`, `ggen.lock` and `.ggen/`."""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from marketplace.errors import IntegrityError, InvalidInputError, NotFoundError, UnavailableError
from marketplace.project.report import Report

if TYPE_CHECKING:
    from marketplace.model.ids import PackageId
    from marketplace.model.requirement import Requirement
    from marketplace.project.lockfile import Lockfile
    from marketplace.storage.locks import FileLock

FILE_NAME = "ggen.toml"
_NEW = "# What this project needs; `ggen market add ID` adds to it.\n\n[dependencies]\n"


class Project(NamedTuple):
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
        """Return the text of `ggen.toml` with its line ends as they are, or of a new one.

        Raises:
            InvalidInputError: `project-invalid`, it is not UTF-8.
        """
        path = self.root / FILE_NAME
        try:
            return path.read_bytes().decode("utf-8") if path.exists() else _NEW
        except UnicodeDecodeError as error:
            hint = "save it as UTF-8 and try again"
            raise InvalidInputError("project-invalid", f"{FILE_NAME} is not UTF-8: {error}", hint=hint) from error

    @property
    def trees(self) -> Path:
        """The folder that has the tree document of each installed package."""
        return self.state / "trees"

    @property
    def journal(self) -> Path:
        """The file that is there while a change is being carried out."""
        return self.state / "journal.json"

    def lock(self) -> "Lockfile":
        """Read `ggen.lock`; see `lockfile.read`."""
        from marketplace.project import lockfile

        return lockfile.read(self.root / "ggen.lock")

    def installed(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is installed: id to `version`, `content_id` and `source`.

        Raises:
            IntegrityError: `installed-state-damaged`.
        """
        return self._recorded()[0]

    def recorded_inputs(self) -> str:
        """Return `inputs()` as it was after the last change that installed, else an empty text."""
        return self._recorded()[1]

    def _recorded(self) -> tuple[Mapping[str, Mapping[str, str]], str]:
        """Return what is installed, and the digest of the files that it was installed for."""
        path = self.state / "installed.json"
        try:
            found = json.loads(path.read_bytes())
            return dict(found["packages"]), str(found["inputs"])
        except FileNotFoundError:
            return {}, ""
        except (ValueError, TypeError, KeyError) as error:
            hint = "remove the folder .ggen and run `ggen market install`"
            raise IntegrityError("installed-state-damaged", f"{path} cannot be read: {error}", hint=hint) from error

    def settled(self) -> Report | None:
        """Return the report of an install that has nothing to do, None when more must be looked at.

        It is the case when `ggen.toml` and `ggen.lock` are, to the byte, what the last change left, and every package
        has its folder. No lock is needed: a change in progress has its journal there, before or after the reading.
        """
        if self.journal.exists():
            return None
        packages, inputs = self._recorded()
        folders = {item.name for item in _scan(self.packages) if item.is_dir(follow_symlinks=False)}
        if not inputs or inputs != self.inputs() or not folders.issuperset(packages) or self.journal.exists():
            return None
        return Report(unchanged=tuple(sorted((id_, item["version"]) for id_, item in packages.items())))

    def inputs(self, text: str | None = None, lock: str | None = None) -> str:
        """Return one digest over `ggen.toml` and `ggen.lock`, or over the texts that will take their places."""
        digest = hashlib.sha256()
        for name, given in ((FILE_NAME, text), ("ggen.lock", lock)):
            try:
                data = (self.root / name).read_bytes() if given is None else given.encode()
            except FileNotFoundError:
                data = b""
            digest.update(b"%d:%s" % (len(data), data))
        return digest.hexdigest()

    def exclusive(self, timeout: float, notify: Callable[[str], None]) -> "FileLock":
        """Return the lock that every command which changes the project holds."""
        from marketplace.storage.locks import FileLock

        self.check_folders()
        self.state.mkdir(exist_ok=True)
        return FileLock(self.state / "lock", purpose="changing the project", timeout=timeout, notify=notify)

    def check_folders(self) -> None:
        """Refuse a project whose own folders were replaced by links.

        Raises:
            IntegrityError: `destination-unsafe`.
        """
        for folder in (self.state, self.packages, self.trees, self.state / "staging"):
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                hint = "remove it: packages would be written somewhere else"
                raise IntegrityError("destination-unsafe", f"{folder} is a link or no folder", hint=hint)


def _scan(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as items:
            return list(items)
    except OSError:
        return []


def unwritable(error: OSError, root: Path) -> UnavailableError:
    """Turn an operating-system error met while changing the project into one that says what to do."""
    where = error.filename or root
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "free some space and run the command again"
        return UnavailableError("disk-full", f"the disk is full: the change of {root} was not completed", hint=hint)
    hint = "check its permissions and that its file system is writable, then run the command again"
    return UnavailableError("project-unwritable", f"{where} cannot be written: {error.strerror}", hint=hint)


def requirements_of(text: str) -> "dict[PackageId, Requirement]":
    """Read the `[dependencies]` of a `ggen.toml`.

    Raises:
        InvalidInputError: `project-invalid`, or what reading ids and requirements raises.
    """
    import tomllib

    from marketplace.model.manifest import parse_dependencies

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
