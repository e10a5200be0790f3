"""`ggen.lock`: the chosen releases with their signed statements, so that all can be verified again offline."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.errors import IntegrityError, InvalidInputError, MarketError
from marketplace.model import canonical
from marketplace.model.ids import PackageId
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.project.candidates import within

FORMAT = 1
_HEADER = "# Made by `ggen market`: commit it, do not edit it.\n"
_FIELDS = ("id", "version", "content_id", "manifest", "size", "files", "published_at", "key", "signature")


@dataclass(frozen=True, slots=True)
class Locked:
    """A chosen release and the name of the registry it came from."""

    release: Release
    source: str


@dataclass(frozen=True, slots=True)
class Lockfile:
    """The chosen releases, sorted by id. Build with `of`."""

    packages: tuple[Locked, ...] = ()

    @classmethod
    def of(cls, packages: Iterable[Locked]) -> "Lockfile":
        """Sort `packages` by id."""
        return cls(tuple(sorted(packages, key=lambda item: item.release.id)))

    def by_id(self) -> dict[PackageId, Locked]:
        """Return the packages by their ids."""
        return {item.release.id: item for item in self.packages}

    def meets(self, requirements: Mapping[PackageId, Requirement]) -> bool:
        """Tell whether the lock answers `requirements` exactly: all are met, and nothing is there that none needs."""
        known = self.by_id()
        needed, waiting = set(), list(requirements.items())
        while waiting:
            id_, requirement = waiting.pop()
            found = known.get(id_)
            if found is None or not _meets(requirement, found):
                return False
            if id_ not in needed:
                needed.add(id_)
                waiting.extend(found.release.dependencies)
        return needed == set(known)

    def render(self) -> str:
        """Return the file's text: the same lock gives the same bytes."""
        return _HEADER + f"version = {FORMAT}\n" + "".join(_table(item) for item in self.packages)


def _meets(requirement: Requirement, locked: Locked) -> bool:
    version = locked.release.version
    return requirement.admits(version) or within(requirement, version)


def _table(item: Locked) -> str:
    body = {**item.release.body(), "signature": item.release.signature}
    lines = [f"{name} = {_toml(body[name])}" for name in _FIELDS]
    lines.append(f"source = {_toml(item.source)}")
    lines += [f"dependencies.{_toml(str(i))} = {_toml(str(r))}" for i, r in item.release.dependencies]
    return "\n[[package]]\n" + "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Write a text or number as TOML, whose basic strings know JSON's escapes but no surrogates, and not a bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read(path: Path) -> Lockfile:
    """Read a lock file strictly; a missing one is an empty lock.

    Raises:
        IntegrityError: `lock-invalid`.
        InvalidInputError: `lock-newer`.
    """
    import tomllib

    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return Lockfile()
    except (IsADirectoryError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _invalid(path, str(error)) from error
    if document.get("version") != FORMAT:
        hint = "update this program, or remove the file and run `ggen market install`"
        raise InvalidInputError("lock-newer", f"{path.name} has format {document.get('version')!r}", hint=hint)
    items = document.get("package", [])
    if not isinstance(items, list):
        raise _invalid(path, "package is not a list of tables")
    lock = Lockfile.of(_locked(path, item) for item in items)
    if len(lock.by_id()) != len(lock.packages):
        raise _invalid(path, "a package is locked twice")
    return lock


def _locked(path: Path, item: Any) -> Locked:
    try:
        fields = dict(item)
        source = fields.pop("source")
        release = Release.decode(canonical.encode({"dependencies": {}, **fields}))
    except (MarketError, ValueError, TypeError, KeyError) as error:
        raise _invalid(path, f"{error}") from error
    if not isinstance(source, str):
        raise _invalid(path, "a source is not a text")
    return Locked(release, source)


def _invalid(path: Path, why: str) -> IntegrityError:
    hint = "take it from version control again, or remove it and run `ggen market install`"
    return IntegrityError("lock-invalid", f"{path.name} was edited or damaged: {why}", hint=hint)
